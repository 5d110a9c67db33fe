-- A page as of an old position takes the keys that existed then from the eras in which they came: how many octal digits the
-- position of a key's first version has. Tables from before get the column and its index for the one of what is current;
-- a rebuild that was under way starts anew.
DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT 'projection.' || quote_ident(t.table_name) AS name
        FROM (
            SELECT rebuild_table AS table_name FROM ledger.projection_versions
            UNION ALL SELECT rebuild_table || '_facts' FROM ledger.projection_versions) t
        WHERE to_regclass('projection.' || quote_ident(t.table_name)) IS NOT NULL
    LOOP
        EXECUTE format('DROP TABLE %s', target.name);
    END LOOP;
    UPDATE ledger.projection_versions SET rebuild_table = NULL, rebuild_position = NULL WHERE rebuild_table IS NOT NULL;

    FOR target IN
        SELECT c.oid::regclass AS name, string_agg(format('%I', a.attname), ', ' ORDER BY k.place) AS key
        FROM pg_class c
        JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND a.attname <> 'valid_from'
        WHERE c.relnamespace = 'projection'::regnamespace AND c.relkind = 'r'
          AND NOT EXISTS (
              SELECT FROM pg_attribute e WHERE e.attrelid = c.oid AND e.attname = 'era' AND NOT e.attisdropped)
        GROUP BY c.oid
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN era smallint', target.name);
        EXECUTE format(
            'UPDATE %1$s t SET era = (length(ltrim(t.valid_from::bit(64)::text, ''0'')) + 2) / 3 '
            'FROM (SELECT ctid AS id, lag(valid_to) OVER (PARTITION BY %2$s ORDER BY valid_from) AS before FROM %1$s) f '
            'WHERE f.id = t.ctid AND f.before IS DISTINCT FROM t.valid_from', target.name, target.key);
        EXECUTE (
            SELECT coalesce(string_agg(format('DROP INDEX %s', i.indexrelid::regclass), '; '), 'SELECT')
            FROM pg_index i WHERE i.indrelid = target.name AND i.indpred IS NOT NULL);
        EXECUTE format(
            'CREATE INDEX ON %s (era, %s, valid_from) WHERE era IS NOT NULL', target.name, target.key);
    END LOOP;
END
$$;
