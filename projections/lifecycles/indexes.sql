-- Indexes of `lifecycles`, apart from its table so that a rebuild fills it first.
ALTER TABLE {table} ADD PRIMARY KEY (source, position_id, valid_from);
CREATE INDEX ON {table} (era, source, position_id, valid_from) WHERE era IS NOT NULL;
