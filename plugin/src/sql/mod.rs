//! What SQL statements do, told from their words.
//!
//! This is no parser: dialects differ in all but their words, and what one parser refuses a server may run. So
//! comments, strings and quoted names are taken out, and what is left is looked at word by word. Where in doubt a
//! statement counts as the worse one: a `DELETE` inside of a `WITH` deletes, and MySQL's `/*! … */` is no comment.

mod lexer;
mod statement;

pub use statement::{Does, Statement};

use lexer::{Dialect, Token};

/// How many statements one text may have; more of them are one finding anyway.
const MAX_STATEMENTS: usize = 256;

/// The statements of a text, as each family of dialects splits it: one may run what another takes for a comment.
#[must_use]
pub fn statements(text: &str) -> Vec<Statement> {
    let standard = lexer::tokens(text, Dialect::Standard);
    let mysql = lexer::tokens(text, Dialect::MySql);
    let same = standard == mysql;
    let tokens: &[Vec<Token>] = if same { &[standard] } else { &[standard, mysql] };
    let statements = tokens.iter().flat_map(|tokens| tokens.split(|token| *token == Token::Mark(';')));
    statements.filter(|tokens| !tokens.is_empty()).take(MAX_STATEMENTS).map(Statement::read).collect()
}

/// Whether a text is SQL, rather than prose that begins with the same word.
#[must_use]
pub fn is_sql(text: &str) -> bool {
    statements(text).first().is_some_and(Statement::is_certain)
}

/// The worst that a text does.
#[must_use]
pub fn worst(text: &str) -> Does {
    statements(text).iter().map(|statement| statement.does).max().unwrap_or(Does::Unknown)
}
