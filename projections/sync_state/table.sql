-- Rows of `sync_state`, versioned by position: `valid_from` made the version, `valid_to` replaced it (null: current).
CREATE TABLE {table} (
    valid_from  bigint NOT NULL,
    valid_to    bigint,
    era         smallint,
    source_name text   COLLATE "C" NOT NULL,
    scope_key   text   COLLATE "C" NOT NULL,
    document    text   COLLATE "C" NOT NULL
);
