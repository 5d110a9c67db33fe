-- Indexes of `vol_metrics_snapshots`, apart from its table so that a rebuild fills it first.
ALTER TABLE {table} ADD PRIMARY KEY (currency, "timestamp", valid_from);
CREATE INDEX ON {table} (era, currency, "timestamp", valid_from) WHERE era IS NOT NULL;
