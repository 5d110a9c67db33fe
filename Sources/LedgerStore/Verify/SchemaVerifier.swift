public import LedgerPostgres

/// Compares the safeguards that keep a ledger append-only in its database with those that the migrations make.
public struct SchemaVerifier: Sendable {
    private let migrator: Migrator

    public init(_ migrator: Migrator) { self.migrator = migrator }

    /// The tables that refuse changes, and the triggers that do so.
    private static let guarded = [
        ("events", "append_only"), ("merkle_nodes", "append_only"), ("head", "keep_the_row"), ("signing_keys", "append_only"),
        ("forks", "append_only"), ("signed_heads", "append_only"), ("identities", "append_only"), ("stream_positions", "append_only"),
        ("archives", "keep_the_row"),
    ]

    private static let eventsView = """
        SELECT position, event_id, stream, stream_version, type, schema_version, recorded_at, effective_at, run_id,
               payload::jsonb AS payload, leaf_hash
        FROM ledger.events
        """

    /// The faults of the database's safeguards and of its record of migrations.
    public func findings(_ session: PostgresSession) throws -> [AuditFinding] {
        var findings = try migrator.findings(session)
        for (table, trigger) in Self.guarded {
            if try !session.refusesChanges("ledger.\(table)", trigger: trigger) {
                findings.append(.unguarded("ledger.\(table)", trigger: trigger))
            }
        }
        if try session.definition(ofView: "ledger.events_json") != session.definition(ofQuery: Self.eventsView) {
            findings.append(AuditFinding(.fault, "ledger.events_json", "the view is not the one that shows the events"))
        }
        findings += try PartitionVerifier(migrator.names).findings(session)
        let isPartitioned = try session.execute("SELECT EXISTS (SELECT FROM ledger.log_partitions)")[0].bool(0)
        return findings + (try IdentityVerifier(isComplete: isPartitioned).findings(session))
    }
}

extension Migrator {
    /// The differences between the record of migrations and the installed files.
    func findings(_ session: PostgresSession) throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        var missing = Dictionary(uniqueKeysWithValues: migrations.map { ($0.number, $0) })
        for row in try session.execute("SELECT number, name, checksum FROM ledger.migrations ORDER BY number") {
            let number = Int(try row.int4(0))
            let subject = "migration \(number)"
            guard let file = missing.removeValue(forKey: number) else {
                findings.append(AuditFinding(.unchecked, subject, "it was applied, but this program does not have it"))
                continue
            }
            if try !(row.text(1).utf8.elementsEqual(file.name.utf8) && row.text(2).utf8.elementsEqual(file.checksum.utf8)) {
                findings.append(AuditFinding(.fault, subject, "what is recorded of it is not the installed file's name and checksum"))
            }
        }
        let version = try session.execute("SELECT schema_version FROM ledger.head")[0].int4(0)
        if Int(version) != latest {
            findings.append(
                AuditFinding(.fault, "ledger.head", "it says schema version \(version), and this program's migrations make \(latest)"))
        }
        for number in missing.keys.sorted() {
            findings.append(AuditFinding(.fault, "migration \(number)", "it is not recorded as applied"))
        }
        return findings
    }
}

extension PostgresSession {
    /// The definition of a view, as columns and plan; nil for an absent view.
    ///
    /// The planner expands a view into its query, so equal plans and columns mean equal answers. The texts of views
    /// can't be compared, because the server keeps the parsed form, not the original text.
    func definition(ofView name: String) throws -> [String]? {
        let columns = try execute(
            """
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """, [.text(name)]
        ).map { try $0.text(0) }
        return columns.isEmpty ? nil : try columns + plan(of: name)
    }

    func definition(ofQuery query: String) throws -> [String] {
        try execute("SELECT * FROM (\(query)) q LIMIT 0").columnNames + plan(of: "(\(query))")
    }

    private func plan(of source: String) throws -> [String] {
        try execute("EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM \(source) q").map { try $0.text(0) }
    }
}
