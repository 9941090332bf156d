//! SQLite through `rusqlite`: one file that a person can back up and look into, transactions that hold when two copies of
//! one call come at once, and no server to run. `sqlx` would bring a pool and an asynchronous interface that one file
//! has no use for.

use std::path::Path;

use anyhow::Context as _;
use rusqlite::{Connection, Statement, Transaction, TransactionBehavior, types::Value};

use super::BUSY;
use super::sql::{Cell, Param, Row, Sql};

/// One connection: SQLite has one writer anyway.
#[derive(Debug)]
pub(super) struct Sqlite(Connection);

impl Sqlite {
    /// Opens the file, or a database that ends with the process.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let connection = match path {
            Some(path) => Connection::open(path).with_context(|| format!("can't open `{}`", path.display()))?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(include_str!("sqlite.sql")).context("the database of approvals can't be made")?;
        Ok(Self(connection))
    }

    /// Does it all or nothing, while nobody else writes.
    pub(super) fn transaction<T>(&mut self, work: impl FnOnce(&mut dyn Sql) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&mut transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

impl Sql for Transaction<'_> {
    /// An immediate transaction is alone already.
    fn lock(&mut self, _words: &str) -> anyhow::Result<()> {
        Ok(())
    }

    fn row(&mut self, statement: &str, parameters: &[Param<'_>]) -> anyhow::Result<Option<Row>> {
        let mut statement = self.prepare(statement)?;
        bind(&mut statement, parameters)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let Some(row) = rows.next()? else { return Ok(None) };
        let cells = (0..columns).map(|column| cell(row.get(column)?)).collect::<anyhow::Result<_>>()?;
        Ok(Some(Row::new(cells)))
    }

    fn execute(&mut self, statement: &str, parameters: &[Param<'_>]) -> anyhow::Result<u64> {
        let mut statement = self.prepare(statement)?;
        bind(&mut statement, parameters)?;
        Ok(u64::try_from(statement.raw_execute()?)?)
    }
}

/// By name: SQLite numbers `$1`, `$2`, … in the order in which it meets them.
fn bind(statement: &mut Statement<'_>, parameters: &[Param<'_>]) -> anyhow::Result<()> {
    for (number, parameter) in (1_usize..).zip(parameters) {
        let place = statement.parameter_index(&format!("${number}"))?.context("a parameter that no statement names")?;
        match parameter {
            Param::Text(text) => statement.raw_bind_parameter(place, text)?,
            Param::Integer(integer) => statement.raw_bind_parameter(place, integer)?,
        }
    }
    Ok(())
}

fn cell(value: Value) -> anyhow::Result<Cell> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Integer(integer) => Cell::Integer(integer),
        Value::Text(text) => Cell::Text(text),
        Value::Real(_) | Value::Blob(_) => anyhow::bail!("a column of the database holds what was never put there"),
    })
}
