-- Indexes of `lifecycles`, apart from its table so that a rebuild fills it first.
ALTER TABLE {table} ADD PRIMARY KEY (source, position_id, valid_from);
CREATE UNIQUE INDEX ON {table} (source, position_id) WHERE valid_to IS NULL;
