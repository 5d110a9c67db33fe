CREATE TABLE {table} (
    valid_from bigint   NOT NULL,
    valid_to   bigint,
    era        smallint,
    bank       text     COLLATE "C" NOT NULL,
    account    text     COLLATE "C" NOT NULL,
    document   text     COLLATE "C" NOT NULL
);
