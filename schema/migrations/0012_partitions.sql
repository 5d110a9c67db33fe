-- A log in partitions by position. A partitioned table promises uniqueness by its partition key alone, so two tables of their own
-- promise it for event ids and streams: not partitioned, append-only. They are empty until a ledger is partitioned.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.identities (
    event_id       uuid   NOT NULL,
    position       bigint NOT NULL CHECK (position >= 1),
    payload_digest bytea  NOT NULL CHECK (octet_length(payload_digest) = 32),
    CONSTRAINT identities_event_id PRIMARY KEY (event_id)
);

CREATE TABLE IF NOT EXISTS ledger.stream_positions (
    stream         text   COLLATE "C" NOT NULL,
    stream_version bigint NOT NULL CHECK (stream_version >= 1),
    position       bigint NOT NULL CHECK (position >= 1),
    CONSTRAINT stream_positions_place PRIMARY KEY (stream, stream_version)
);

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.identities
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.identities ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.stream_positions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.stream_positions ENABLE ALWAYS TRIGGER append_only;

-- The trigger that fills them, whichever program appends. It is put on the log when a ledger is about to be partitioned.
CREATE OR REPLACE FUNCTION ledger.record_identities() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger.identities (event_id, position, payload_digest)
        SELECT event_id, position, sha256(convert_to(payload, 'UTF8')) FROM appended;
    INSERT INTO ledger.stream_positions (stream, stream_version, position)
        SELECT stream, stream_version, position FROM appended;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION ledger.record_identities() FROM PUBLIC;

-- What an append looks up. The two views read the log itself until it is partitioned, and the two tables from then on.
CREATE OR REPLACE VIEW ledger.known_events AS SELECT event_id, position, stream_version, payload FROM ledger.events;
CREATE OR REPLACE VIEW ledger.stream_versions AS SELECT stream, stream_version FROM ledger.events;

-- The ranges of the partitions. The name of the log is looked up anew each time, because the table takes another one's name.
CREATE OR REPLACE VIEW ledger.log_partitions AS
    SELECT c.relname::text AS table_name, b.bounds[1]::bigint AS first_position, b.bounds[2]::bigint - 1 AS last_position
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (
        SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \(''(\d+)''\) TO \(''(\d+)''\)$') AS bounds) b
    WHERE i.inhparent = to_regclass('ledger.events');

-- Null until the log is partitioned; then the position from which an append asks for the next partition.
ALTER TABLE ledger.head ADD COLUMN IF NOT EXISTS next_partition_at bigint CHECK (next_partition_at >= 1);

-- A partition is guarded before it belongs to the log, and nobody but its owner has a right on it.
CREATE OR REPLACE FUNCTION ledger.add_partition(first_position bigint, last_position bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := format('events_%s', first_position);
BEGIN
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.events INCLUDING ALL EXCLUDING INDEXES)', name);
    EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I UNIQUE (stream, stream_version), '
        'ADD CONSTRAINT partition_range CHECK (position >= %s AND position <= %s)', name, name || '_stream', first_position, last_position);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', name);
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ALWAYS TRIGGER append_only', name);
    EXECUTE format('ALTER TABLE ledger.events ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)',
        name, first_position, last_position + 1);
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT partition_range', name);
END
$$;
REVOKE ALL ON FUNCTION ledger.add_partition(bigint, bigint) FROM PUBLIC;

-- Makes the next partitions as long as less than a tenth of the last one would be left above a position. Whoever appends calls
-- it, and holds the head's row. A lock that somebody else holds is waited for only if there is no room at all. A position far above
-- the head is nobody's next one.
CREATE OR REPLACE FUNCTION ledger.make_room(needed bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
    head bigint;
    newest record;
    width bigint;
BEGIN
    SELECT h.position INTO STRICT head FROM ledger.head h FOR UPDATE;
    IF needed > head + 16777216 THEN
        RAISE EXCEPTION 'needed: expected at most 16777216 positions above the head, %, found %', head, needed
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOOP
        SELECT p.first_position, p.last_position INTO STRICT newest
        FROM ledger.log_partitions p ORDER BY p.first_position DESC LIMIT 1;
        width := newest.last_position - newest.first_position + 1;
        IF needed < newest.last_position - width / 10 THEN
            UPDATE ledger.head SET next_partition_at = newest.last_position - width / 10;
            RETURN;
        END IF;
        IF needed > newest.last_position THEN
            PERFORM set_config('lock_timeout', '10s', true);
        END IF;
        BEGIN
            PERFORM ledger.add_partition(newest.last_position + 1, newest.last_position + width);
        EXCEPTION WHEN lock_not_available THEN
            IF needed > newest.last_position THEN
                RAISE;
            END IF;
            RETURN;
        END;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION ledger.make_room(bigint) FROM PUBLIC;

GRANT SELECT ON ledger.identities, ledger.stream_positions, ledger.known_events, ledger.stream_versions, ledger.log_partitions
    TO {program}_service;
GRANT EXECUTE ON FUNCTION ledger.make_room(bigint) TO {program}_service;
