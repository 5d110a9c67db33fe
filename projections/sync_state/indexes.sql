-- Indexes of `sync_state`, apart from its table so that a rebuild fills it first.
ALTER TABLE {table} ADD PRIMARY KEY (source_name, scope_key, valid_from);
CREATE UNIQUE INDEX ON {table} (source_name, scope_key) WHERE valid_to IS NULL;
