-- The requests for approval and their audit, as PostgreSQL keeps them. sqlite.sql is the same for SQLite.
-- The service runs this where the tables are missing. Who gives it no right to make tables runs it beforehand.
SELECT pg_advisory_xact_lock(hashtextextended('the tables of toolgate-decision-service', 0));
CREATE TABLE IF NOT EXISTS requests (
    id TEXT PRIMARY KEY,
    call TEXT NOT NULL,
    issuer TEXT NOT NULL,
    agent TEXT NOT NULL,
    question TEXT NOT NULL,
    why TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'refused')),
    decided_by TEXT,
    decided_at BIGINT,
    reason TEXT,
    uses_left BIGINT NOT NULL CHECK (uses_left >= 0)
);
CREATE INDEX IF NOT EXISTS requests_of_a_call ON requests (call, issuer, agent, expires_at);
CREATE INDEX IF NOT EXISTS requests_of_an_agent ON requests (issuer, agent, state, expires_at);
CREATE TABLE IF NOT EXISTS audit (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    request TEXT NOT NULL REFERENCES requests (id),
    event TEXT NOT NULL CHECK (event IN ('asked', 'approved', 'refused', 'used')),
    who TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE OR REPLACE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
