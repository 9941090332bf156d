-- The requests for approval and their audit, as SQLite keeps them. postgres.sql is the same for PostgreSQL.
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
