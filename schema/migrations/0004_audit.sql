-- What signing needs: the first public key of each ledger id, and the forks that were acknowledged.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.signing_keys (
    ledger_id   uuid        NOT NULL PRIMARY KEY,
    public_key  bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS ledger.forks (
    new_ledger_id   uuid        NOT NULL PRIMARY KEY,
    old_ledger_id   uuid        NOT NULL,
    position        bigint      NOT NULL CHECK (position >= 0),
    acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.signing_keys ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.forks
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.forks ENABLE ALWAYS TRIGGER append_only;

-- The only way in which the service gives a ledger another id: it leaves a record.
CREATE OR REPLACE FUNCTION ledger.start_fork(new_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ledger.forks (new_ledger_id, old_ledger_id, position)
        SELECT new_id, ledger_id, position FROM ledger.head;
    UPDATE ledger.head SET ledger_id = new_id;
$$;
REVOKE ALL ON FUNCTION ledger.start_fork(uuid) FROM PUBLIC;

GRANT SELECT, INSERT ON ledger.signing_keys TO {program}_service;
GRANT SELECT ON ledger.forks TO {program}_service;
GRANT EXECUTE ON FUNCTION ledger.start_fork(uuid) TO {program}_service;
