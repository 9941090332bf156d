//! The requests for approval, in SQLite.
//!
//! SQLite through `rusqlite`: one file that a person can back up and look into, transactions that hold when two copies of
//! one call come at once, and no server to run. `sqlx` would bring a pool and an asynchronous interface that one file
//! has no use for.

use std::path::Path;

use anyhow::Context as _;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use serde_json::Value;

use super::Seconds;

/// More requests of one agent than anybody answers; the next ones are denied until some expire.
const MAX_PENDING: u32 = 100;

/// An agent that asks holds the gate's question open: it waits no longer than this for another writer.
const BUSY: std::time::Duration = std::time::Duration::from_millis(150);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS requests (
        id TEXT PRIMARY KEY,
        call TEXT NOT NULL,
        issuer TEXT NOT NULL,
        agent TEXT NOT NULL,
        question TEXT NOT NULL,
        why TEXT NOT NULL,
        asked_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'refused')),
        decided_by TEXT,
        decided_at INTEGER,
        reason TEXT,
        uses_left INTEGER NOT NULL CHECK (uses_left >= 0)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS requests_of_a_call ON requests (call, issuer, agent, expires_at);
    CREATE INDEX IF NOT EXISTS requests_of_an_agent ON requests (issuer, agent, state, expires_at);
    CREATE TABLE IF NOT EXISTS audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        request TEXT NOT NULL REFERENCES requests (id),
        event TEXT NOT NULL CHECK (event IN ('asked', 'approved', 'refused', 'used')),
        who TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS audit_is_never_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    CREATE TRIGGER IF NOT EXISTS audit_is_never_cut BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
";

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

/// The database. One connection: SQLite has one writer anyway.
#[derive(Debug)]
pub(crate) struct Database(Connection);

impl Database {
    /// Opens the file, or a database that ends with the process.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let connection = match path {
            Some(path) => Connection::open(path).with_context(|| format!("can't open `{}`", path.display()))?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA).context("the database of approvals can't be made")?;
        Ok(Self(connection))
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
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Wanted { call, issuer, agent, question, why } = wanted;
        let found = transaction
            .query_row(
                "SELECT id, state, expires_at, decided_by, decided_at FROM requests
                 WHERE call = ?1 AND issuer = ?2 AND agent = ?3 AND expires_at > ?4 AND (state <> 'approved' OR uses_left > 0)
                 ORDER BY asked_at DESC LIMIT 1",
                params![call, issuer, agent, now],
                |row| {
                    let decided = (row.get::<_, Option<String>>(3)?, row.get::<_, Option<Seconds>>(4)?);
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Seconds>(2)?, decided))
                },
            )
            .optional()?;
        let standing = match found {
            Some((request, state, expires_at, decided)) => match state.as_str() {
                "pending" => Standing::Pending { id: request, expires_at, new: false },
                "approved" => {
                    transaction.execute("UPDATE requests SET uses_left = uses_left - 1 WHERE id = ?1", [&request])?;
                    note(&transaction, now, &request, "used", agent, "")?;
                    let (who, at) = (decided.0.unwrap_or_default(), decided.1.unwrap_or_default());
                    Standing::Approved(Decided { request, who, at })
                }
                _ => Standing::Refused,
            },
            None => {
                let open: u32 = transaction.query_row(
                    "SELECT count(*) FROM requests WHERE issuer = ?1 AND agent = ?2 AND state = 'pending' AND expires_at > ?3",
                    params![issuer, agent, now],
                    |row| row.get(0),
                )?;
                if open >= MAX_PENDING {
                    return Ok(Standing::TooMany);
                }
                let expires_at = now.saturating_add(lifetime);
                transaction.execute(
                    "INSERT INTO requests (id, call, issuer, agent, question, why, asked_at, expires_at, state, uses_left)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', ?9)",
                    params![id, call, issuer, agent, question.to_string(), why, now, expires_at, uses],
                )?;
                note(&transaction, now, id, "asked", agent, "")?;
                Standing::Pending { id: id.to_owned(), expires_at, new: true }
            }
        };
        transaction.commit()?;
        Ok(standing)
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
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = transaction.execute(
            "UPDATE requests SET state = ?2, decided_by = ?3, reason = ?4, decided_at = ?5, expires_at = ?6
             WHERE id = ?1 AND state = 'pending' AND expires_at > ?5",
            params![id, verdict.state(), who, reason, now, now.saturating_add(lifetime)],
        )?;
        if changed == 1 {
            note(&transaction, now, id, verdict.state(), who, reason)?;
        }
        transaction.commit()?;
        Ok(changed == 1)
    }

    /// The request of that name.
    pub(crate) fn find(&self, id: &str) -> anyhow::Result<Option<Request>> {
        let read = |row: &Row<'_>| {
            Ok(Request {
                question: serde_json::from_str(&row.get::<_, String>("question")?).unwrap_or_default(),
                why: row.get("why")?,
                asked_at: row.get("asked_at")?,
                expires_at: row.get("expires_at")?,
                state: row.get("state")?,
                decided_by: row.get("decided_by")?,
                decided_at: row.get("decided_at")?,
                reason: row.get("reason")?,
                uses_left: row.get("uses_left")?,
            })
        };
        Ok(self.0.query_row("SELECT * FROM requests WHERE id = ?1", [id], read).optional()?)
    }
}

fn note(
    connection: &Connection,
    at: Seconds,
    request: &str,
    event: &str,
    who: &str,
    detail: &str,
) -> rusqlite::Result<()> {
    let insert = "INSERT INTO audit (at, request, event, who, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(insert, params![at, request, event, who, detail])?;
    log::info!("approval {request}: {event} by {who:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Seconds = 900;

    fn claim(database: &mut Database, call: &str, agent: &str, id: &str, now: Seconds) -> Standing {
        let wanted = Wanted { call, issuer: "idp", agent, question: &Value::Null, why: "" };
        database.claim(wanted, id, now, LIFETIME, 1).unwrap()
    }

    fn approve(database: &mut Database, id: &str, now: Seconds) -> bool {
        database.decide(id, Verdict::Approve, "ann", "fine", now, LIFETIME).unwrap()
    }

    #[test]
    fn an_approval_is_good_for_its_own_call_and_agent_once() {
        let mut database = Database::open(None).unwrap();
        let asked = Standing::Pending { id: "r1".into(), expires_at: 1000, new: true };
        assert_eq!(claim(&mut database, "call", "agent", "r1", 100), asked);
        let again = Standing::Pending { id: "r1".into(), expires_at: 1000, new: false };
        assert_eq!(claim(&mut database, "call", "agent", "r2", 101), again);
        assert!(approve(&mut database, "r1", 200));
        assert!(matches!(claim(&mut database, "other", "agent", "r3", 201), Standing::Pending { new: true, .. }));
        assert!(matches!(claim(&mut database, "call", "other", "r4", 201), Standing::Pending { new: true, .. }));
        let approved = Standing::Approved(Decided { request: "r1".into(), who: "ann".into(), at: 200 });
        assert_eq!(claim(&mut database, "call", "agent", "r5", 202), approved);
        assert!(matches!(claim(&mut database, "call", "agent", "r6", 203), Standing::Pending { new: true, .. }));
    }

    #[test]
    fn nothing_counts_beyond_its_time() {
        let mut database = Database::open(None).unwrap();
        claim(&mut database, "call", "agent", "r1", 100);
        assert!(!approve(&mut database, "r1", 1000), "nobody answers what has expired");
        claim(&mut database, "call", "agent", "r2", 1000);
        assert!(approve(&mut database, "r2", 1001));
        assert!(!approve(&mut database, "r2", 1002), "an answer is given once");
        assert!(matches!(claim(&mut database, "call", "agent", "r3", 1901), Standing::Pending { new: true, .. }));
    }

    #[test]
    fn a_refusal_stands_until_it_expires() {
        let mut database = Database::open(None).unwrap();
        claim(&mut database, "call", "agent", "r1", 100);
        assert!(database.decide("r1", Verdict::Refuse, "ann", "no", 200, LIFETIME).unwrap());
        assert_eq!(claim(&mut database, "call", "agent", "r2", 201), Standing::Refused);
        assert!(matches!(claim(&mut database, "call", "agent", "r3", 1100), Standing::Pending { new: true, .. }));
    }

    #[test]
    fn an_agent_has_a_bounded_number_of_open_requests() {
        let mut database = Database::open(None).unwrap();
        for number in 0..MAX_PENDING {
            claim(&mut database, &format!("call {number}"), "agent", &format!("r{number}"), 100);
        }
        assert_eq!(claim(&mut database, "one more", "agent", "x", 100), Standing::TooMany);
        assert!(matches!(claim(&mut database, "one more", "other", "y", 100), Standing::Pending { .. }));
        assert!(matches!(claim(&mut database, "one more", "agent", "z", 1000), Standing::Pending { .. }));
    }

    #[test]
    fn the_audit_can_only_grow() {
        let mut database = Database::open(None).unwrap();
        claim(&mut database, "call", "agent", "r1", 100);
        approve(&mut database, "r1", 200);
        for change in ["UPDATE audit SET who = 'eve'", "DELETE FROM audit"] {
            assert!(database.0.execute(change, []).unwrap_err().to_string().contains("append-only"));
        }
        let events: u32 = database.0.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).unwrap();
        assert_eq!(events, 2);
    }
}
