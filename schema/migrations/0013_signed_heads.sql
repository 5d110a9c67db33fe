-- The heads that a signer is about to sign. A row is committed before its head is signed, so that a synchronous standby has it, and with it
-- every event below; the epoch is that of the signer's lease. Heads from before this migration have no rows.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.signed_heads (
    ledger_id   uuid        NOT NULL,
    size        bigint      NOT NULL CHECK (size >= 0),
    root        bytea       NOT NULL CHECK (octet_length(root) = 32),
    epoch       bigint      NOT NULL CHECK (epoch >= 1),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT signed_heads_size PRIMARY KEY (ledger_id, size)
);

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.signed_heads
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.signed_heads ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER same_schema BEFORE INSERT ON ledger.signed_heads
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_other_schema();
ALTER TABLE ledger.signed_heads ENABLE ALWAYS TRIGGER same_schema;

GRANT SELECT, INSERT ON ledger.signed_heads TO {program}_service;
