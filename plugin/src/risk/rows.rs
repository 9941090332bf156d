//! How much is asked for.

use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use super::{Amount, Code, RiskTable};
use crate::action::{Action, ActionKind};

/// Names of parameters that bound how much comes back, without `_`, in lower case.
pub(super) const NAMES: &[&str] = &[
    "limit",
    "max",
    "maxresults",
    "maxrows",
    "maxrecords",
    "maxitems",
    "maxcount",
    "pagesize",
    "perpage",
    "count",
    "top",
    "first",
    "last",
    "n",
    "num",
    "numresults",
    "rows",
    "rowlimit",
    "take",
    "size",
    "batchsize",
    "recordlimit",
    "topk",
    "numrows",
    "maxentries",
    "limitrows",
    "resultlimit",
    "itemsperpage",
    "amountofresults",
    "numrecords",
];

/// Of these, zero asks for nothing: searches that only count or aggregate say so (`size` of Elasticsearch, `rows` of Solr), and the
/// pages of GraphQL and OData. Behind every other name it is no limit to many servers: `limit` of MongoDB and Kubernetes,
/// `maxRows` of JDBC, `count` of Splunk, the size limit of LDAP. To a few (`LIMIT` of SQL) it is nothing there, too; an honest call of
/// that kind has no use, and is for the decision service to permit.
const NOTHING_AT_ZERO: &[&str] = &["size", "rows", "first", "last", "top", "topk", "take", "n", "num"];

/// Words that stand for all there is.
const ALL: &[&str] = &["all", "*", "unlimited", "infinity", "infinite", "inf", "none", "everything", "nolimit"];

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, table: &RiskTable, findings: &mut Findings) {
    // `count: 50` of an order or `size` of an image is no bound on what comes back.
    let returns_rows = matches!(
        kind,
        ActionKind::List | ActionKind::Read | ActionKind::Export | ActionKind::Unknown | ActionKind::Execute
    );
    if !returns_rows || !leaf.is(Role::Rows) {
        return;
    }
    let Some(text) = leaf.scalar() else { return };
    let text = text.trim().to_lowercase();
    let number = match leaf.number() {
        Some(number) => Amount::of_number(number).or(Some(Amount::from(u64::MAX))),
        None => Amount::parse(&text),
    };
    match number {
        Some(number) if number < Amount::from(0) => {
            findings.add(Code::RowsUnbounded, leaf.pointer, "a negative limit means no limit to many servers");
        }
        Some(number) if number == Amount::from(0) && !NOTHING_AT_ZERO.contains(&leaf.name.as_str()) => {
            findings.add(Code::RowsUnbounded, leaf.pointer, "a limit of zero means no limit to many servers");
        }
        Some(number) if number > Amount::from(table.rows) => {
            findings.add(
                Code::RowsOverLimit,
                leaf.pointer,
                format!("more than the {} rows of `limits.rows`", table.rows),
            );
        }
        // What can't be read as a number is a page token or a name; but some words mean everything.
        None if ALL.contains(&text.as_str()) => {
            findings.add(Code::RowsUnbounded, leaf.pointer, "asks for everything");
        }
        _ => {}
    }
}

/// Words that stand for whatever there is, where one thing is named.
const WILDCARDS: &[&str] = &["*", "**", "%", "*.*", "**/*", ".*", "all", "_all", "any"];

/// A wildcard where what is changed or taken out is named.
pub(super) fn look_for_wildcards(leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
    const ENDINGS: &[&str] = &[
        "id", "ids", "name", "names", "pattern", "filter", "query", "selector", "target", "targets", "resource",
        "index", "path", "key", "keys", "emails", "files",
    ];
    let reads = matches!(kind, ActionKind::List | ActionKind::Read | ActionKind::Create | ActionKind::Send);
    if reads || !ENDINGS.iter().any(|ending| leaf.name.ends_with(ending)) {
        return;
    }
    let Some(text) = leaf.text() else { return };
    if text.len() < 8 && WILDCARDS.iter().any(|wildcard| wildcard.eq_ignore_ascii_case(text.trim())) {
        findings.add(Code::RowsWildcard, leaf.pointer, Code::RowsWildcard.explanation());
    }
}

/// Names of parameters that hold the ids of what is acted on, one element each.
fn is_ids(name: &str) -> bool {
    name.len() > 2 && (name.ends_with("ids") || matches!(name, "keys" | "records" | "paths" | "files" | "emails"))
}

/// How many things one call names.
#[derive(Debug, Default)]
pub(super) struct Named {
    count: u64,
    pointer: String,
}

impl Named {
    pub(super) fn look(&mut self, leaf: &Leaf<'_, '_>) {
        if leaf.pointer.ends_with(|char: char| char.is_ascii_digit()) && is_ids(&leaf.name) {
            if self.count == 0 {
                leaf.pointer.clone_into(&mut self.pointer);
            }
            self.count = self.count.saturating_add(1);
        }
    }

    pub(super) fn judge(&self, table: &RiskTable, findings: &mut Findings) {
        if self.count > table.rows {
            let (found, bound) = (self.count, table.rows);
            findings.add(Code::RowsOverLimit, &self.pointer, format!("names {found}, and `limits.rows` is {bound}"));
        }
    }
}

/// An export that names no limit takes all there is.
pub(super) fn judge(action: &Action<'_>, findings: &mut Findings) {
    if action.kind != ActionKind::Export {
        return;
    }
    let mut has_limit = false;
    let _ = action.parameters.leaves(&mut |pointer, datum| {
        has_limit = has_limit || Leaf::new(pointer, datum).is(Role::Rows);
        if has_limit { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    });
    if !has_limit {
        findings.add(Code::RowsAbsent, "", "an export without a limit takes all there is");
    }
}
