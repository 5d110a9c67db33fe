ALTER TABLE {table} ADD PRIMARY KEY (source, source_trade_id, valid_from);
CREATE INDEX ON {table} (era, source, source_trade_id, valid_from) WHERE era IS NOT NULL;
