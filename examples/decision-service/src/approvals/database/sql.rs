//! The little SQL that both databases speak, and what differs between them behind it.
//!
//! Parameters are written `$1`, `$2`, …, as PostgreSQL does; SQLite takes those for names.

use anyhow::Context as _;

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Param<'p> {
    Text(&'p str),
    Integer(i64),
}

impl<'p> From<&'p str> for Param<'p> {
    fn from(text: &'p str) -> Self {
        Self::Text(text)
    }
}

impl<'p> From<&'p String> for Param<'p> {
    fn from(text: &'p String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Param<'_> {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

/// A value that was read.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Null,
    Text(String),
    Integer(i64),
}

/// A row that was read, column by column.
#[derive(Debug)]
pub(super) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(super) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    pub(super) fn optional_text(&mut self) -> anyhow::Result<Option<String>> {
        match self.0.next() {
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(Cell::Null) => Ok(None),
            Some(Cell::Integer(_)) | None => anyhow::bail!("a column of the database is no text"),
        }
    }

    pub(super) fn text(&mut self) -> anyhow::Result<String> {
        self.optional_text()?.context("a column of the database is empty")
    }

    pub(super) fn optional_integer(&mut self) -> anyhow::Result<Option<i64>> {
        match self.0.next() {
            Some(Cell::Integer(integer)) => Ok(Some(integer)),
            Some(Cell::Null) => Ok(None),
            Some(Cell::Text(_)) | None => anyhow::bail!("a column of the database is no number"),
        }
    }

    pub(super) fn integer(&mut self) -> anyhow::Result<i64> {
        self.optional_integer()?.context("a column of the database is empty")
    }
}

/// A transaction under way. It is rolled back unless whoever began it commits it.
pub(super) trait Sql {
    /// Until the end of the transaction nobody else gets past the same words.
    fn lock(&mut self, words: &str) -> anyhow::Result<()>;

    /// The one row that the statement finds, if any.
    fn row(&mut self, statement: &str, parameters: &[Param<'_>]) -> anyhow::Result<Option<Row>>;

    /// How many rows the statement changed.
    fn execute(&mut self, statement: &str, parameters: &[Param<'_>]) -> anyhow::Result<u64>;
}
