import LedgerEvents
import LedgerMerkle
package import LedgerPostgres
package import LedgerProjections
package import LedgerValues

/// Takes the payloads of a closed partition out of the log's table, and brings them back.
///
/// The table of the partition is renamed and stays. In its place comes a table of the events' headers, with references to an archive for
/// payloads. So a read that does not ask for payloads (positions, times, streams, hashes, tiles, proofs) is answered as before, and one
/// that does fails, unless it reads the archive (``ArchivedPayloads``).
///
/// Each step is a transaction of its own and may be repeated: a run that is killed is continued by the next one. The rows of a table
/// that takes a partition's place are frozen, so a transaction that began before the exchange sees them too.
package struct LogDetachment: Sendable {
    private let configuration: PostgresConfiguration
    private let names: LedgerNames
    private let owner: OwnerTransactions

    private static let readAtOnce: Int64 = 4_096

    /// - Parameters:
    ///   - configuration: of the user who migrates the ledger
    ///   - names: the names of the program
    ///   - attempts: the number of times that a lock is asked for
    package init(_ configuration: PostgresConfiguration, _ names: LedgerNames, attempts: Int = 60) {
        self.configuration = configuration
        self.names = names
        owner = OwnerTransactions(names: names, attempts: attempts)
    }

    /// Detaches a partition. Throws `PartitionError`, `LedgerError`.
    ///
    /// - Parameters:
    ///   - partition: closed; not the last one
    ///   - copies: the places of its archives
    ///   - isArchived: whether the archives hold the tree that ends with this root; throws if not
    ///   - progress: the last position that was read
    package func detach(
        _ partition: LogPartition, copies: [String], isArchived: @Sendable (Digest32) throws -> Void,
        progress: @escaping @Sendable (Int64) -> Void
    ) async throws {
        // By this name the table comes back.
        guard partition.table == "events_\(partition.first)" else {
            throw LedgerError.unsafePartitions(problem: "ledger.\(partition.table) is not named events_\(partition.first)")
        }
        try await AdvisoryLock.alone(configuration) { connection in
            try isArchived(try await prepare(partition, connection, progress))
            try await exchange(partition, copies, connection)
        }
    }

    /// Attaches a detached range again: the table that was detached, or, if it is gone, one that is made from the archives. Returns
    /// whether it was made. Throws `PartitionError`, `LedgerError`.
    ///
    /// - Parameters:
    ///   - range: detached
    ///   - isLog: whether the log has the tree that ends with this root; throws if not
    ///   - progress: the last position that was read
    package func attach(
        _ range: ArchivedRange, isLog: @Sendable (Digest32, PostgresSession) throws -> Void,
        progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> Bool {
        try await AdvisoryLock.alone(configuration) { connection in
            let isMade = try await owner.run(connection) { try makeDetached(range, progress, $0) }
            try await owner.run(connection) { session in
                let table = LogPartition.detachedTable(range.first)
                try secure(table, range.first, range.last, session)
                let root = try root(of: table, range.first, range.last, progress, session) { _ in }
                try requireEqual(headers: LogPartition.headersTable(range.first), table, session)
                try isLog(root, session)
            }
            try await owner.run(connection) { try exchange(range, $0) }
            return isMade
        }
    }

    // MARK: Detaching

    /// Makes the table of headers, and returns the root of the tree that ends with the partition.
    func prepare(
        _ partition: LogPartition, _ connection: PostgresConnection, _ progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws -> Digest32 {
        let headers = LogPartition.headersTable(partition.first)
        return try await owner.run(connection) { session in
            let isThere = try session.hasTable(headers)
            if !isThere { try make(headers, session) }
            let root = try root(of: partition.table, partition.first, partition.last, progress, session) { events in
                if isThere { return }
                try EventRows.copy(events, into: "ledger.\(headers)", isFrozen: true, on: session) { event in
                    Array(PayloadReference(position: event.position, leafHash: event.leafHash).text.utf8)
                }
            }
            if !isThere { try index(headers, session) }
            try secure(headers, partition.first, partition.last, session)
            // One from an earlier run may be anything.
            try requireEqual(headers: headers, partition.table, session)
            return root
        }
    }

    private func exchange(_ partition: LogPartition, _ copies: [String], _ connection: PostgresConnection) async throws {
        try await owner.run(connection) { session in
            try lock(session)
            guard try LogPartition.all(session).contains(partition) else {
                throw LedgerError.unsafePartitions(problem: "ledger.\(partition.table) is no partition of the log any more")
            }
            try replace(
                partition.table, renamed: LogPartition.detachedTable(partition.first), by: LogPartition.headersTable(partition.first),
                partition.first, partition.last, session)
            _ = try session.execute(
                """
                INSERT INTO ledger.archives (first_position, last_position, copies, detached_at)
                VALUES ($1, $2, $3, clock_timestamp())
                """, [.int8(partition.first), .int8(partition.last), .textArray(copies)])
            try requireGuarded(session)
        }
    }

    // MARK: Attaching

    /// Makes the table of a detached range if it is gone.
    private func makeDetached(
        _ range: ArchivedRange, _ progress: @escaping @Sendable (Int64) -> Void, _ session: PostgresSession
    ) throws -> Bool {
        let table = LogPartition.detachedTable(range.first)
        if try session.hasTable(table) { return false }
        try make(table, session)
        _ = try root(of: LogPartition.headersTable(range.first), range.first, range.last, progress, session) { events in
            try EventRows.copy(events, into: "ledger.\(table)", isFrozen: true, on: session)
        }
        try index(table, session)
        try secure(table, range.first, range.last, session)
        return true
    }

    private func exchange(_ range: ArchivedRange, _ session: PostgresSession) throws {
        try lock(session)
        guard try ArchivedRange.all(session).contains(range) else {
            throw LedgerError.unsafePartitions(problem: "the range from position \(range.first) on is not detached any more")
        }
        let (headers, table) = (LogPartition.headersTable(range.first), "events_\(range.first)")
        try session.executeScript("ALTER TABLE ledger.\(LogPartition.detachedTable(range.first)) RENAME TO \(table)")
        try replace(headers, renamed: nil, by: table, range.first, range.last, session)
        try session.executeScript("ALTER TABLE ledger.\(table) DROP CONSTRAINT partition_range")
        _ = try session.execute(
            "UPDATE ledger.archives SET attached_at = clock_timestamp() WHERE first_position = $1 AND attached_at IS NULL",
            [.int8(range.first)])
        try requireGuarded(session)
    }

    // MARK: Both

    /// Appends and reads wait. An append locks the head first.
    private func lock(_ session: PostgresSession) throws {
        try LogReader().lockHead(session)
        try session.executeScript("LOCK TABLE ledger.events IN ACCESS EXCLUSIVE MODE")
    }

    private func replace(
        _ old: String, renamed name: String?, by new: String, _ first: Int64, _ last: Int64, _ session: PostgresSession
    ) throws {
        try session.executeScript("ALTER TABLE ledger.events DETACH PARTITION ledger.\(old)")
        if let name { try session.executeScript("ALTER TABLE ledger.\(old) RENAME TO \(name)") }
        try session.executeScript(
            "ALTER TABLE ledger.events ATTACH PARTITION ledger.\(new) FOR VALUES FROM (\(first)) TO (\(last + 1))")
    }

    /// The exchange is undone where the log would not be what a program that starts expects.
    private func requireGuarded(_ session: PostgresSession) throws {
        if let fault = try PartitionVerifier(names).findings(session).first {
            throw LedgerError.unsafePartitions(problem: "\(fault.subject): \(fault.problem)")
        }
    }

    private func make(_ table: String, _ session: PostgresSession) throws {
        try session.executeScript("CREATE TABLE ledger.\(table) (LIKE ledger.events INCLUDING ALL EXCLUDING INDEXES)")
    }

    /// A partition's own indexes. The server names them, because a table that was renamed keeps the names of its own. Plans go by the
    /// statistics from the first read on.
    private func index(_ table: String, _ session: PostgresSession) throws {
        try session.executeScript(
            """
            ALTER TABLE ledger.\(table) ADD PRIMARY KEY (position), ADD UNIQUE (stream, stream_version);
            ANALYZE ledger.\(table)
            """)
    }

    /// The guard against changes, and the range as a constraint, which later spares the scan under a lock.
    private func secure(_ table: String, _ first: Int64, _ last: Int64, _ session: PostgresSession) throws {
        try session.executeScript(
            """
            CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.\(table)
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
            ALTER TABLE ledger.\(table) ENABLE ALWAYS TRIGGER append_only;
            ALTER TABLE ledger.\(table) DROP CONSTRAINT IF EXISTS partition_range,
                ADD CONSTRAINT partition_range CHECK (position >= \(first) AND position <= \(last))
            """)
    }

    /// Reads the events of a range from a table, hashes them anew, and returns the root of the tree that ends with them. Throws
    /// `LedgerError.corrupt` for an event that is missing or does not match its hash.
    private func root(
        of table: String, _ first: Int64, _ last: Int64, _ progress: (Int64) -> Void, _ session: PostgresSession,
        _ body: ([RecordedEvent]) throws -> Void
    ) throws -> Digest32 {
        guard var tree = MerkleFrontier(size: first - 1, peaks: try LogReader().peaks(at: first - 1, session)) else {
            throw LedgerError.corrupt(position: first, problem: "the stored tree nodes do not make a tree of this size")
        }
        var leaf = LeafBuffer()
        let payloads = ArchivedPayloads(session)
        while tree.size < last {
            let end = min(tree.size + Self.readAtOnce, last)
            let events = try session.execute(
                "SELECT \(LogReader.columns) FROM ledger.\(table) WHERE position > $1 AND position <= $2 ORDER BY position",
                [.int8(tree.size), .int8(end)]
            ).map(payloads.event)
            for event in events {
                event.withBytes { leaf.fill($0) }
                guard event.position == tree.size + 1, leaf.hash == event.leafHash else {
                    throw LedgerError.corrupt(position: tree.size + 1, problem: "ledger.\(table) does not have the event of its leaf hash")
                }
                tree.append(event.leafHash)
            }
            guard tree.size == end else {
                throw LedgerError.corrupt(position: tree.size + 1, problem: "ledger.\(table) does not have the event")
            }
            try body(events)
            progress(end)
        }
        return tree.root
    }

    /// Throws `PartitionError.differs` unless a table has exactly the headers of another one's events.
    private func requireEqual(headers: String, _ table: String, _ session: PostgresSession) throws {
        let columns = [
            "position", "event_id", "stream", "stream_version", "type", "schema_version", "recorded_at", "effective_at", "run_id",
            "leaf_hash",
        ]
        let found = try session.execute(
            """
            SELECT coalesce(e.position, h.position) FROM ledger.\(table) e FULL JOIN ledger.\(headers) h ON h.position = e.position
            WHERE (\(columns.map { "h.\($0)" }.joined(separator: ", ")), h.payload)
                IS DISTINCT FROM (\(columns.map { "e.\($0)" }.joined(separator: ", ")), \(PayloadReference.ofRow("e")))
            ORDER BY 1 LIMIT 1
            """)
        guard let row = found.first else { return }
        throw PartitionError.differs(["position \(try row.int8(0)): ledger.\(headers) does not have the header of ledger.\(table)"])
    }
}
