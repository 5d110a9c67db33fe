-- Indexes of `sync_state`, apart from its table so that a rebuild fills it first.
ALTER TABLE {table} ADD PRIMARY KEY (source_name, scope_key, valid_from);
CREATE INDEX ON {table} (era, source_name, scope_key, valid_from) WHERE era IS NOT NULL;
