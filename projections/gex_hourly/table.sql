-- Rows of `gex_hourly`, versioned by position: `valid_from` made the version, `valid_to` replaced it (null: current).
CREATE TABLE {table} (
    valid_from  bigint NOT NULL,
    valid_to    bigint,
    era         smallint,
    currency    text   COLLATE "C" NOT NULL,
    "timestamp" text   COLLATE "C" NOT NULL,
    document    text   COLLATE "C" NOT NULL
);
