-- Rows of `execution_quality`, versioned by position: `valid_from` made the version, `valid_to` replaced it (null: current).
CREATE TABLE {table} (
    valid_from                  bigint      NOT NULL,
    valid_to                    bigint,
    era                         smallint,
    source                      text        COLLATE "C" NOT NULL,
    source_trade_id             text        COLLATE "C" NOT NULL,
    effective_at                timestamptz,
    trade_date                  timestamptz NOT NULL,
    source_portfolio            text        COLLATE "C",
    underlying_symbol           text        COLLATE "C",
    execution_liquidity_quality text        COLLATE "C" NOT NULL,
    benchmark_quality           text        COLLATE "C" NOT NULL,
    document                    text        COLLATE "C" NOT NULL
);
