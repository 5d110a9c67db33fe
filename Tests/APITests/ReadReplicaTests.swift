import API
import EmbeddedPostgres
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

/// Reads on a real streaming replica, made by `pg_basebackup` from the tests' server.
@Suite struct ReadReplicaTests {
    private func position(_ service: RunningService, _ target: String) async throws -> Int64? {
        let answer = try await service.ask(target)
        #expect(answer.status == 200, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
        let root = try answer.json()
        return root["position"]?.integer ?? root["ledger"]?["head_position"]?.integer
    }

    private func replay(_ command: String, _ replica: String) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: replica))
        try await connection.run { session in _ = try session.execute("SELECT \(command)") }
        await connection.close()
    }

    @Test func `reads go to the replica once it has what they ask for, and never back behind what was shown`() async throws {
        try await withReplica { primary, replica in
            let settings = try Settings(environment: ledgerEnvironment(primary, ["DATABASE_READ_URL": replica]))
            let ledger = try await Ledger.open(settings, Resources(root: projectRoot), migration: .always, logger: quiet)
            // Another program that appends to the same ledger: what it does this service has not shown.
            let other = try LedgerDatabase(uri: primary)
            let service = try LedgerService(ledger, host: "127.0.0.1", port: 0, runsProjectors: true, logger: quiet)
            try await run(service) { port in
                let service = RunningService(ledger: ledger, port: port)
                try await other.log.append([recorded(try sampleRow("a"))], runID: ledger.newID())
                for _ in 0..<1500 {
                    if await ledger.replica?.current()?.served["trades"]?.position == activations + 1 { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await position(service, "/api/ledger/head") == activations + 1)
                #expect(try await position(service, "/api/internal/trades") == activations + 1)
                try await replay("pg_wal_replay_pause()", replica)
                try await other.log.append([recorded(try sampleRow("b"))], runID: ledger.newID())
                // The replica stands still, and its answers say where.
                #expect(try await position(service, "/api/ledger/head") == activations + 1)
                #expect(try await position(service, "/api/internal/trades?limit=7") == activations + 1)
                let ready = try await service.ask("/readyz").json()
                #expect(ready["replica"]?["position"]?.integer == activations + 1 && ready["replica"]?["state"]?.string == "ready")
                // What it has not replayed comes from the primary, and then nothing goes back.
                var asked = try await service.ask("/api/internal/trades?as_of_position=\(activations + 2)")
                for _ in 0..<20 where asked.status == 503 {
                    asked = try await service.ask("/api/internal/trades?as_of_position=\(activations + 2)")
                }
                #expect(try asked.json()["rows"]?.count == 2)
                #expect(try await service.ask("/api/ledger/events/\(activations + 2)").status == 200)
                #expect(try await position(service, "/api/ledger/head") == activations + 2)
                try await ledger.log.append([recorded(try sampleRow("c"))], runID: ledger.newID())
                #expect(try await position(service, "/api/ledger/head") == activations + 3)
                try await replay("pg_wal_replay_resume()", replica)
                var position: Int64?
                for _ in 0..<600 where position != activations + 3 {
                    position = try await service.ask("/readyz").json()["replica"]?["position"]?.integer
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(position == activations + 3)
                // The trades' projector follows the log at its own pace.
                var rows: Int?
                for _ in 0..<600 where rows != 3 {
                    rows = try await service.ask("/api/internal/trades?limit=9").json()["rows"]?.count
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(rows == 3)
            }
            await other.close()
            await ledger.close()
        }
    }

    @Test func `a replica that can't be reached costs no answer`() async throws {
        let settings = ["DATABASE_READ_URL": "postgresql:///none?host=/nonexistent"]
        try await withService(settings, projectors: false) { service in
            #expect(try await position(service, "/api/ledger/head") == activations)
            let ready = try await service.ask("/readyz")
            #expect(ready.status == 200)
            #expect(try ready.json()["replica"]?["state"]?.string == "unreachable")
        }
    }
}
