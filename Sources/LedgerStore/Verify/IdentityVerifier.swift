import LedgerEvents
import LedgerPostgres
import LedgerValues

/// Compares `ledger.identities` and `ledger.stream_positions` with the log.
///
/// A partitioned log needs both tables complete. Before that they may lack events, because `db partition` fills them in steps, but
/// never say something else than the log.
struct IdentityVerifier {
    private let isComplete: Bool

    /// - Parameter isComplete: whether the tables must have every event
    init(isComplete: Bool) { self.isComplete = isComplete }

    private struct Table {
        let name: String
        let key: [String]
        /// The condition that a row says something else of its event.
        let differs: String
    }

    private static let tables = [
        Table(
            name: "ledger.identities", key: ["event_id", "position"],
            // The payloads of detached ranges are read afterwards.
            differs: "e.payload NOT LIKE '@%' AND t.payload_digest <> sha256(convert_to(e.payload, 'UTF8'))"),
        Table(name: "ledger.stream_positions", key: ["stream", "stream_version", "position"], differs: "false"),
    ]

    /// The first difference of each table, and of each detached range.
    func findings(_ session: PostgresSession) throws -> [AuditFinding] {
        try differences(session) + ArchivedRange.all(session).compactMap { try difference(in: $0, session) }
    }

    private static let readAtOnce: Int64 = 4_096

    /// The first payload of a detached range whose digest is not the recorded one.
    private func difference(in range: ArchivedRange, _ session: PostgresSession) throws -> AuditFinding? {
        let payloads = ArchivedPayloads(session)
        for first in stride(from: range.first - 1, to: range.last, by: Int(Self.readAtOnce)) {
            for row in try session.execute(
                """
                SELECT e.position, e.payload, t.payload_digest FROM ledger.events e JOIN ledger.identities t ON t.event_id = e.event_id
                WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position
                """, [.int8(first), .int8(min(first + Self.readAtOnce, range.last))])
            where try Digest32(sha256Of: try payloads.payload(try row.utf8(1))) != Digest32(stored: try row.bytea(2)) {
                return AuditFinding(
                    .fault, "ledger.identities", "position \(try row.int8(0)): the digest is not that of the event's payload")
            }
        }
        return nil
    }

    private func differences(_ session: PostgresSession) throws -> [AuditFinding] {
        try Self.tables.compactMap { table in
            // Most ledgers are not partitioned, and their tables are empty.
            if try !isComplete && session.execute("SELECT EXISTS (SELECT FROM \(table.name))")[0].bool(0) == false { return nil }
            let columns = table.key.map { "t.\($0) = e.\($0)" }.joined(separator: " AND ")
            let found = try session.execute(
                """
                SELECT coalesce(e.position, t.position), t.position IS NULL, e.position IS NULL
                FROM ledger.events e \(isComplete ? "FULL" : "RIGHT") JOIN \(table.name) t ON \(columns)
                WHERE t.position IS NULL OR e.position IS NULL OR \(table.differs)
                ORDER BY 1 LIMIT 1
                """)
            guard let row = found.first else { return nil }
            let problem =
                if try row.bool(1) {
                    "the event has no row, or another one"
                } else if try row.bool(2) {
                    "the log has no such event"
                } else {
                    "the digest is not that of the event's payload"
                }
            return AuditFinding(.fault, table.name, "position \(try row.int8(0)): \(problem)")
        }
    }
}
