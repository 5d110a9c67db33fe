-- Leases of work outside the database that only one process may do at a time, such as sending orders. A transaction that renews
-- a lease by its epoch commits nothing after another process took the lease over.
SET LOCAL ROLE {program}_owner;

CREATE TABLE IF NOT EXISTS ledger.work_leases (
    name       text        COLLATE "C" NOT NULL PRIMARY KEY,
    owner      text        NOT NULL,
    epoch      bigint      NOT NULL CHECK (epoch >= 1),
    expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON ledger.work_leases TO {program}_service;
