-- Indexes of `context`, apart from its table so that a rebuild fills it first.
ALTER TABLE {table} ADD PRIMARY KEY (source, source_trade_id, context_key, valid_from);
CREATE UNIQUE INDEX ON {table} (source, source_trade_id, context_key) WHERE valid_to IS NULL;
