//! SQL as the grammars of several dialects read it.

use sqlparser::dialect::{
    BigQueryDialect, ClickHouseDialect, Dialect, DuckDbDialect, GenericDialect, HiveDialect, MsSqlDialect,
    MySqlDialect, OracleDialect, PostgreSqlDialect, SQLiteDialect, SnowflakeDialect,
};
use sqlparser::parser::Parser;

use super::tree::Tree;

/// Longer texts aren't parsed: a statement that a model writes has some hundred bytes, and one of many thousand is data.
const MAX_BYTES: usize = 8 * 1024;

/// Texts of more words and marks aren't parsed: `1+1+…` becomes a tree as deep as it is long, and taking it down again
/// needs that much of the stack.
const MAX_TOKENS: usize = 1024;

/// Nested deeper, a statement isn't parsed: a parser's frame has some KiB, and a wasm stack 1 MiB.
const MAX_DEPTH: usize = 24;

/// What the text does as the first dialect tells that understands it; `None` where none does.
///
/// The first is enough. What dialects read differently without one of them failing are comments, strings and quotes;
/// for those the reader of words speaks.
pub(super) fn read(text: &str, tokens: usize) -> Option<Tree> {
    if text.len() > MAX_BYTES || tokens > MAX_TOKENS {
        return None;
    }
    let dialects: [&dyn Dialect; 11] = [
        &GenericDialect {},
        &PostgreSqlDialect {},
        &MySqlDialect {},
        &MsSqlDialect {},
        &SQLiteDialect {},
        &SnowflakeDialect {},
        &BigQueryDialect {},
        &OracleDialect {},
        &HiveDialect {},
        &ClickHouseDialect {},
        &DuckDbDialect {},
    ];
    dialects.into_iter().find_map(|dialect| {
        let parser = Parser::new(dialect).with_recursion_limit(MAX_DEPTH).try_with_sql(text).ok();
        let statements = parser?.parse_statements().ok().filter(|statements| !statements.is_empty())?;
        Some(Tree::of(&statements))
    })
}
