import Events
import Postgres
@testable import PostgresStore
import Projections
import Synchronization
import TestSupport
import Testing
import Values

/// Stops a rebuild as if its process had been killed.
private struct Killed: Error {}

@Suite struct RebuildTests {
    private let run = UniqueID(high: 7, low: 7)
    private let catalog = ProjectionCatalog()

    /// Every row of every version's tables, history and facts included, by projection: what a rebuild must equal.
    private func contents(_ ledger: LedgerDatabase) async throws -> [String: [String]] {
        try await ledger.pool.run { session in
            var contents: [String: [String]] = [:]
            for version in try catalog.versions(session) {
                let definition = try #require(ledger.registry.definition(version.name, version: version.version))
                for table in [version.table] + (definition.rowsAreFacts ? [] : [version.factsTable]) {
                    let rows = try session.execute("SELECT t::text FROM \(table) t ORDER BY t::text COLLATE \"C\"")
                    contents[version.name, default: ["position \(version.position)"]] += try rows.map { try $0.text(0) }
                }
            }
            return contents
        }
    }

    private func catchUp(_ ledger: LedgerDatabase, batchSize: Int) async throws {
        for definition in ledger.registry.definitions {
            _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "live", batchSize: batchSize).catchUp()
        }
    }

    private func rebuild(
        _ ledger: LedgerDatabase, _ owner: String = "rebuild", _ options: ProjectionRebuild.Options = .init()
    ) async throws -> [ProjectionRebuild.Built] {
        try await ProjectionRebuild(ledger.registry.definitions, ledger.configuration, owner: owner, options: options).run()
    }

    private func expectSame(
        _ found: [String: [String]], _ expected: [String: [String]], _ what: String
    ) {
        for (name, rows) in expected where found[name] != rows {
            let missing = rows.filter { !(found[name] ?? []).contains($0) }
            let added = (found[name] ?? []).filter { !rows.contains($0) }
            Issue.record("\(what): \(name) differs; missing \(missing.prefix(2)), added \(added.prefix(2))")
        }
        #expect(found.count == expected.count)
    }

    /// Any worker count, chunk and write size, killed at any write and taken up again while the log grows and the old
    /// tables are followed: rows, history and facts are those of the live fold.
    @Test(arguments: 0..<8)
    func aRebuildEqualsTheLiveFoldHoweverItIsCutAndKilled(batch: UInt64) async throws {
        try await withLedger { ledger in
            let seedsPerBatch: UInt64 = 6
            for seed in batch * seedsPerBatch..<(batch + 1) * seedsPerBatch {
                try await ledger.empty()
                try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
                var random = SeededGenerator(seed: seed)
                var history = RandomTradeLog(seed: seed, trades: Int.random(in: 1...9, using: &random))
                try await ledger.log.append(try history.events(Int.random(in: 0...60, using: &random)), runID: run)

                var isDone = false
                while !isDone {
                    try await catchUp(ledger, batchSize: Int.random(in: 1...30, using: &random))
                    var options = ProjectionRebuild.Options(workers: Int.random(in: 1...4, using: &random))
                    options.chunkSize = Int64.random(in: 1...40, using: &random)
                    options.flushByteCount = Int.random(in: 0...30_000, using: &random)
                    options.recentByteCount = Int.random(in: 0...20_000, using: &random)
                    let lastWrite = Int.random(in: 0...40, using: &random)
                    options.beforeWrite = { if $0 == lastWrite { throw Killed() } }
                    let expected = try await contents(ledger)
                    do {
                        let built = try await rebuild(ledger, "rebuild-\(seed)", options)
                        #expect(built.count == ledger.registry.names.count)
                        expectSame(try await contents(ledger), expected, "seed \(seed)")
                        isDone = true
                    } catch is Killed {
                        // What is read and followed is as it was.
                        let versions = try await ledger.pool.run { try catalog.versions($0) }
                        #expect(versions.allSatisfy { $0.state == .ready })
                        try await ledger.log.append(try history.events(Int.random(in: 0...8, using: &random)), runID: run)
                    }
                }
                // The new tables are followed as the old ones were.
                try await ledger.log.append(try history.events(10), runID: run)
                try await catchUp(ledger, batchSize: 7)
                let verified = try await ledger.pool.run { session in
                    try catalog.versions(session).map { version in
                        let definition = try #require(ledger.registry.definition(version.name, version: version.version))
                        return try ProjectionVerifier(definition, version: version).verify(session).matches
                    }
                }
                #expect(verified.allSatisfy { $0 }, "seed \(seed)")
            }
        }
    }
}
