-- Two roles that nobody logs in as. The owner holds the log's tables and is used by migrations
-- only; the service appends and reads. Roles belong to the whole server: several ledgers share them.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{program}_owner') THEN
        CREATE ROLE {program}_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{program}_service') THEN
        CREATE ROLE {program}_service NOLOGIN;
    END IF;
EXCEPTION
    -- Another ledger's migration on this server made them at the same moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

GRANT {program}_owner, {program}_service TO CURRENT_USER;

CREATE SCHEMA IF NOT EXISTS ledger AUTHORIZATION {program}_owner;
GRANT USAGE ON SCHEMA ledger TO {program}_service;

-- The read models: the service makes a table a projection version and drops it again.
CREATE SCHEMA IF NOT EXISTS projection AUTHORIZATION {program}_service;

-- What was applied here, with the SHA-256 of each file: a changed old migration is refused.
CREATE TABLE IF NOT EXISTS ledger.migrations (
    number     int         NOT NULL PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE ledger.migrations OWNER TO {program}_owner;
GRANT SELECT ON ledger.migrations TO {program}_service;
