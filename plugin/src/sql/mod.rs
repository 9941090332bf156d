//! What SQL does.
//!
//! Two readers look at it. The crate `sqlparser` tries the text in several dialects, and what it understands is told
//! from the tree: kinds of statements, conditions that always hold, limits. A reader of our own looks at words only:
//! comments, strings and quoted names are taken out, as each of two families of dialects writes them, since what one
//! takes for a comment another runs (`/*! … */`, `--1`, `\'`). It can't fail, so it speaks for what doesn't parse; and
//! what it is certain of counts beside the tree too, since a tree is one dialect's opinion. Where in doubt a statement
//! counts as the worse one.

mod condition;
mod lexer;
mod names;
mod parsed;
mod statement;
mod tree;

pub use statement::Does;

use std::collections::BTreeSet;

use lexer::{Dialect, Token};
use statement::Statement;

/// How many statements one text may have; more of them are one finding anyway.
const MAX_STATEMENTS: usize = 256;

/// What is known of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// All that its statements do.
    pub deeds: BTreeSet<Does>,
    /// Whether one changes or destroys rows without a condition, or with one that always holds.
    pub is_unconditional: bool,
    /// Whether one changes or destroys rows by a condition that doesn't say which: `WHERE age > 5`.
    pub is_broad: bool,
    /// Whether one reads a table whole: no condition, no limit, no aggregate.
    pub reads_all: bool,
    /// The number behind `LIMIT`, `TOP` or `FETCH FIRST`, the largest.
    pub limit: Option<u64>,
    /// Whether one names tables or functions in which the server keeps secrets, or that reach out of it.
    pub is_internal: bool,
    /// Whether one names tables in which the server describes itself.
    pub is_catalog: bool,
    /// Whether there are several.
    pub has_several: bool,
    /// Whether a dialect's grammar understood it.
    pub is_parsed: bool,
    /// Whether its words make it SQL, and not a sentence such as `update me on the project`.
    pub is_certain: bool,
}

impl Reading {
    /// The worst that the text does.
    #[must_use]
    pub fn worst(&self) -> Does {
        self.deeds.last().copied().unwrap_or(Does::Unknown)
    }
}

/// Whether a text is SQL, rather than prose that begins with the same word.
#[must_use]
pub fn is_sql(text: &str) -> bool {
    let tokens = lexer::tokens(text, Dialect::Standard);
    split(&tokens).next().is_some_and(|tokens| Statement::read(tokens).is_certain())
}

/// Reads a text that is meant to be SQL.
#[must_use]
pub fn read(text: &str) -> Reading {
    let standard = lexer::tokens(text, Dialect::Standard);
    let mysql = lexer::tokens(text, Dialect::MySql);
    let agree = standard == mysql;
    let lexed: &[&[Token]] = if agree { &[&standard] } else { &[&standard, &mysql] };
    let counts: Vec<usize> = lexed.iter().map(|tokens| split(tokens).count()).collect();
    let words: Vec<Statement> =
        lexed.iter().flat_map(|tokens| split(tokens)).take(MAX_STATEMENTS).map(Statement::read).collect();
    let tree = parsed::read(text, standard.len().max(mysql.len()));

    let mut reading = Reading {
        is_parsed: tree.is_some(),
        is_certain: words.iter().any(Statement::is_certain),
        has_several: counts.iter().any(|count| *count > 1),
        is_internal: words.iter().any(|it| it.is_internal),
        is_catalog: words.iter().any(|it| it.is_catalog),
        ..Reading::default()
    };
    match &tree {
        Some(tree) => {
            reading.deeds.extend(&tree.deeds);
            reading.deeds.extend(words.iter().flat_map(Statement::certain_deeds));
            reading.is_broad = tree.is_broad;
            reading.reads_all = tree.reads_all;
            reading.limit = tree.limit;
        }
        None => {
            reading.deeds.extend(words.iter().map(|it| it.does));
            reading.reads_all = words.iter().any(|it| it.reads_all);
            reading.limit = words.iter().filter_map(|it| it.limit).max();
            if reading.worst() < Does::Change && names_a_destruction(text) {
                reading.deeds.insert(Does::Destroy);
            }
        }
    }
    reading.is_unconditional = match &tree {
        Some(tree) if agree => tree.is_unconditional,
        _ => words.iter().any(|it| it.is_unconditional),
    };
    reading
}

fn split(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    tokens.split(|token| *token == Token::Mark(';')).filter(|tokens| !tokens.is_empty())
}

/// Whether a word that destroys stands anywhere in a text that nobody understands, be it in what looks like a string.
fn names_a_destruction(text: &str) -> bool {
    const WORDS: [&str; 6] = ["delete", "drop", "truncate", "alter", "grant", "revoke"];
    let mut words = text.split(|char: char| !(char.is_alphanumeric() || char == '_'));
    words.any(|word| WORDS.iter().any(|it| it.eq_ignore_ascii_case(word)))
}
