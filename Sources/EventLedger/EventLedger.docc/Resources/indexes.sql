ALTER TABLE {table} ADD PRIMARY KEY (bank, account, valid_from);
CREATE INDEX ON {table} (era, bank, account, valid_from) WHERE era IS NOT NULL;
