-- A program from before a migration must not go on writing after it. The ledger's row has the schema version that it is at;
-- each session of the service says which one its program was made for ({program}.schema_version), and the database takes
-- what the two agree on. A program that does not say it, as those from before this migration, is refused too.
SET LOCAL ROLE {program}_owner;

ALTER TABLE ledger.head ADD COLUMN IF NOT EXISTS schema_version int NOT NULL DEFAULT 0 CHECK (schema_version >= 0);

CREATE OR REPLACE FUNCTION ledger.refuse_other_schema() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known text := nullif(pg_catalog.current_setting('{program}.schema_version', true), '');
    needed text := (SELECT schema_version::text FROM ledger.head);
BEGIN
    IF current_user = '{program}_service' AND known IS DISTINCT FROM needed THEN
        RAISE EXCEPTION 'the ledger has schema version %, and this program writes %', needed, coalesce('version ' || known, 'an older one')
            USING ERRCODE = 'LV001', HINT = 'Use the program that the schema belongs to.';
    END IF;
    RETURN NEW;
END
$$;

-- Every append moves the head. The condition spares it the call as long as all is well.
CREATE OR REPLACE TRIGGER same_schema BEFORE UPDATE ON ledger.head FOR EACH ROW
    WHEN (current_user = '{program}_service'
          AND current_setting('{program}.schema_version', true) IS DISTINCT FROM NEW.schema_version::text)
    EXECUTE FUNCTION ledger.refuse_other_schema();
ALTER TABLE ledger.head ENABLE ALWAYS TRIGGER same_schema;

-- Every write of a projection begins with a row of its version.
CREATE OR REPLACE TRIGGER same_schema BEFORE INSERT OR UPDATE OR DELETE ON ledger.projection_versions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_other_schema();
ALTER TABLE ledger.projection_versions ENABLE ALWAYS TRIGGER same_schema;

CREATE OR REPLACE TRIGGER same_schema BEFORE INSERT OR UPDATE OR DELETE ON ledger.served_projections
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_other_schema();
ALTER TABLE ledger.served_projections ENABLE ALWAYS TRIGGER same_schema;

CREATE OR REPLACE TRIGGER same_schema BEFORE INSERT ON ledger.rule_files
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_other_schema();
ALTER TABLE ledger.rule_files ENABLE ALWAYS TRIGGER same_schema;

CREATE OR REPLACE TRIGGER same_schema BEFORE INSERT ON ledger.signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_other_schema();
ALTER TABLE ledger.signing_keys ENABLE ALWAYS TRIGGER same_schema;

-- What the migrator calls at the end of every migration, in its transaction: whoever holds a lease loses it.
CREATE OR REPLACE FUNCTION ledger.start_schema(version int) RETURNS void LANGUAGE sql AS $$
    UPDATE ledger.head SET schema_version = version;
    UPDATE ledger.projection_versions SET epoch = epoch + 1, lease_owner = NULL, lease_expires_at = NULL;
$$;
REVOKE ALL ON FUNCTION ledger.start_schema(int) FROM PUBLIC;
