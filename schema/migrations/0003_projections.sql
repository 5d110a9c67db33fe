-- What the projectors share: the versions that exist, how far each has folded, who holds its lease,
-- which one is served, and the digests of every rule file that was ever used.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.projection_versions (
    name             text        COLLATE "C" NOT NULL,
    version          text        COLLATE "C" NOT NULL,
    code_version     int         NOT NULL,
    rules            text        COLLATE "C" NOT NULL,
    table_name       text        COLLATE "C" NOT NULL,
    position         bigint      NOT NULL DEFAULT 0 CHECK (position >= 0),
    epoch            bigint      NOT NULL DEFAULT 0,
    lease_owner      text        COLLATE "C",
    lease_expires_at timestamptz,
    poison_position  bigint,
    poison_error     text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, version)
) WITH (fillfactor = 20);

CREATE TABLE IF NOT EXISTS ledger.served_projections (
    name    text COLLATE "C" NOT NULL PRIMARY KEY,
    version text COLLATE "C" NOT NULL,
    FOREIGN KEY (name, version) REFERENCES ledger.projection_versions (name, version)
);

CREATE TABLE IF NOT EXISTS ledger.rule_files (
    file        text        COLLATE "C" NOT NULL,
    version     int         NOT NULL,
    digest      text        COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (file, version)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.projection_versions, ledger.served_projections TO {program}_service;
GRANT SELECT, INSERT ON ledger.rule_files TO {program}_service;
