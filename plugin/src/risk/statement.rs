//! SQL in parameters ([`crate::sql`]).

use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use super::{Code, RiskTable};
use crate::sql::{self, Does, Statement};

/// Names of parameters that hold SQL and nothing else, without `_`, in lower case.
pub(super) const NAMES: &[&str] =
    &["sql", "sqlquery", "sqlstatement", "rawsql", "statement", "stmt", "sqls", "statements", "sqltext"];

/// Words that SQL may begin with, to look no further into other texts.
const BEGINNINGS: &[&str] = &[
    "select", "insert", "update", "delete", "drop", "truncate", "alter", "create", "grant", "revoke", "copy", "with",
    "merge", "replace", "call", "exec", "execute", "do", "vacuum", "reindex", "load", "explain", "begin", "declare",
    "set",
];

pub(super) fn look(leaf: &Leaf<'_, '_>, table: &RiskTable, findings: &mut Findings) {
    let Some(text) = leaf.text() else { return };
    let holds_sql = leaf.is(Role::Sql);
    if !(holds_sql || begins_like_sql(&text)) {
        return;
    }
    let statements = sql::statements(&text);
    if !holds_sql && !statements.iter().any(Statement::is_certain) {
        return;
    }
    let place = leaf.pointer;
    if text.matches(';').count() > 1 || text.trim_end().trim_end_matches(';').contains(';') {
        findings.add(Code::SqlSeveral, place, "several statements in one text");
    }
    for statement in &statements {
        if let Some((code, detail)) = deed(statement.does) {
            findings.add(code, place, detail);
        }
        if statement.is_unconditional {
            findings.add(Code::SqlUnconditional, place, "changes every row: no condition, or one that always holds");
        }
        if statement.is_internal {
            findings.add(Code::SqlInternal, place, "reaches credentials, files, programs or the network of the server");
        }
        if statement.reads_all {
            findings.add(Code::SqlUnbounded, place, "reads a table without condition and limit");
        }
        if statement.limit.is_some_and(|limit| limit > table.rows) {
            findings.add(Code::RowsOverLimit, place, format!("more than the {} rows of `limits.rows`", table.rows));
        }
    }
}

/// Comments and parentheses may stand before the first word, so every word near the beginning counts.
fn begins_like_sql(text: &str) -> bool {
    let start = text.trim_start();
    if start.starts_with(['/', '-', '(', '#']) {
        return true;
    }
    let word: String = start.chars().take_while(char::is_ascii_alphabetic).take(16).collect();
    BEGINNINGS.contains(&word.to_ascii_lowercase().as_str())
}

const fn deed(does: Does) -> Option<(Code, &'static str)> {
    match does {
        Does::Read | Does::Session | Does::Add => None,
        Does::Change => Some((Code::SqlWrite, "changes rows")),
        Does::Unknown => Some((Code::SqlUnknown, "a statement that isn't known")),
        Does::Maintain => Some((Code::SqlMaintenance, "loads or stops the server")),
        Does::Alter => Some((Code::SqlSchema, "changes the schema")),
        Does::Files => Some((Code::SqlFiles, "moves data between the database and files or programs")),
        Does::Run => Some((Code::SqlRun, "runs code in the server")),
        Does::Rights => Some((Code::SqlRights, "changes who may what")),
        Does::Destroy => Some((Code::SqlDestroy, "deletes, drops or truncates")),
    }
}
