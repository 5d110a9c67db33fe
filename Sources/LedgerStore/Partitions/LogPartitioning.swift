import LedgerEvents
package import LedgerPostgres
package import LedgerProjections

/// Divides the table of the log into partitions by position while others read and append.
///
/// Each step is a transaction of its own and may be repeated, so a run that is killed is continued by the next one. The table
/// becomes the first partition, as it is: no row is written. What needs a lock that readers hold waits for 2 s at most and is
/// tried again, because everybody who comes later waits behind it.
package struct LogPartitioning: Sendable {
    private let configuration: PostgresConfiguration
    private let names: LedgerNames
    private let size: Int64
    private let owner: OwnerTransactions

    private static let filledAtOnce: Int64 = 1 << 16

    /// - Parameters:
    ///   - configuration: of the user who migrates the ledger
    ///   - names: the names of the program
    ///   - size: the number of positions of a partition
    ///   - attempts: the number of times that a lock is asked for
    package init(_ configuration: PostgresConfiguration, _ names: LedgerNames, size: Int64, attempts: Int = 60) {
        precondition(size >= 2, "half of a partition is room for appends")
        self.configuration = configuration
        self.names = names
        self.size = size
        owner = OwnerTransactions(names: names, attempts: attempts)
    }

    /// Partitions the log, and returns its partitions. A log that is partitioned stays as it is.
    ///
    /// Throws `PartitionError`.
    ///
    /// - Parameter progress: the number of events whose identities are filled, of all that were there at the beginning
    package func run(progress: @Sendable (Int64, Int64) -> Void = { _, _ in }) async throws -> [LogPartition] {
        try await AdvisoryLock.alone(configuration) { connection in try await partition(connection, progress) }
    }

    private func partition(
        _ connection: PostgresConnection, _ progress: @Sendable (Int64, Int64) -> Void
    ) async throws -> [LogPartition] {
        let partitions = try await connection.run { try LogPartition.all($0) }
        if !partitions.isEmpty { return partitions }
        try await connection.run { try requireNoDependents($0) }
        let head = try await owner.run(connection) { try beginRecording($0) }
        try await fill(upTo: head, connection, progress)
        let differences = try await connection.run { session in
            try session.transaction(.snapshot) { try IdentityVerifier(isComplete: true).findings(session) }
        }
        if !differences.isEmpty { throw PartitionError.differs(differences.map(\.description)) }
        do {
            let boundary = try await owner.run(connection) { try addRange($0) }
            try await owner.run(connection) { session in
                try session.executeScript("ALTER TABLE ledger.events VALIDATE CONSTRAINT partition_range")
            }
            try await owner.run(connection) { try swap(boundary: boundary, $0) }
        } catch {
            // Appends would end at the boundary. A program that is killed here leaves it to the next run, one that is cancelled
            // does not.
            await Task {
                try? await owner.run(connection) { session in
                    let isThere = try session.execute(
                        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'ledger.events'::regclass AND conname = 'partition_range')"
                    )
                    if try isThere[0].bool(0) { try session.executeScript("ALTER TABLE ledger.events DROP CONSTRAINT partition_range") }
                }
            }.value
            throw error
        }
        return try await connection.run { try LogPartition.all($0) }
    }

    /// A plain view is made again over the partitioned table. Anything else would go on with the first partition, unnoticed.
    private func requireNoDependents(_ session: PostgresSession) throws {
        let found = try session.transaction(.snapshot) {
            // Names come with their schemas.
            try session.executeScript("SET LOCAL search_path = pg_catalog, pg_temp")
            return try session.execute(
                """
                SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
                FROM pg_depend d
                LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                LEFT JOIN pg_class v ON v.oid = r.ev_class
                LEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid
                WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = 'ledger.events'::regclass
                  AND c.conrelid IS DISTINCT FROM d.refobjid
                  AND (d.deptype = 'n' AND v.relkind IS DISTINCT FROM 'v' OR d.classid = 'pg_publication_rel'::regclass)
                ORDER BY 1
                """
            ).map { try $0.text(0) }
        }
        if !found.isEmpty { throw PartitionError.dependents(found) }
    }

    private static let recordIdentities = """
        CREATE OR REPLACE TRIGGER record_identities AFTER INSERT ON ledger.events REFERENCING NEW TABLE AS appended
            FOR EACH STATEMENT EXECUTE FUNCTION ledger.record_identities();
        ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER record_identities
        """

    /// Every event after the returned position is recorded as it is appended.
    private func beginRecording(_ session: PostgresSession) throws -> Int64 {
        try LogReader().lockHead(session)
        try session.executeScript(Self.recordIdentities)
        return try LogReader().head(session).position
    }

    private func fill(
        upTo head: Int64, _ connection: PostgresConnection, _ progress: @Sendable (Int64, Int64) -> Void
    ) async throws {
        var first: Int64 = 0
        while first < head {
            let range = [PostgresValue.int8(first), .int8(min(first + Self.filledAtOnce, head))]
            try await connection.run { session in
                try session.transaction {
                    try session.executeScript("SET LOCAL ROLE \(names.ownerRole)")
                    _ = try session.execute(
                        """
                        INSERT INTO ledger.identities (event_id, position, payload_digest)
                        SELECT event_id, position, sha256(convert_to(payload, 'UTF8')) FROM ledger.events
                        WHERE position > $1 AND position <= $2 ON CONFLICT DO NOTHING
                        """, range)
                    _ = try session.execute(
                        """
                        INSERT INTO ledger.stream_positions (stream, stream_version, position)
                        SELECT stream, stream_version, position FROM ledger.events
                        WHERE position > $1 AND position <= $2 ON CONFLICT DO NOTHING
                        """, range)
                }
            }
            first = min(first + Self.filledAtOnce, head)
            progress(first, head)
        }
    }

    /// Adds the range of the first partition as a constraint, which later spares the scan under a lock. The last position leaves
    /// room for half a partition of events that are appended until the table is a partition.
    private func addRange(_ session: PostgresSession) throws -> Int64 {
        let boundary = ((try LogReader().head(session).position + size / 2) / size + 1) * size
        try session.executeScript(
            """
            ALTER TABLE ledger.events DROP CONSTRAINT IF EXISTS partition_range;
            ALTER TABLE ledger.events ADD CONSTRAINT partition_range CHECK (position >= 1 AND position <= \(boundary)) NOT VALID
            """)
        return boundary
    }

    /// Puts a partitioned table in the place of the log's table, which becomes its first partition.
    private func swap(boundary: Int64, _ session: PostgresSession) throws {
        try session.executeScript("SET LOCAL search_path = pg_catalog, pg_temp")
        try LogReader().lockHead(session)
        let views = try viewsOfLog(session)
        // Whoever reads a view locks it before the log. So the views come first here too.
        try session.executeScript("RESET ROLE")
        for view in views { try session.executeScript(view.lock) }
        try session.executeScript("SET LOCAL ROLE \(names.ownerRole); LOCK TABLE ledger.events IN ACCESS EXCLUSIVE MODE")
        try session.executeScript(
            """
            ALTER TABLE ledger.events RENAME TO events_1;
            ALTER TABLE ledger.events_1 RENAME CONSTRAINT events_position TO events_1_position;
            ALTER TABLE ledger.events_1 RENAME CONSTRAINT events_stream TO events_1_stream;
            CREATE TABLE ledger.events (LIKE ledger.events_1 INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (position);
            ALTER TABLE ledger.events DROP CONSTRAINT partition_range, ADD CONSTRAINT events_position PRIMARY KEY (position);
            DROP TRIGGER record_identities ON ledger.events_1;
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
            ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only;
            \(Self.recordIdentities)
            """)
        try moveRights(session)
        try session.executeScript(
            """
            ALTER TABLE ledger.events ATTACH PARTITION ledger.events_1 FOR VALUES FROM (1) TO (\(boundary + 1));
            ALTER TABLE ledger.events_1 DROP CONSTRAINT partition_range, DROP CONSTRAINT events_event_id;
            SELECT ledger.add_partition(\(boundary + 1), \(boundary + size));
            SELECT ledger.make_room(\(try LogReader().head(session).position));
            CREATE OR REPLACE VIEW \(KnownEvents.event.name) AS \(KnownEvents.event.ofPartitions);
            CREATE OR REPLACE VIEW \(KnownEvents.stream.name) AS \(KnownEvents.stream.ofPartitions);
            RESET ROLE
            """)
        for view in views { try session.executeScript(view.definition) }
    }

    /// The views over the log's table: a statement that locks each and changes nothing, and one that makes it once more, over the
    /// table that then has the log's name.
    private func viewsOfLog(_ session: PostgresSession) throws -> [(lock: String, definition: String)] {
        try session.execute(
            """
            SELECT format('ALTER VIEW %s OWNER TO %s', v.oid::regclass, v.relowner::regrole),
                   format('CREATE OR REPLACE VIEW %s %s AS %s', v.oid::regclass,
                          'WITH (' || array_to_string(v.reloptions, ', ') || ')', pg_get_viewdef(v.oid))
            FROM pg_class v
            WHERE v.relkind = 'v' AND v.oid NOT IN (to_regclass($1), to_regclass($2)) AND EXISTS (
                SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
                WHERE d.classid = 'pg_rewrite'::regclass AND r.ev_class = v.oid
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = 'ledger.events'::regclass)
            ORDER BY v.oid
            """, [.text(KnownEvents.event.name), .text(KnownEvents.stream.name)]
        ).map { (try $0.text(0), try $0.text(1)) }
    }

    /// Whoever had rights on the log has them on the partitioned table, and nobody on the partition.
    private func moveRights(_ session: PostgresSession) throws {
        for row in try session.execute(
            """
            SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                   CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
            FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
            WHERE c.oid = 'ledger.events_1'::regclass AND a.grantee <> c.relowner
            """)
        {
            let (right, role) = (try row.text(0), try row.text(1))
            try session.executeScript(
                "GRANT \(right) ON ledger.events TO \(role)\(try row.text(2)); REVOKE \(right) ON ledger.events_1 FROM \(role) CASCADE")
        }
    }
}
