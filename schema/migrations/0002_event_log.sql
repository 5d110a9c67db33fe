-- The event log. Positions and stream versions are gapless because an append holds the single row
-- of ledger.head from before it reads until it commits; no sequence is involved anywhere.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.events (
    position       bigint      NOT NULL CHECK (position >= 1),
    event_id       uuid        NOT NULL,
    stream         text        COLLATE "C" NOT NULL,
    stream_version bigint      NOT NULL CHECK (stream_version >= 1),
    type           text        COLLATE "C" NOT NULL,
    schema_version int         NOT NULL CHECK (schema_version >= 1),
    recorded_at    timestamptz NOT NULL,
    effective_at   timestamptz,
    run_id         uuid        NOT NULL,
    payload        text        COLLATE "C" NOT NULL,
    leaf_hash      bytea       NOT NULL CHECK (octet_length(leaf_hash) = 32),
    CONSTRAINT events_position PRIMARY KEY (position),
    CONSTRAINT events_event_id UNIQUE (event_id),
    CONSTRAINT events_stream UNIQUE (stream, stream_version)
);

-- Roots of complete subtrees: (level, index) covers the leaves [index·2^level, (index+1)·2^level),
-- leaf 0 being position 1. Level 0 is ledger.events.leaf_hash and is not repeated here.
CREATE TABLE IF NOT EXISTS ledger.merkle_nodes (
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 62),
    index bigint   NOT NULL CHECK (index >= 0),
    hash  bytea    NOT NULL CHECK (octet_length(hash) = 32),
    CONSTRAINT merkle_nodes_place PRIMARY KEY (level, index)
);

-- One row, locked by every append.
CREATE TABLE IF NOT EXISTS ledger.head (
    singleton   boolean     NOT NULL DEFAULT true PRIMARY KEY CHECK (singleton),
    ledger_id   uuid        NOT NULL,
    position    bigint      NOT NULL CHECK (position >= 0),
    recorded_at timestamptz
) WITH (fillfactor = 10);

INSERT INTO ledger.head (ledger_id, position) VALUES (gen_random_uuid(), 0) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger.% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.merkle_nodes
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.merkle_nodes ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER keep_the_row BEFORE DELETE OR TRUNCATE ON ledger.head
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.head ENABLE ALWAYS TRIGGER keep_the_row;

CREATE OR REPLACE VIEW ledger.events_json AS
    SELECT position, event_id, stream, stream_version, type, schema_version, recorded_at, effective_at,
           run_id, payload::jsonb AS payload, leaf_hash
    FROM ledger.events;

GRANT SELECT, INSERT ON ledger.events, ledger.merkle_nodes TO {program}_service;
GRANT SELECT, UPDATE (position, recorded_at) ON ledger.head TO {program}_service;
GRANT SELECT ON ledger.events_json TO {program}_service;
