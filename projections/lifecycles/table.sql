-- Rows of `lifecycles`, versioned by position: `valid_from` made the version, `valid_to` replaced or removed it (null:
-- current). `effective_at` is the last execution's trade date.
CREATE TABLE {table} (
    valid_from        bigint      NOT NULL,
    valid_to          bigint,
    era               smallint,
    source            text        COLLATE "C" NOT NULL,
    position_id       text        COLLATE "C" NOT NULL,
    effective_at      timestamptz,
    opened_at         timestamptz NOT NULL,
    source_portfolio  text        COLLATE "C",
    underlying_symbol text        COLLATE "C",
    lifecycle_state   text        COLLATE "C" NOT NULL,
    lifecycle_quality text        COLLATE "C" NOT NULL,
    document          text        COLLATE "C" NOT NULL
);
