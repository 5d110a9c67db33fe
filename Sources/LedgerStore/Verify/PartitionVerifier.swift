package import LedgerPostgres
package import LedgerProjections

/// Checks that the partitions of a log are guarded as the log itself is.
package struct PartitionVerifier: Sendable {
    private let names: LedgerNames

    package init(_ names: LedgerNames) { self.names = names }

    /// The faults of the partitions. A log that is not partitioned has none, unless somebody made it look partitioned.
    package func findings(_ session: PostgresSession) throws -> [AuditFinding] {
        let partitions: [LogPartition]
        do {
            partitions = try LogPartition.all(session)
        } catch LedgerError.unsafePartitions(let problem) {
            return [AuditFinding(.fault, "ledger.events", problem)]
        }
        let archived = try ArchivedRange.all(session)
        let detached = archived.map { LogPartition(table: LogPartition.detachedTable($0.first), first: $0.first, last: $0.last) }
        let kept = try detached.filter { try session.hasTable($0.table) }
        return try places(partitions) + guards(partitions + kept, session) + recording(isPartitioned: !partitions.isEmpty, session)
            + lookups(isPartitioned: !partitions.isEmpty, session) + nextPartition(after: partitions.last, session)
            + archives(archived, partitions)
    }

    /// Throws `LedgerError.unsafePartitions` if there are faults. Runs in a transaction of its own.
    package func require(_ session: PostgresSession) throws {
        let found = try session.transaction(.snapshot) {
            // The log is not being partitioned while its views are compared.
            try session.executeScript("LOCK TABLE ledger.events IN ACCESS SHARE MODE")
            return try findings(session)
        }
        if let first = found.first {
            throw LedgerError.unsafePartitions(problem: "\(first.subject): \(first.problem)")
        }
    }

    private func places(_ partitions: [LogPartition]) -> [AuditFinding] {
        var expected: Int64 = 1
        for partition in partitions {
            if partition.first != expected || partition.last < partition.first {
                return [
                    AuditFinding(
                        .fault, "ledger.\(partition.table)",
                        "it has the positions \(partition.first) to \(partition.last), and \(expected) comes next")
                ]
            }
            expected = partition.last + 1
        }
        return []
    }

    private func guards(_ partitions: [LogPartition], _ session: PostgresSession) throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        for partition in partitions {
            let table = "ledger.\(partition.table)"
            if try !session.refusesChanges("ledger.\(quoteIdentifier(partition.table))", trigger: "append_only") {
                findings.append(.unguarded(table, trigger: "append_only"))
            }
            let rights = try session.execute(
                """
                SELECT has_table_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                    OR has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
                FROM pg_class c WHERE c.oid = to_regclass($2)
                """, [.text(names.serviceRole), .text("ledger.\(quoteIdentifier(partition.table))")])
            if try rights.first?.bool(0) != false {
                findings.append(AuditFinding(.fault, table, "\(names.serviceRole) has a right on the partition itself"))
            }
        }
        return findings
    }

    private func recording(isPartitioned: Bool, _ session: PostgresSession) throws -> [AuditFinding] {
        if !isPartitioned { return [] }
        // 4 is AFTER INSERT FOR EACH STATEMENT.
        let records = try session.execute(
            """
            SELECT tgenabled = 'A' AND NOT tgisinternal AND tgqual IS NULL AND tgtype = 4 AND tgnewtable = 'appended'
                AND tgfoid = to_regproc('ledger.record_identities')
            FROM pg_trigger WHERE tgrelid = to_regclass('ledger.events') AND tgname = 'record_identities'
            """)
        if try records.first?.optionalBool(0) == true { return [] }
        return [
            AuditFinding(
                .fault, "ledger.events",
                "the trigger record_identities, which keeps event ids and streams unique, is gone or does not fire always")
        ]
    }

    /// A partition has headers alone if, and only if, an archive of its range is recorded.
    private func archives(_ archived: [ArchivedRange], _ partitions: [LogPartition]) -> [AuditFinding] {
        let missing = archived.filter { range in
            !partitions.contains { $0.isDetached && $0.first == range.first && $0.last == range.last }
        }
        let unknown = partitions.filter { partition in
            partition.isDetached && !archived.contains { $0.first == partition.first && $0.last == partition.last }
        }
        return missing.map {
            AuditFinding(
                .fault, "ledger.archives",
                "it says that the positions \($0.first) to \($0.last) are in archives, and the log has no headers of them in their place")
        }
            + unknown.map {
                AuditFinding(.fault, "ledger.\($0.table)", "it has headers alone, and no archive of its events is recorded")
            }
    }

    private func lookups(isPartitioned: Bool, _ session: PostgresSession) throws -> [AuditFinding] {
        try [KnownEvents.event, KnownEvents.stream].compactMap { view in
            let query = isPartitioned ? view.ofPartitions : view.ofLog
            // Plans are compared. What the server counted about the tables may change between the two, but not each time.
            for _ in 0..<3 where try session.definition(ofView: view.name) == session.definition(ofQuery: query) { return nil }
            return AuditFinding(.fault, view.name, "the view is not the one in which appends look up what the log has")
        }
    }

    private func nextPartition(after last: LogPartition?, _ session: PostgresSession) throws -> [AuditFinding] {
        let said = try session.execute("SELECT next_partition_at FROM ledger.head")[0].optionalInt8(0)
        if said == last?.nextPartitionAt { return [] }
        return [
            AuditFinding(
                .fault, "ledger.head",
                "it says that the next partition is due at position \(said.map(String.init) ?? "none"), and by the partitions it is \(last.map { "\($0.nextPartitionAt)" } ?? "none")"
            )
        ]
    }
}

extension AuditFinding {
    static func unguarded(_ table: String, trigger: String) -> AuditFinding {
        AuditFinding(.fault, table, "the trigger \(trigger), which refuses changes, is gone or does not fire always")
    }
}

extension PostgresSession {
    /// Whether the schema `ledger` has a table.
    func hasTable(_ name: String) throws -> Bool {
        try execute("SELECT to_regclass($1) IS NOT NULL", [.text("ledger.\(quoteIdentifier(name))")])[0].bool(0)
    }

    /// Whether a table has the trigger that refuses changes, and the trigger always fires.
    func refusesChanges(_ table: String, trigger: String) throws -> Bool {
        try execute(
            """
            SELECT tgenabled = 'A' AND NOT tgisinternal AND tgqual IS NULL AND tgfoid = to_regproc('ledger.refuse_change')
            FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = $2
            """, [.text(table), .text(trigger)]
        ).first?.optionalBool(0) == true
    }
}
