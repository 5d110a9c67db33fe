-- Ranges of the log whose payloads are in archives alone. The table of such a partition is renamed, and a table of the events' headers
-- is in its place: every column is there, and for a payload a reference, `@<position>:<leaf hash>`, which is no JSON.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.archives (
    first_position bigint      NOT NULL CHECK (first_position >= 1),
    last_position  bigint      NOT NULL,
    copies         text[]      NOT NULL CHECK (cardinality(copies) >= 2),
    detached_at    timestamptz NOT NULL,
    attached_at    timestamptz CHECK (attached_at >= detached_at),
    CONSTRAINT archives_place PRIMARY KEY (first_position, detached_at),
    CONSTRAINT archives_range CHECK (last_position >= first_position)
);
-- A range is detached once at a time.
CREATE UNIQUE INDEX IF NOT EXISTS archives_detached ON ledger.archives (first_position) WHERE attached_at IS NULL;

CREATE OR REPLACE TRIGGER keep_the_row BEFORE DELETE OR TRUNCATE ON ledger.archives
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.archives ENABLE ALWAYS TRIGGER keep_the_row;

GRANT SELECT ON ledger.archives TO {program}_service;

-- What an append looks up has the digest of a payload too, so that no append waits for an archive.
DO $$
BEGIN
    IF EXISTS (SELECT FROM ledger.log_partitions) THEN
        CREATE OR REPLACE VIEW ledger.known_events AS
            SELECT i.event_id, i.position, e.stream_version, e.payload, i.payload_digest
            FROM ledger.identities i LEFT JOIN ledger.events e ON e.position = i.position;
    ELSE
        CREATE OR REPLACE VIEW ledger.known_events AS
            SELECT event_id, position, stream_version, payload, NULL::bytea AS payload_digest FROM ledger.events;
    END IF;
END
$$;

-- What an auditor's query says of a payload that is not here.
SET LOCAL ROLE {program}_reader;

CREATE OR REPLACE FUNCTION audit.range_detached(event_position bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'range_detached: the payload of event % is in an archive', event_position USING ERRCODE = 'LV004';
END
$$;
COMMENT ON FUNCTION audit.range_detached(bigint) IS 'Refuses a query that asks for the payload of an event whose range is detached.';
REVOKE ALL ON FUNCTION audit.range_detached(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.range_detached(bigint) TO {program}_auditor;
