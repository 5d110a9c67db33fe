import Postgres
import Projections
import Values

/// What a batch of events did to one projection version.
struct VersionWrite: Sendable {
    let tables: VersionTables
    let lease: ProjectionLease
    /// The checkpoint before the batch.
    let from: Int64
    /// The checkpoint after it.
    let reached: Int64
    let changes: FoldChanges
    /// Set where the version stops before an event that it can't fold.
    var poison: PoisonEvent?

    fileprivate var parts: [(table: VersionTable, changes: VersionChanges)] {
        let rows = (tables.rows, changes.rows)
        return tables.facts.map { [($0, changes.facts), rows] } ?? [rows]
    }
}

/// Writes rows, history and checkpoints of projection versions that stand at the same position: all or nothing.
enum FencedTransaction {
    /// One transaction, in one round trip where no table gets so many rows that COPY is the cheaper way in.
    ///
    /// It opens with the fence: an UPDATE of each checkpoint that names the lease's epoch and the old position, on a log that
    /// has the last leaf of what was folded. Where it does not find every one of them, the transaction fails and nothing is
    /// written.
    ///
    /// What was written from events that a failover lost needs no fence: tables and log are of one server's WAL, so that a
    /// standby which has the rows has the events, committed before them.
    static func commit(_ writes: [VersionWrite], foldedUpTo leaf: ReadLeaf, _ session: PostgresSession) throws {
        let parts = writes.flatMap(\.parts)
        let isCopied = parts.contains { $0.table.isCopied($0.changes) }
        var statements = [(sql: "BEGIN", parameters: []), fence(writes, leaf)]
        for part in parts { statements += part.table.statements(part.changes) }
        // Sent along, so that a process that is stopped between two round trips holds no locks meanwhile.
        if !isCopied { statements.append((sql: "COMMIT", parameters: [])) }
        do {
            _ = try session.pipeline(statements)
            if !isCopied { return }
            for part in parts { try part.table.copy(part.changes, session) }
            _ = try session.execute("COMMIT")
        } catch {
            // The session may be gone; then there is nothing to roll back.
            try? session.executeScript("ROLLBACK")
            throw error
        }
    }

    /// An UPDATE that must change exactly so many rows.
    ///
    /// The server itself finds another number to be an error, a division by zero: what is sent behind it in the same
    /// pipeline, COMMIT included, is skipped.
    static func changing(
        exactly count: Int, _ update: String, _ parameters: [PostgresValue]
    ) -> (sql: String, parameters: [PostgresValue]) {
        (
            sql: """
                WITH changed AS (\(update) RETURNING 1)
                SELECT 1 / (count(*) = $\(parameters.count + 1)::bigint)::int FROM changed
                """, parameters: parameters + [.int8(Int64(count))]
        )
    }

    /// What a failed transaction says of a version whose lease still holds, on a log that has what was folded.
    static func problem(_ error: any Error, _ write: VersionWrite) -> any Error {
        guard let failure = error as? PostgresError, failure.sqlState == .divisionByZero else { return error }
        return LedgerError.corrupt(
            position: write.reached, problem: "projection \(write.lease.name) has lost rows: rebuild it")
    }

    /// In the order of the writes, so that two processes never wait for each other's rows.
    private static func fence(
        _ writes: [VersionWrite], _ leaf: ReadLeaf
    ) -> (sql: String, parameters: [PostgresValue]) {
        let leases = writes.map(\.lease)
        return changing(
            exactly: writes.count,
            """
            UPDATE ledger.projection_versions v
            SET position = k.reached, poison_position = k.poison_position, poison_error = k.poison_error,
                lease_expires_at = clock_timestamp() + interval '\(ProjectionLease.duration)'
            FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
                        $8::bigint[], $9::text[])
                AS k (name, version, code_version, epoch, owner, start, reached, poison_position, poison_error)
            WHERE v.name = k.name AND v.version = k.version AND v.code_version = k.code_version
              AND v.epoch = k.epoch AND v.lease_owner = k.owner AND v.position = k.start
              AND \(ReadLeaf.isThere(position: "$10", hash: "$11"))
            """,
            [
                .textArray(leases.map(\.name)), .textArray(leases.map(\.version)),
                .int4Array(leases.map { Int32($0.codeVersion) }), .int8Array(leases.map(\.epoch)),
                .textArray(leases.map(\.owner)), .int8Array(writes.map(\.from)), .int8Array(writes.map(\.reached)),
                .nullableInt8Array(writes.map { $0.poison?.position }),
                .nullableTextArray(writes.map { $0.poison?.problem }),
            ] + leaf.parameters)
    }
}
