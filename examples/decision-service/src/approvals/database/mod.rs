//! The requests for approval, and the audit of what became of them: in SQLite, or in PostgreSQL.
//!
//! Both have the same tables and are asked the same things in the same SQL ([`sql`]). What counts is that an approval that is
//! good once is used once, though copies of one call come at the same moment, to two processes: claims of one agent go one
//! after the other, and a use is counted by a statement that finds it or doesn't.

mod postgres;
mod sql;
mod sqlite;
#[cfg(test)]
mod tests;

use std::{fmt, path::PathBuf};

use serde_json::Value;

use self::{
    postgres::Postgres,
    sql::{Param, Sql},
    sqlite::Sqlite,
};
use super::Seconds;

/// More requests of one agent than anybody answers; the next ones are denied until some expire.
const MAX_PENDING: i64 = 100;

/// An agent that asks holds the gate's question open: it waits no longer than this for another writer.
const BUSY: std::time::Duration = std::time::Duration::from_millis(150);

/// Where requests for approval are kept.
#[derive(Clone, Default)]
pub enum Storage {
    /// Nowhere: they end with the process.
    #[default]
    Memory,
    /// In this SQLite file.
    Sqlite(PathBuf),
    /// In PostgreSQL, by a connection string such as `postgres://user:password@host/database`.
    Postgres(String),
}

impl From<&str> for Storage {
    /// A connection string of PostgreSQL's, or the name of a file.
    fn from(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::Sqlite(text.into())
        }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            // There may be a password in it.
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// The request that counts for a call ($1) of an agent ($3) now ($4): of an approval that is used up there is nothing left.
const STANDING: &str = "SELECT id, state, expires_at, decided_by, decided_at FROM requests
    WHERE call = $1 AND issuer = $2 AND agent = $3 AND expires_at > $4 AND (state <> 'approved' OR uses_left > 0)
    ORDER BY asked_at DESC LIMIT 1";

/// What somebody has to agree to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'w> {
    /// What names the call.
    pub(crate) call: &'w str,
    /// Who vouches for the agent.
    pub(crate) issuer: &'w str,
    /// The agent.
    pub(crate) agent: &'w str,
    /// The whole question, for the person to read.
    pub(crate) question: &'w Value,
    /// Why somebody has to agree.
    pub(crate) why: &'w str,
}

/// Where a call stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Somebody agreed, and this use of it was counted.
    Approved(Decided),
    /// Somebody was asked: by this very question if it is `new`.
    Pending { id: String, expires_at: Seconds, new: bool },
    /// Somebody refused.
    Refused,
    /// The agent has too many requests open.
    TooMany,
}

/// Who decided, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) request: String,
    pub(crate) who: String,
    pub(crate) at: Seconds,
}

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approve,
    Refuse,
}

impl Verdict {
    pub(crate) const fn state(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Refuse => "refused",
        }
    }
}

/// A request as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) question: Value,
    pub(crate) why: String,
    pub(crate) asked_at: Seconds,
    pub(crate) expires_at: Seconds,
    pub(crate) state: String,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<Seconds>,
    pub(crate) reason: Option<String>,
    pub(crate) uses_left: u32,
}

/// The database.
#[derive(Debug)]
pub(crate) struct Database(Kind);

#[derive(Debug)]
enum Kind {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Database {
    /// Opens it, and makes what it lacks. With PostgreSQL only where blocking is allowed, as all that follows.
    pub(crate) fn open(storage: &Storage) -> anyhow::Result<Self> {
        Ok(Self(match storage {
            Storage::Memory => Kind::Sqlite(Sqlite::open(None)?),
            Storage::Sqlite(path) => Kind::Sqlite(Sqlite::open(Some(path))?),
            Storage::Postgres(connection) => Kind::Postgres(Box::new(Postgres::open(connection)?)),
        }))
    }

    fn transaction<T>(&mut self, work: impl FnOnce(&mut dyn Sql) -> anyhow::Result<T>) -> anyhow::Result<T> {
        match &mut self.0 {
            Kind::Sqlite(sqlite) => sqlite.transaction(work),
            Kind::Postgres(postgres) => postgres.transaction(work),
        }
    }

    /// Whether somebody agreed to that call, and it can still be used.
    pub(crate) fn is_approved(&mut self, call: &str, issuer: &str, agent: &str, now: Seconds) -> anyhow::Result<bool> {
        self.transaction(|sql| {
            let found = sql.row(STANDING, &[call.into(), issuer.into(), agent.into(), now.into()])?;
            let Some(mut row) = found else { return Ok(false) };
            row.text()?;
            Ok(row.text()? == Verdict::Approve.state())
        })
    }

    /// Forgets what was asked in requests that ended before then: parameters of calls are nobody's to read for ever. That there
    /// was a request, and who said what when, stays with the audit, which names it. In how many it did.
    pub(crate) fn forget(&mut self, before: Seconds) -> anyhow::Result<u64> {
        self.transaction(|sql| {
            sql.execute(
                "UPDATE requests SET question = 'null', why = '' WHERE id IN
                 (SELECT id FROM requests WHERE expires_at < $1 AND question <> 'null' LIMIT 1000)",
                &[before.into()],
            )
        })
    }

    /// Where a call stands now: uses up an approval, or asks for one. `id` is the name of a new request.
    pub(crate) fn claim(
        &mut self,
        wanted: Wanted<'_>,
        id: &str,
        now: Seconds,
        lifetime: Seconds,
        uses: u32,
    ) -> anyhow::Result<Standing> {
        self.transaction(|sql| {
            let Wanted { call, issuer, agent, .. } = wanted;
            // The length keeps two pairs apart that would read the same in a row.
            sql.lock(&format!("{} {issuer} {agent}", issuer.len()))?;
            let found = sql.row(STANDING, &[call.into(), issuer.into(), agent.into(), now.into()])?;
            let Some(mut row) = found else { return new_request(sql, wanted, id, now, lifetime, uses) };
            let (request, state, expires_at) = (row.text()?, row.text()?, row.integer()?);
            match state.as_str() {
                "pending" => Ok(Standing::Pending { id: request, expires_at, new: false }),
                "approved" => {
                    let who = row.optional_text()?.unwrap_or_default();
                    let at = row.optional_integer()?.unwrap_or_default();
                    let counted = sql.execute(
                        "UPDATE requests SET uses_left = uses_left - 1 WHERE id = $1 AND uses_left > 0",
                        &[(&request).into()],
                    )?;
                    anyhow::ensure!(counted == 1, "the approval was used up by somebody else");
                    note(sql, now, &request, "used", agent, "")?;
                    Ok(Standing::Approved(Decided { request, who, at }))
                }
                _ => Ok(Standing::Refused),
            }
        })
    }

    /// Records what a person says. False where there is nothing to say any more: no such request, decided, expired.
    pub(crate) fn decide(
        &mut self,
        id: &str,
        verdict: Verdict,
        who: &str,
        reason: &str,
        now: Seconds,
        lifetime: Seconds,
    ) -> anyhow::Result<bool> {
        self.transaction(|sql| {
            let until = now.saturating_add(lifetime);
            let changed = sql.execute(
                "UPDATE requests SET state = $2, decided_by = $3, reason = $4, decided_at = $5, expires_at = $6
                 WHERE id = $1 AND state = 'pending' AND expires_at > $5",
                &[id.into(), verdict.state().into(), who.into(), reason.into(), now.into(), until.into()],
            )?;
            if changed == 1 {
                note(sql, now, id, verdict.state(), who, reason)?;
            }
            Ok(changed == 1)
        })
    }

    /// The request of that name.
    pub(crate) fn find(&mut self, id: &str) -> anyhow::Result<Option<Request>> {
        self.transaction(|sql| {
            let found = sql.row(
                "SELECT question, why, asked_at, expires_at, state, decided_by, decided_at, reason, uses_left
                 FROM requests WHERE id = $1",
                &[id.into()],
            )?;
            let Some(mut row) = found else { return Ok(None) };
            Ok(Some(Request {
                question: serde_json::from_str(&row.text()?).unwrap_or_default(),
                why: row.text()?,
                asked_at: row.integer()?,
                expires_at: row.integer()?,
                state: row.text()?,
                decided_by: row.optional_text()?,
                decided_at: row.optional_integer()?,
                reason: row.optional_text()?,
                uses_left: u32::try_from(row.integer()?)?,
            }))
        })
    }
}

fn new_request(
    sql: &mut dyn Sql,
    wanted: Wanted<'_>,
    id: &str,
    now: Seconds,
    lifetime: Seconds,
    uses: u32,
) -> anyhow::Result<Standing> {
    let Wanted { call, issuer, agent, question, why } = wanted;
    let open = sql.row(
        "SELECT count(*) FROM requests WHERE issuer = $1 AND agent = $2 AND state = 'pending' AND expires_at > $3",
        &[issuer.into(), agent.into(), now.into()],
    )?;
    let open = open.map_or(Ok(0), |mut row| row.integer())?;
    if open >= MAX_PENDING {
        return Ok(Standing::TooMany);
    }
    let (expires_at, question) = (now.saturating_add(lifetime), question.to_string());
    sql.execute(
        "INSERT INTO requests (id, call, issuer, agent, question, why, asked_at, expires_at, state, uses_left)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9)",
        &[
            id.into(),
            call.into(),
            issuer.into(),
            agent.into(),
            (&question).into(),
            why.into(),
            now.into(),
            expires_at.into(),
            i64::from(uses).into(),
        ],
    )?;
    note(sql, now, id, "asked", agent, "")?;
    Ok(Standing::Pending { id: id.to_owned(), expires_at, new: true })
}

fn note(sql: &mut dyn Sql, at: Seconds, request: &str, event: &str, who: &str, detail: &str) -> anyhow::Result<()> {
    let values: [Param<'_>; 5] = [at.into(), request.into(), event.into(), who.into(), detail.into()];
    sql.execute("INSERT INTO audit (at, request, event, who, detail) VALUES ($1, $2, $3, $4, $5)", &values)?;
    log::info!("approval {request}: {event} by {who:?}");
    Ok(())
}
