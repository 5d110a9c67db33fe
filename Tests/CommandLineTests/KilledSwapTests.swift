import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import TestSupport
import Testing

/// `projection rebuild` killed between the moment when its tables take the place of others and the drop of those, with two
/// services live.
@Suite struct KilledSwapTests {
    @Test(.timeLimit(.minutes(4))) func `what a killed rebuild leaves is dropped by a live service`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                let catalog = ProjectionCatalog()
                try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: UniqueID(high: 6, low: 6))
                try await ledger.log.append([recorded(try sampleRow("A"))], runID: UniqueID(high: 6, low: 6))
                func served() async throws -> ProjectionVersion {
                    try #require(try await ledger.pool.run { try catalog.served("trades", $0) })
                }
                func exists(_ table: String) async throws -> Bool {
                    try await ledger.pool.run { session in
                        try session.execute("SELECT to_regclass($1) IS NOT NULL", [.text("projection.\(table)")])[0].bool(0)
                    }
                }
                let old = try await served().tableName
                let reader = try await OpenTransaction(
                    ledger.configuration, "SELECT count(*) FROM projection.trades; SELECT count(*) FROM projection.\(old)")
                let (rebuild, _, errors) = try program.start(["projection", "rebuild", "trades"])
                while try await served().tableName == old { try await Task.sleep(for: .milliseconds(5)) }
                // It waits a while for the reader.
                #expect(rebuild.isRunning, "\(Program.text(errors))")
                kill(rebuild.processIdentifier, SIGKILL)
                await Program.waitForExit(rebuild)
                #expect(try await exists(old))

                let services = try (0..<2).map { _ in try program.start(["serve", "--port", "0"]).process }
                try await ledger.log.append([recorded(try sampleRow("B"))], runID: UniqueID(high: 6, low: 6))
                let head = try await ledger.pool.run { try LogReader().head($0).position }
                while try await served().position < head { try await Task.sleep(for: .milliseconds(50)) }
                #expect(try await exists(old))
                try await reader.end()
                while try await exists(old) { try await Task.sleep(for: .milliseconds(50)) }
                let rows = try await ledger.pool.run { try $0.execute("SELECT count(*) FROM projection.trades")[0].int8(0) }
                #expect(rows == 2)
                let areRunning = services.allSatisfy { $0.isRunning }
                #expect(areRunning)
                for service in services {
                    kill(service.processIdentifier, SIGTERM)
                    await Program.waitForExit(service)
                }
                await ledger.close()
            }
        }
    }
}
