//! SQL in parameters ([`crate::sql`]).

use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use super::{Code, RiskTable};
use crate::action::classify;
use crate::sql::{self, Does, Reading};

/// Names of parameters that hold SQL and nothing else, without `_`, in lower case.
pub(super) const NAMES: &[&str] =
    &["sql", "sqlquery", "sqlstatement", "rawsql", "statement", "stmt", "sqls", "statements", "sqltext", "ddl", "dml"];

/// Names of parameters that hold SQL where the tool is a database's, without `_`, in lower case.
pub(super) const QUERIES: &[&str] = &["query", "queries", "q", "querystring", "querytext", "migration", "expression"];

/// Words that SQL may begin with, to look no further into other texts.
const BEGINNINGS: &[&str] = &[
    "alter", "analyze", "attach", "backup", "begin", "bulk", "call", "copy", "create", "declare", "delete", "deny",
    "do", "drop", "exec", "execute", "explain", "export", "from", "grant", "if", "import", "insert", "kill", "load",
    "lock", "merge", "optimize", "pragma", "prepare", "purge", "put", "reassign", "refresh", "reindex", "rename",
    "replace", "restore", "revoke", "select", "set", "show", "table", "truncate", "unload", "update", "upsert",
    "vacuum", "values", "while", "with",
];

pub(super) fn look(leaf: &Leaf<'_, '_>, tool: &str, table: &RiskTable, findings: &mut Findings) {
    let Some(text) = leaf.text() else { return };
    let holds_sql = leaf.is(Role::Sql) || leaf.is(Role::Query) && classify::is_about_sql(tool);
    if !(holds_sql || begins_like_sql(text) && sql::is_sql(text)) || text.trim().is_empty() {
        return;
    }
    let reading = sql::read(text);
    // Beyond parameters for SQL, prose begins with such words too.
    if !(holds_sql || reading.is_parsed || reading.is_certain && reading.worst() >= Does::Change) {
        return;
    }
    note(leaf.pointer, &reading, table, findings);
}

fn note(place: &str, reading: &Reading, table: &RiskTable, findings: &mut Findings) {
    let observed = [
        (reading.has_several, Code::SqlSeveral),
        (!reading.is_parsed, Code::SqlUnparsed),
        (reading.is_unconditional, Code::SqlUnconditional),
        (reading.is_broad && !reading.is_unconditional, Code::SqlBroad),
        (reading.is_internal, Code::SqlInternal),
        (reading.is_catalog, Code::SqlCatalog),
        (reading.reads_all, Code::SqlUnbounded),
    ];
    let deeds = reading.deeds.iter().filter_map(|does| deed(*does));
    for code in deeds.chain(observed.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code)) {
        findings.add(code, place, code.explanation());
    }
    if reading.limit.is_some_and(|limit| limit > table.rows) {
        findings.add(Code::RowsOverLimit, place, format!("more than the {} rows of `limits.rows`", table.rows));
    }
}

/// Comments and parentheses may stand before the first word; behind them anything may follow.
fn begins_like_sql(text: &str) -> bool {
    let start = text.trim_start();
    if start.starts_with("/*") || start.starts_with("--") || start.starts_with(['(', '#', ';']) {
        return true;
    }
    let end = start.bytes().take(MAX_BEGINNING).position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(MAX_BEGINNING);
    let word = start.get(..end).unwrap_or(start);
    BEGINNINGS.binary_search_by(|beginning| compare_ignoring_case(beginning, word)).is_ok()
}

/// Longer than the longest of [`BEGINNINGS`].
const MAX_BEGINNING: usize = 9;

fn compare_ignoring_case(beginning: &str, word: &str) -> std::cmp::Ordering {
    beginning.bytes().cmp(word.bytes().map(|byte| byte.to_ascii_lowercase()))
}

const fn deed(does: Does) -> Option<Code> {
    match does {
        Does::Read | Does::Session | Does::Add => None,
        Does::Change => Some(Code::SqlWrite),
        Does::Unknown => Some(Code::SqlUnknown),
        Does::Maintain => Some(Code::SqlMaintenance),
        Does::Alter => Some(Code::SqlSchema),
        Does::Overwrite => Some(Code::SqlOverwrite),
        Does::Files => Some(Code::SqlFiles),
        Does::Run => Some(Code::SqlRun),
        Does::Rights => Some(Code::SqlRights),
        Does::Destroy => Some(Code::SqlDestroy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_in_order() {
        assert!(BEGINNINGS.is_sorted());
        assert!(BEGINNINGS.iter().all(|word| word.len() < MAX_BEGINNING));
    }
}
