-- Tables of projection versions that nothing names any more. Whoever reads them still goes on; they are dropped once nobody
-- does, by whichever program comes next. The name is written in the transaction that takes it out of the catalog.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.leftover_tables (
    table_name text        COLLATE "C" NOT NULL PRIMARY KEY,
    left_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT, INSERT, DELETE ON ledger.leftover_tables TO {program}_service;
