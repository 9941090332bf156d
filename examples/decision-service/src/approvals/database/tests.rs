//! The same tests against both databases: SQLite always, PostgreSQL where `TOOLGATE_POSTGRES` says where one is
//! (`make postgres-test` starts one).

use std::sync::{Arc, Barrier};

use super::*;

const LIFETIME: Seconds = 900;

/// A place of its own for a test, that several connections can share.
struct Place {
    storage: Storage,
    _folder: tempfile::TempDir,
    /// Blocking on PostgreSQL takes a runtime.
    runtime: tokio::runtime::Runtime,
}

impl Place {
    fn open(&self) -> Database {
        let _entered = self.runtime.enter();
        Database::open(&self.storage).unwrap()
    }
}

/// Runs a test once for each database there is.
fn everywhere(test: impl Fn(&Place)) {
    let place = |storage: fn(&std::path::Path, &str) -> Option<Storage>| {
        let folder = tempfile::tempdir().unwrap();
        let name =
            folder.path().file_name().unwrap().to_string_lossy().replace(|it: char| !it.is_ascii_alphanumeric(), "_");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let storage = storage(folder.path(), &name.to_lowercase())?;
        if let Storage::Postgres(connection) = &storage {
            runtime.block_on(empty_schema(connection, &name.to_lowercase()));
        }
        Some(Place { storage, _folder: folder, runtime })
    };
    let sqlite = place(|folder, _| Some(Storage::Sqlite(folder.join("approvals.db"))));
    let postgres = place(|_, name| {
        let server = std::env::var("TOOLGATE_POSTGRES").ok()?;
        Some(Storage::Postgres(format!("{server}?options=-csearch_path%3D{name}")))
    });
    sqlite.iter().chain(&postgres).for_each(test);
}

async fn empty_schema(connection: &str, name: &str) {
    let (client, connection) = tokio_postgres::connect(connection, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE SCHEMA {name}")).await.unwrap();
}

fn claim(database: &mut Database, call: &str, agent: &str, id: &str, now: Seconds) -> Standing {
    let wanted = Wanted { call, issuer: "idp", agent, question: &Value::Null, why: "" };
    database.claim(wanted, id, now, LIFETIME, 1).unwrap()
}

fn approve(database: &mut Database, id: &str, now: Seconds) -> bool {
    database.decide(id, Verdict::Approve, "ann", "fine", now, LIFETIME).unwrap()
}

#[test]
fn an_approval_is_good_for_its_own_call_and_agent_once() {
    everywhere(|place| {
        let mut database = place.open();
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
    });
}

#[test]
fn nothing_counts_beyond_its_time() {
    everywhere(|place| {
        let mut database = place.open();
        claim(&mut database, "call", "agent", "r1", 100);
        assert!(!approve(&mut database, "r1", 1000), "nobody answers what has expired");
        claim(&mut database, "call", "agent", "r2", 1000);
        assert!(approve(&mut database, "r2", 1001));
        assert!(!approve(&mut database, "r2", 1002), "an answer is given once");
        assert!(matches!(claim(&mut database, "call", "agent", "r3", 1901), Standing::Pending { new: true, .. }));
    });
}

#[test]
fn a_refusal_stands_until_it_expires() {
    everywhere(|place| {
        let mut database = place.open();
        claim(&mut database, "call", "agent", "r1", 100);
        assert!(database.decide("r1", Verdict::Refuse, "ann", "no", 200, LIFETIME).unwrap());
        assert_eq!(claim(&mut database, "call", "agent", "r2", 201), Standing::Refused);
        assert!(matches!(claim(&mut database, "call", "agent", "r3", 1100), Standing::Pending { new: true, .. }));
    });
}

#[test]
fn an_agent_has_a_bounded_number_of_open_requests() {
    everywhere(|place| {
        let mut database = place.open();
        for number in 0..MAX_PENDING {
            claim(&mut database, &format!("call {number}"), "agent", &format!("r{number}"), 100);
        }
        assert_eq!(claim(&mut database, "one more", "agent", "x", 100), Standing::TooMany);
        assert!(matches!(claim(&mut database, "one more", "other", "y", 100), Standing::Pending { .. }));
        assert!(matches!(claim(&mut database, "one more", "agent", "z", 1000), Standing::Pending { .. }));
    });
}

#[test]
fn what_was_put_in_is_found_again_by_another_process() {
    everywhere(|place| {
        let mut database = place.open();
        let question = serde_json::json!({"a": ["\u{1F600}", "'; DROP TABLE requests; --", "$1"]});
        let wanted = Wanted { call: "call", issuer: "idp", agent: "agent", question: &question, why: "why" };
        database.claim(wanted, "r1", 100, LIFETIME, 3).unwrap();
        assert!(database.decide("r1", Verdict::Approve, "ann", "fine", 200, LIFETIME).unwrap());
        let found = place.open().find("r1").unwrap().unwrap();
        assert_eq!((found.question, found.why.as_str(), found.uses_left), (question, "why", 3));
        assert_eq!((found.asked_at, found.expires_at, found.state.as_str()), (100, 1100, "approved"));
        let said = (found.decided_by.as_deref(), found.decided_at, found.reason.as_deref());
        assert_eq!(said, (Some("ann"), Some(200), Some("fine")));
        assert!(database.find("r2").unwrap().is_none());
    });
}

#[test]
fn looking_uses_nothing_up() {
    everywhere(|place| {
        let mut database = place.open();
        let look = |database: &mut Database, now| database.is_approved("call", "idp", "agent", now).unwrap();
        assert!(!look(&mut database, 100));
        claim(&mut database, "call", "agent", "r1", 100);
        assert!(!look(&mut database, 101));
        assert!(approve(&mut database, "r1", 200));
        assert!(look(&mut database, 201) && look(&mut database, 202) && !look(&mut database, 1100));
        assert!(!database.is_approved("other", "idp", "agent", 202).unwrap());
        assert!(matches!(claim(&mut database, "call", "agent", "r2", 203), Standing::Approved(_)));
        assert!(!look(&mut database, 204));
        claim(&mut database, "refused", "agent", "r3", 300);
        assert!(database.decide("r3", Verdict::Refuse, "ann", "no", 301, LIFETIME).unwrap());
        assert!(!database.is_approved("refused", "idp", "agent", 302).unwrap());
    });
}

#[test]
fn what_was_asked_is_forgotten_and_who_said_what_is_not() {
    everywhere(|place| {
        let mut database = place.open();
        let question = serde_json::json!({"context": {"parameters": {"iban": "GB29"}}});
        for (id, now) in [("old", 100), ("new", 500)] {
            let wanted = Wanted { call: id, issuer: "idp", agent: "agent", question: &question, why: "why" };
            database.claim(wanted, id, now, LIFETIME, 1).unwrap();
        }
        assert_eq!(database.forget(1000).unwrap(), 0, "what ends now hasn't ended before");
        assert_eq!(database.forget(1001).unwrap(), 1);
        assert_eq!(database.forget(1001).unwrap(), 0, "it is forgotten once");
        let old = database.find("old").unwrap().unwrap();
        assert_eq!((old.question, old.why.as_str(), old.asked_at), (Value::Null, "", 100));
        assert_eq!(database.find("new").unwrap().unwrap().question, question);
        let count = |sql: &mut dyn Sql| sql.row("SELECT count(*) FROM audit", &[])?.unwrap().integer();
        assert_eq!(database.transaction(count).unwrap(), 2);
    });
}

#[test]
fn the_audit_can_only_grow() {
    everywhere(|place| {
        let mut database = place.open();
        claim(&mut database, "call", "agent", "r1", 100);
        approve(&mut database, "r1", 200);
        for change in ["UPDATE audit SET who = 'eve'", "DELETE FROM audit"] {
            let error = database.transaction(|sql| sql.execute(change, &[])).unwrap_err();
            // PostgreSQL's own words are the cause of the error.
            assert!(format!("{error:?}").contains("append-only"), "{error:?}");
        }
        let count = |sql: &mut dyn Sql| sql.row("SELECT count(*) FROM audit", &[])?.unwrap().integer();
        assert_eq!(database.transaction(count).unwrap(), 2);
    });
}

#[test]
fn what_fails_halfway_leaves_nothing() {
    everywhere(|place| {
        let mut database = place.open();
        claim(&mut database, "call", "agent", "r1", 100);
        let failing = |sql: &mut dyn Sql| -> anyhow::Result<()> {
            note(sql, 100, "r1", "used", "agent", "")?;
            note(sql, 100, "r1", "no such event", "agent", "")
        };
        assert!(database.transaction(failing).is_err());
        let count = |sql: &mut dyn Sql| sql.row("SELECT count(*) FROM audit", &[])?.unwrap().integer();
        assert_eq!(database.transaction(count).unwrap(), 1);
    });
}

/// How often two processes claim at the same moment.
const RACES: usize = 25;

/// What each of two connections gets that claim one call at the same moment, a number of times.
fn races(place: &Place, ready: impl Fn(&mut Database, usize), uses: u32) -> Vec<[Standing; 2]> {
    let mut database = place.open();
    let mut others = [place.open(), place.open()];
    let mut results = vec![];
    for race in 0..RACES {
        ready(&mut database, race);
        let start = Arc::new(Barrier::new(2));
        let call = format!("call {race}");
        results.push(std::thread::scope(|scope| {
            let [one, other] = &mut others;
            let claims = [(one, "one"), (other, "other")].map(|(database, name)| {
                let (start, call) = (Arc::clone(&start), &call);
                scope.spawn(move || {
                    let id = format!("r{race} of {name}");
                    let wanted = Wanted { call, issuer: "idp", agent: "agent", question: &Value::Null, why: "" };
                    start.wait();
                    database.claim(wanted, &id, 201, LIFETIME, uses).unwrap()
                })
            });
            claims.map(|claim| claim.join().unwrap())
        }));
    }
    results
}

#[test]
fn of_two_processes_that_use_one_approval_at_the_same_moment_one_does() {
    everywhere(|place| {
        let approved = |database: &mut Database, race: usize| {
            let id = format!("r{race}");
            claim(database, &format!("call {race}"), "agent", &id, 100);
            assert!(approve(database, &id, 200));
        };
        for results in races(place, approved, 1) {
            let used = results.iter().filter(|it| matches!(it, Standing::Approved(_))).count();
            assert_eq!(used, 1, "{results:?}");
            assert!(results.iter().any(|it| matches!(it, Standing::Pending { new: true, .. })), "{results:?}");
        }
    });
}

#[test]
fn of_two_processes_that_ask_for_one_call_at_the_same_moment_one_does() {
    everywhere(|place| {
        for results in races(place, |_, _| {}, 1) {
            let asked = results.iter().filter(|it| matches!(it, Standing::Pending { new: true, .. })).count();
            assert_eq!(asked, 1, "{results:?}");
            assert!(results.iter().any(|it| matches!(it, Standing::Pending { new: false, .. })), "{results:?}");
        }
    });
}

#[test]
fn a_password_is_not_shown() {
    let storage = Storage::from("postgres://user:s3cret@host/database");
    assert!(!format!("{storage:?}").contains("s3cret"));
    assert!(matches!(Storage::from("approvals.db"), Storage::Sqlite(_)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    for wrong in ["postgres://user:s3cret@host:s3cret/x", "postgres://user:s3cret@host/x?sslmode=require"] {
        let error = Database::open(&Storage::from(wrong)).unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

/// A connection that broke is made anew; what was asked in between failed.
#[test]
fn a_broken_connection_is_made_anew() {
    everywhere(|place| {
        if matches!(place.storage, Storage::Sqlite(_)) {
            return;
        }
        let mut database = place.open();
        claim(&mut database, "call", "agent", "r1", 100);
        let kill = "SELECT count(pg_terminate_backend(pg_backend_pid()))";
        assert!(database.transaction(|sql| sql.row(kill, &[])).is_err());
        let again = Standing::Pending { id: "r1".into(), expires_at: 1000, new: false };
        assert_eq!(claim(&mut database, "call", "agent", "r2", 101), again);
    });
}
