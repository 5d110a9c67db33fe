-- SQL for auditors: the schema `audit`, whose functions and views belong to a reader that nobody logs in as, and a role that may
-- read them and nothing else. The program makes the functions and views of its projections there, as it makes projection.<name>.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{program}_reader') THEN
        CREATE ROLE {program}_reader NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{program}_auditor') THEN
        CREATE ROLE {program}_auditor NOLOGIN;
    END IF;
EXCEPTION
    -- Another ledger's migration on this server made them at the same moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

GRANT {program}_reader TO CURRENT_USER;
-- The service makes the reader's views.
GRANT {program}_reader TO {program}_service;

SET LOCAL ROLE {program}_owner;

GRANT USAGE ON SCHEMA ledger TO {program}_reader;
GRANT SELECT ON ledger.events, ledger.head, ledger.projection_versions, ledger.served_projections TO {program}_reader;

-- A view of the projections is there for auditors too. Whoever makes one calls this.
CREATE OR REPLACE FUNCTION ledger.show_to_auditors(view regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT SELECT ON %s TO {program}_auditor', view);
END
$$;
REVOKE ALL ON FUNCTION ledger.show_to_auditors(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.show_to_auditors(regclass) TO {program}_service;

SET LOCAL ROLE {program}_service;

GRANT USAGE ON SCHEMA projection TO {program}_reader, {program}_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA projection TO {program}_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE {program}_service IN SCHEMA projection GRANT SELECT ON TABLES TO {program}_reader;

DO $$
DECLARE
    target record;
BEGIN
    FOR target IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'projection'::regnamespace AND relkind = 'v' LOOP
        EXECUTE format('GRANT SELECT ON %s TO {program}_auditor', target.name);
    END LOOP;
END
$$;

RESET ROLE;

CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION {program}_reader;

SET LOCAL ROLE {program}_reader;

ALTER DEFAULT PRIVILEGES FOR ROLE {program}_reader REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

COMMENT ON SCHEMA audit IS
    'What an auditor reads: per view a function as of a position and a view of what is current, the events, what each row rests on, and the ranges of the log that are here.';
GRANT USAGE ON SCHEMA audit TO {program}_auditor;

-- The tables of a served version, and a reader's now, for a read as of a position. Only functions of the reader call it.
CREATE OR REPLACE FUNCTION audit.served(projection text, as_of_position bigint, OUT table_name text, OUT moment timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head bigint := (SELECT h.position FROM ledger.head h);
    checkpoint bigint;
BEGIN
    IF as_of_position IS NULL OR as_of_position < 0 OR as_of_position > head THEN
        RAISE EXCEPTION 'position_unknown: as_of_position: expected 0 to %, the head of the log, found %', head,
            coalesce(as_of_position::text, 'null')
            USING ERRCODE = 'LV002', HINT = format('What is current is the view audit.%I.', projection);
    END IF;
    SELECT v.table_name, v.position INTO table_name, checkpoint
    FROM ledger.served_projections s
    JOIN ledger.projection_versions v ON (v.name, v.version, v.code_version) = (s.name, s.version, s.code_version)
    WHERE s.name = projection;
    IF table_name IS NULL THEN
        RAISE EXCEPTION 'not_activated: % serves no version', projection USING ERRCODE = 'LV003';
    END IF;
    IF as_of_position > checkpoint THEN
        RAISE EXCEPTION 'projection_behind: % is folded up to position %, found %', projection, checkpoint, as_of_position
            USING ERRCODE = 'LV003', HINT = 'Ask again once the service has caught up.';
    END IF;
    moment := coalesce((SELECT e.recorded_at FROM ledger.events e WHERE e.position = as_of_position), '-infinity');
END
$$;

-- The events behind rows. An event made a version of the row, or the row names it.
CREATE OR REPLACE FUNCTION audit.provenance(as_of_position bigint, projection text DEFAULT NULL)
RETURNS TABLE (view text, key jsonb, event_position bigint, changed_row boolean, named_by_row boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target record;
    standing record;
    keys text;
    members text;
    matches text;
BEGIN
    FOR target IN
        SELECT s.name, v.position
        FROM ledger.served_projections s
        JOIN ledger.projection_versions v ON (v.name, v.version, v.code_version) = (s.name, s.version, s.code_version)
        WHERE provenance.projection IS NULL OR s.name = provenance.projection
        ORDER BY s.name
    LOOP
        SELECT * INTO standing FROM audit.served(target.name, coalesce(as_of_position, target.position));
        SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
               string_agg(format('%L, t.document::jsonb -> %L', a.attname, a.attname), ', ' ORDER BY k.place),
               string_agg(format('c.%I = t.%I', a.attname, a.attname), ' AND ' ORDER BY k.place)
        INTO keys, members, matches
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND a.attname <> 'valid_from'
        WHERE i.indrelid = format('projection.%I', standing.table_name)::regclass AND i.indisprimary;
        RETURN QUERY EXECUTE
            'SELECT $2, p.key, p.event_position, bool_or(p.changed_row), bool_or(NOT p.changed_row) FROM projection.'
            || quote_ident(standing.table_name) || ' t CROSS JOIN LATERAL ('
            || 'SELECT jsonb_build_object(' || members || ') AS key, c.valid_from AS event_position, true AS changed_row FROM projection.'
            || quote_ident(standing.table_name) || ' c WHERE ' || matches || ' AND c.valid_from <= $1 UNION ALL '
            || 'SELECT jsonb_build_object(' || members || '), e::bigint, false '
            || 'FROM jsonb_array_elements_text(CASE jsonb_typeof(t.document::jsonb -> ''event_positions'') '
            || 'WHEN ''array'' THEN t.document::jsonb -> ''event_positions'' ELSE ''[]'' END) e) p '
            || 'WHERE t.valid_from <= $1 AND (t.valid_to IS NULL OR t.valid_to > $1) '
            || 'GROUP BY ' || keys || ', p.key, p.event_position ORDER BY ' || keys || ', p.event_position'
            USING coalesce(as_of_position, target.position), target.name;
    END LOOP;
END
$$;
COMMENT ON FUNCTION audit.provenance(bigint, text) IS
    'The events behind each row as of a position (null: what is current), of one view or of all. changed_row: the event made a version of the row; named_by_row: the row''s event_positions has it.';

REVOKE ALL ON FUNCTION audit.served(text, bigint), audit.provenance(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.provenance(bigint, text) TO {program}_auditor;

CREATE OR REPLACE VIEW audit.provenance AS SELECT * FROM audit.provenance(NULL::bigint);
COMMENT ON VIEW audit.provenance IS 'The events behind each current row of all views. Those of one view: audit.provenance(null, its name).';
COMMENT ON COLUMN audit.provenance.view IS 'the name of the view';
COMMENT ON COLUMN audit.provenance.key IS 'the columns of the row''s key, as the row has them';
COMMENT ON COLUMN audit.provenance.event_position IS 'the position of the event in audit.events';
COMMENT ON COLUMN audit.provenance.changed_row IS 'whether the event made a version of the row';
COMMENT ON COLUMN audit.provenance.named_by_row IS 'whether the row names the event in event_positions';

CREATE OR REPLACE VIEW audit.coverage AS
    SELECT 1::bigint AS first_position, h.position AS last_position, h.ledger_id, h.recorded_at
    FROM ledger.head h WHERE h.position >= 1;
COMMENT ON VIEW audit.coverage IS 'The ranges of positions that are here: every event of a range is in audit.events. No row: the log is empty.';
COMMENT ON COLUMN audit.coverage.first_position IS 'the first position of the range';
COMMENT ON COLUMN audit.coverage.last_position IS 'the last position of the range, the head of the log in the last range';
COMMENT ON COLUMN audit.coverage.ledger_id IS 'the id of the ledger, as in its checkpoints';
COMMENT ON COLUMN audit.coverage.recorded_at IS 'when the last event of the log was recorded';

GRANT SELECT ON audit.provenance, audit.coverage TO {program}_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE {program}_reader IN SCHEMA audit GRANT SELECT ON TABLES TO {program}_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE {program}_reader IN SCHEMA audit GRANT EXECUTE ON FUNCTIONS TO {program}_auditor;
