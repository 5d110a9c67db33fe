import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerValues

@testable import LedgerStore

/// Puts another history in the place of a log's tail, as a failover that lost it or a restored database does.
struct SwappedHistory {
    /// A superuser's, on a ledger that is ``prepare(_:)``d.
    let session: PostgresSession

    /// Takes what protects the log out of the way, as who owns the machine can.
    static func prepare(_ session: PostgresSession) throws {
        try session.executeScript(
            """
            ALTER TABLE ledger.events DISABLE TRIGGER ALL; ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER ALL;
            SET synchronous_commit = off; SET enable_seqscan = off
            """)
    }

    /// Cuts the log after a position.
    func cut(after position: Int64) throws {
        _ = try session.pipeline(
            [(sql: "BEGIN", parameters: [])] + cutting(after: position) + [
                (
                    sql: """
                    UPDATE ledger.head SET position = $1,
                        recorded_at = (SELECT recorded_at FROM ledger.events WHERE position = $1)
                    """, parameters: [.int8(position)]
                ),
                (sql: "COMMIT", parameters: []),
            ])
    }

    /// Puts other events at the positions after one, each recorded when the one before it at that place was: head and times
    /// are what they were, and nothing else is.
    func replace(after position: Int64, _ make: (Int64) throws -> NewEvent) throws {
        let old = try LogReader().events(after: position, limit: 1_000, session)
        var tree = try MerkleFrontier.stored(size: position, session)
        var nodes = NodeRows()
        var statements = [(sql: "BEGIN", parameters: [PostgresValue]())] + cutting(after: position)
        for event in old {
            let new = try make(event.position)
            let hash = MerkleHash.leaf(
                RecordedEvent.leafBytes(
                    position: event.position, eventID: new.eventID, stream: new.stream, streamVersion: 1,
                    type: new.type.rawValue, schemaVersion: new.schemaVersion, recordedAt: event.recordedAt,
                    effectiveAt: new.effectiveAt, runID: event.runID, payload: new.payload))
            tree.append(hash) { nodes.append($0, $1, $2) }
            let placed = AppendPlan.Placed(request: 0, event: new, position: event.position, streamVersion: 1)
            statements.append(
                EventRows.statement(
                    [EventRows.Row(placed: placed, runID: event.runID, hash: hash)], recordedAt: event.recordedAt))
        }
        _ = try session.pipeline(statements + nodes.statements + [(sql: "COMMIT", parameters: [])])
    }

    private func cutting(after position: Int64) -> [(sql: String, parameters: [PostgresValue])] {
        [
            (sql: "SELECT FROM ledger.head FOR UPDATE", parameters: []),
            (sql: "DELETE FROM ledger.events WHERE position > $1", parameters: [.int8(position)]),
            (sql: "DELETE FROM ledger.merkle_nodes WHERE (index + 1) << level > $1", parameters: [.int8(position)]),
        ]
    }
}
