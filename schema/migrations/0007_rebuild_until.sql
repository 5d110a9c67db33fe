-- What is current of an entity is written with the last event that touches it, up to the position that a rebuild has set out
-- for: one that is taken up again keeps to that position. A rebuild that was under way without one starts anew.
SET LOCAL ROLE {program}_owner;

ALTER TABLE ledger.projection_versions ADD COLUMN IF NOT EXISTS rebuild_until bigint CHECK (rebuild_until >= 0);

RESET ROLE;

DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT 'projection.' || quote_ident(t.table_name) AS name
        FROM (
            SELECT rebuild_table AS table_name FROM ledger.projection_versions WHERE rebuild_until IS NULL
            UNION ALL
            SELECT rebuild_table || '_facts' FROM ledger.projection_versions WHERE rebuild_until IS NULL) t
        WHERE to_regclass('projection.' || quote_ident(t.table_name)) IS NOT NULL
    LOOP
        EXECUTE format('DROP TABLE %s', target.name);
    END LOOP;
    UPDATE ledger.projection_versions SET rebuild_table = NULL, rebuild_position = NULL
    WHERE rebuild_table IS NOT NULL AND rebuild_until IS NULL;
END
$$;
