CREATE TABLE {table} (
    valid_from      bigint   NOT NULL,
    valid_to        bigint,
    era             smallint,
    source          text     COLLATE "C" NOT NULL,
    source_trade_id text     COLLATE "C" NOT NULL,
    document        text     COLLATE "C" NOT NULL
);
