//! PostgreSQL through `tokio-postgres`: for several processes of the service over one database. The crate `postgres` is the
//! same behind a runtime of its own, which can't be dropped where the service's runtime works.
//!
//! Whoever calls is on a thread that may block, as with SQLite. Without TLS: a database elsewhere is reached through a
//! tunnel or a proxy beside.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::runtime::Handle;
use tokio_postgres::{
    Client, Config, NoTls, Transaction,
    config::SslMode,
    types::{ToSql, Type},
};

use super::BUSY;
use super::sql::{Cell, Param, Row, Sql};

/// A server that takes longer to answer a connection is not there for a gate that waits.
const CONNECT: Duration = Duration::from_secs(1);

/// One connection, made anew when it broke.
#[derive(Debug)]
pub(super) struct Postgres {
    config: Config,
    client: Client,
    runtime: Handle,
}

impl Postgres {
    /// Connects, and makes the tables where there are none. Must be called where blocking is allowed, of a tokio runtime.
    pub(super) fn open(connection: &str) -> anyhow::Result<Self> {
        let runtime = Handle::try_current().context("there is no runtime")?;
        // The library's own message could repeat a part of the password.
        let parsed: Result<Config, _> = connection.parse();
        let mut config = parsed.ok().context("it is no connection string of PostgreSQL's")?;
        if config.get_ssl_mode() == SslMode::Require {
            bail!("`sslmode=require` can't be met: there is no TLS here, use a tunnel or a proxy beside");
        }
        config.connect_timeout(CONNECT).application_name("toolgate-decision-service");
        let client = runtime.block_on(connected(&config))?;
        runtime.block_on(with_tables(&client)).context("the database of approvals can't be made")?;
        Ok(Self { config, client, runtime })
    }

    /// Does it all or nothing. What must not happen twice at once takes a [`Sql::lock`].
    pub(super) fn transaction<T>(&mut self, work: impl FnOnce(&mut dyn Sql) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let Self { config, client, runtime } = self;
        // An idle connection may have ended unseen. It is tried before anything is done, so a new one does nothing twice.
        if client.is_closed() || runtime.block_on(client.simple_query("")).is_err() {
            *client = runtime.block_on(connected(config))?;
        }
        let transaction = runtime.block_on(client.transaction())?;
        let mut under_way = UnderWay { transaction, runtime };
        let done = work(&mut under_way)?;
        runtime.block_on(under_way.transaction.commit())?;
        Ok(done)
    }
}

async fn connected(config: &Config) -> anyhow::Result<Client> {
    let (client, connection) = config.connect(NoTls).await.context("the database of approvals can't be reached")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            log::warn!("the connection to the database of approvals broke: {error}");
        }
    });
    // An agent that asks holds the gate's question open: it waits no longer for other writers, or for a slow server.
    let busy = BUSY.as_millis();
    client.batch_execute(&format!("SET lock_timeout = {busy}; SET statement_timeout = {busy}")).await?;
    Ok(client)
}

/// Tables that are there already are used as they are: then the service needs no right to make any.
async fn with_tables(client: &Client) -> anyhow::Result<()> {
    let found =
        client.query_one("SELECT to_regclass('requests') IS NOT NULL AND to_regclass('audit') IS NOT NULL", &[]);
    if found.await?.try_get(0)? {
        return Ok(());
    }
    // Two processes may start at once: the one waits for the other, longer than for a question.
    let schema = include_str!("postgres.sql");
    client
        .batch_execute(&format!(
            "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = '10s'; {schema} COMMIT"
        ))
        .await?;
    Ok(())
}

struct UnderWay<'c> {
    transaction: Transaction<'c>,
    runtime: &'c Handle,
}

impl Sql for UnderWay<'_> {
    fn lock(&mut self, words: &str) -> anyhow::Result<()> {
        // Two texts with one hash wait for each other, and nothing else happens to them.
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[words.into()])?;
        Ok(())
    }

    fn row(&mut self, statement: &str, parameters: &[Param<'_>]) -> anyhow::Result<Option<Row>> {
        let found = self.runtime.block_on(self.transaction.query_opt(statement, &bound(parameters)))?;
        found.map(|row| row_of(&row)).transpose()
    }

    fn execute(&mut self, statement: &str, parameters: &[Param<'_>]) -> anyhow::Result<u64> {
        Ok(self.runtime.block_on(self.transaction.execute(statement, &bound(parameters)))?)
    }
}

fn bound<'p>(parameters: &'p [Param<'p>]) -> Vec<&'p (dyn ToSql + Sync)> {
    let bind = |parameter: &'p Param<'p>| -> &'p (dyn ToSql + Sync) {
        match parameter {
            Param::Text(text) => text,
            Param::Integer(integer) => integer,
        }
    };
    parameters.iter().map(bind).collect()
}

fn row_of(row: &tokio_postgres::Row) -> anyhow::Result<Row> {
    let cell = |(place, column): (usize, &tokio_postgres::Column)| -> anyhow::Result<Cell> {
        if *column.type_() == Type::INT8 {
            Ok(row.try_get::<_, Option<i64>>(place)?.map_or(Cell::Null, Cell::Integer))
        } else {
            Ok(row.try_get::<_, Option<String>>(place)?.map_or(Cell::Null, Cell::Text))
        }
    };
    Ok(Row::new(row.columns().iter().enumerate().map(cell).collect::<anyhow::Result<_>>()?))
}
