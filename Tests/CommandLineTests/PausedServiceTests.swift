import Foundation
import LedgerEvents
import LedgerProjections
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@Suite struct PausedServiceTests {
    private let run = UniqueID(high: 5, low: 5)

    /// A service is stopped for longer than its leases hold while events come in; another takes them over, and the first
    /// writes nothing when it wakes.
    @Test(.timeLimit(.minutes(4))) func `a service paused past its lease writes nothing when it wakes`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                let (first, _, firstErrors) = try program.start(["serve", "--port", "0"])
                try await until("the first holds all leases") { try await holdsAll(first, ledger) }
                let (second, _, _) = try program.start(["serve", "--port", "0"])

                let row = try sampleRow("A")
                try await ledger.log.append([recorded(row)], runID: run)
                var changes = 0
                func change(_ count: Int) async throws {
                    for _ in 0..<count {
                        changes += 1
                        let next = try sampleRow("A", updatedAt: changes, quantity: 1 + changes % 7)
                        let last = try sampleRow("A", updatedAt: changes - 1, quantity: changes == 1 ? 10 : 1 + (changes - 1) % 7)
                        try await ledger.log.append([updated(next, from: last, previous: Int64(changes))], runID: run)
                    }
                }
                try await change(40)
                // In the middle of whatever it does: its transactions, its leases' renewal, its waiting.
                kill(first.processIdentifier, SIGSTOP)
                try await change(40)
                try await until("the second takes over") { try await holdsAll(second, ledger) }
                let epochs = try await ledger.pool.run { try ProjectionCatalog().versions($0) }.map(\.epoch)
                kill(first.processIdentifier, SIGCONT)
                try await change(40)
                let lost = "the lease went to another process"
                try await until("the first notices") { Program.text(firstErrors).contains(lost) }

                let head = try await ledger.pool.run { try LogReader().head($0).position }
                try await until("all is folded") {
                    try await ledger.pool.run { try ProjectionCatalog().versions($0) }.allSatisfy { $0.position == head }
                }
                #expect(first.isRunning && second.isRunning)
                // Nobody has taken a lease since, and every version is as a fold from zero.
                let versions = try await ledger.pool.run { try ProjectionCatalog().versions($0) }
                #expect(versions.map(\.epoch) == epochs)
                #expect(try await holdsAll(second, ledger))
                for version in versions {
                    let definition = try #require(ledger.registry.firstDefinition(version.name))
                    let verification = try await ledger.pool.run {
                        try ProjectionVerifier(definition, version: version).verify($0)
                    }
                    #expect(verification.matches, "\(version.name)")
                }
                // The one that is left takes over at once from one that ends in order.
                kill(second.processIdentifier, SIGTERM)
                await Program.waitForExit(second)
                try await until("the first takes over") { try await holdsAll(first, ledger) }
                kill(first.processIdentifier, SIGTERM)
                await Program.waitForExit(first)
                #expect(try await owners(ledger) == ["nobody"])
                await ledger.close()
            }
        }
    }
}
