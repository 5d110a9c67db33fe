import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@Suite struct LogVerifierTests {
    struct Tampering: Sendable, CustomTestStringConvertible {
        let name: String
        let sql: String
        let position: Int64
        var testDescription: String { name }
    }

    static let tamperings = [
        Tampering(
            name: "a payload", sql: "UPDATE ledger.events SET payload = replace(payload, '12.5', '13.5') WHERE position = 17", position: 17),
        Tampering(name: "an event id", sql: "UPDATE ledger.events SET event_id = gen_random_uuid() WHERE position = 3", position: 3),
        Tampering(name: "a stream", sql: "UPDATE ledger.events SET stream = stream || 'x' WHERE position = 40", position: 40),
        Tampering(name: "a stream version", sql: "UPDATE ledger.events SET stream_version = 2 WHERE position = 5", position: 5),
        Tampering(name: "a type", sql: "UPDATE ledger.events SET type = 'AlphaExecutionUpdated' WHERE position = 6", position: 6),
        Tampering(name: "a schema version", sql: "UPDATE ledger.events SET schema_version = 2 WHERE position = 7", position: 7),
        Tampering(
            name: "the recording time",
            sql: "UPDATE ledger.events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 8", position: 8),
        Tampering(name: "the effective time", sql: "UPDATE ledger.events SET effective_at = NULL WHERE position = 9", position: 9),
        Tampering(name: "the run", sql: "UPDATE ledger.events SET run_id = gen_random_uuid() WHERE position = 10", position: 10),
        Tampering(name: "a leaf hash", sql: "UPDATE ledger.events SET leaf_hash = sha256('x') WHERE position = 11", position: 11),
        Tampering(name: "a removed row", sql: "DELETE FROM ledger.events WHERE position = 12", position: 12),
        Tampering(name: "a truncated tail", sql: "DELETE FROM ledger.events WHERE position > 90", position: 91),
        Tampering(
            name: "a tree node", sql: "UPDATE ledger.merkle_nodes SET hash = sha256('x') WHERE level = 2 AND index = 3", position: 16),
        Tampering(name: "a removed tree node", sql: "DELETE FROM ledger.merkle_nodes WHERE level = 1 AND index = 0", position: 2),
        Tampering(name: "the head's time", sql: "UPDATE ledger.head SET recorded_at = recorded_at + interval '1 s'", position: 100),
        Tampering(
            name: "an event behind the log's back",
            sql: """
                INSERT INTO ledger.events SELECT 101, gen_random_uuid(), 'x', 1, type, 1, recorded_at, NULL, run_id, payload, leaf_hash
                FROM ledger.events WHERE position = 100
                """, position: 101),
        Tampering(
            name: "two swapped rows",
            sql: """
                UPDATE ledger.events SET position = -20 WHERE position = 20; UPDATE ledger.events SET position = 20 WHERE position = 21;
                UPDATE ledger.events SET position = 21 WHERE position = -20
                """, position: 20),
    ]

    @Test(arguments: tamperings)
    func `altered history is found and its position named`(_ tampering: Tampering) async throws {
        try await withLedger { ledger in
            let events = try (0..<100).map { recorded(try sampleRow("T\($0)")) }
            try await ledger.log.append(events, runID: UniqueID(high: 1, low: 1))
            #expect(try await ledger.pool.run { try LogVerifier().verify($0) }.fault == nil)
            try await ledger.asSuperuser { session in
                // Constraints and triggers are out of the way, as they are for who owns the machine.
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER ALL; ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER ALL;
                    ALTER TABLE ledger.events DROP CONSTRAINT events_position_check
                    """)
                try session.executeScript(tampering.sql)
            }
            let fault = try await ledger.pool.run { try LogVerifier().verify($0) }.fault
            #expect(fault?.position == tampering.position, "\(fault?.problem ?? "nothing found")")
        }
    }

    @Test func `an empty log verifies`() async throws {
        try await withLedger { ledger in
            let verification = try await ledger.pool.run { try LogVerifier().verify($0) }
            #expect(verification.size == 0 && verification.fault == nil)
        }
    }
}
