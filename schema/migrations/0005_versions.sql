-- A version is known by its rules and by the code that folded it: both may live beside others of the same name.
-- A version that is being built is not followed and not read; the served one remembers which it replaced.
SET LOCAL ROLE {program}_owner;

ALTER TABLE ledger.projection_versions
    ADD COLUMN IF NOT EXISTS state text COLLATE "C" NOT NULL DEFAULT 'ready' CHECK (state IN ('building', 'ready')),
    -- While a rebuild is under way: the table that it fills, and up to where what it wrote there is committed.
    ADD COLUMN IF NOT EXISTS rebuild_table text COLLATE "C",
    ADD COLUMN IF NOT EXISTS rebuild_position bigint CHECK (rebuild_position >= 0);

ALTER TABLE ledger.served_projections
    ADD COLUMN IF NOT EXISTS code_version          int,
    ADD COLUMN IF NOT EXISTS previous_version      text COLLATE "C",
    ADD COLUMN IF NOT EXISTS previous_code_version int;

UPDATE ledger.served_projections s SET code_version = v.code_version
FROM ledger.projection_versions v
WHERE v.name = s.name AND v.version = s.version AND s.code_version IS NULL;

ALTER TABLE ledger.served_projections ALTER COLUMN code_version SET NOT NULL;

ALTER TABLE ledger.served_projections
    DROP CONSTRAINT IF EXISTS served_projections_name_version_fkey,
    DROP CONSTRAINT IF EXISTS served_projections_served,
    DROP CONSTRAINT IF EXISTS served_projections_previous,
    DROP CONSTRAINT IF EXISTS served_projections_previous_is_whole;

ALTER TABLE ledger.projection_versions
    DROP CONSTRAINT IF EXISTS projection_versions_pkey,
    ADD CONSTRAINT projection_versions_pkey PRIMARY KEY (name, version, code_version);

ALTER TABLE ledger.served_projections
    ADD CONSTRAINT served_projections_served
        FOREIGN KEY (name, version, code_version)
        REFERENCES ledger.projection_versions (name, version, code_version),
    ADD CONSTRAINT served_projections_previous
        FOREIGN KEY (name, previous_version, previous_code_version)
        REFERENCES ledger.projection_versions (name, version, code_version),
    ADD CONSTRAINT served_projections_previous_is_whole
        CHECK ((previous_version IS NULL) = (previous_code_version IS NULL));
