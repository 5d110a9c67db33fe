import LedgerPostgres
import LedgerProjections
import LedgerValues

/// The effect of a batch of events on one projection version.
struct VersionWrite: Sendable {
    let tables: VersionTables
    let lease: ProjectionLease
    /// The checkpoint before the batch.
    let from: Int64
    /// The checkpoint after it.
    let reached: Int64
    let changes: FoldChanges
    /// The event that stopped the version, if it can't fold an event; it stops before that event.
    var poison: PoisonEvent?

    fileprivate var parts: [(table: VersionTable, changes: VersionChanges)] {
        let rows = (tables.rows, changes.rows)
        return tables.facts.map { [($0, changes.facts), rows] } ?? [rows]
    }
}

/// Writes rows, history and checkpoints of projection versions at the same position, all or nothing.
enum FencedTransaction {
    /// Commits the writes in one transaction. It takes one round trip unless a table gets so many rows that COPY is
    /// cheaper.
    ///
    /// The transaction starts with the fence: an UPDATE of each checkpoint that names the lease's epoch and the old
    /// position, on a log that has the last leaf of what was folded. If the UPDATE misses one of the checkpoints, the
    /// transaction fails and nothing is written.
    ///
    /// Rows written from events that a failover lost need no fence. Tables and log share one server's WAL, so a standby
    /// that has the rows also has the events, which were committed before them.
    static func commit(_ writes: [VersionWrite], foldedUpTo leaf: ReadLeaf, _ session: PostgresSession) throws {
        let parts = writes.flatMap(\.parts)
        let isCopied = parts.contains { $0.table.isCopied($0.changes) }
        var statements = [(sql: "BEGIN", parameters: []), fence(writes, leaf)]
        for part in parts { statements += part.table.statements(part.changes) }
        // COMMIT goes along, so that a process that is stopped between two round trips holds no locks in the meantime.
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

    /// An UPDATE that must change exactly that many rows.
    ///
    /// For any other number the server raises an error, a division by zero. It then skips the statements after it in
    /// the same pipeline, including COMMIT.
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

    /// The problem behind a failed transaction of a version whose lease still holds, on a log that has what was folded.
    static func problem(_ error: any Error, _ write: VersionWrite) -> any Error {
        guard let failure = error as? PostgresError, failure.sqlState == .divisionByZero else { return error }
        return LedgerError.corrupt(
            position: write.reached, problem: "projection \(write.lease.name) has lost rows: rebuild it")
    }

    /// The fence, in the order of the writes, so that two processes never wait for each other's rows.
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
