import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

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
                let definition = try #require(ledger.registry.definition(of: version))
                for table in [version.table] + (definition.rowsAreFacts ? [] : [version.factsTable]) {
                    let rows = try session.execute("SELECT t::text FROM \(table) t ORDER BY t::text COLLATE \"C\"")
                    contents[version.name, default: ["position \(version.position)"]] += try rows.map { try $0.text(0) }
                }
            }
            return contents
        }
    }

    private func catchUp(_ ledger: LedgerDatabase, batchSize: Int) async throws {
        for definition in ledger.registry.firstDefinitions {
            _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "live", batchSize: batchSize).catchUp()
        }
    }

    private func rebuild(
        _ ledger: LedgerDatabase, _ owner: String = "rebuild", _ options: ProjectionRebuild.Options = .init()
    ) async throws -> [ProjectionRebuild.Built] {
        try await ProjectionRebuild(ledger.registry.firstDefinitions, ledger.configuration, owner: owner, options: options).run()
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

    /// A version that does not exist yet, built beside the served one: nobody sees it before it is whole.
    @Test func `a new version is invisible until it is whole and leaves no trace where it is dropped`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            var history = RandomTradeLog(seed: 5, trades: 6)
            try await ledger.log.append(try history.events(80), runID: run)
            let second = try #require(try registryWithSecondAlignment().newestDefinition("alignment", version: "v2"))
            func rebuild(stoppingAt write: Int?) async throws {
                var options = ProjectionRebuild.Options()
                options.chunkSize = 10
                options.flushByteCount = 0
                options.pendingByteCount = 0
                if let write { options.beforeWrite = { if $0 == write { throw Killed() } } }
                _ = try await ProjectionRebuild([second], ledger.configuration, owner: "r", options: options).run()
            }
            func version() async throws -> ProjectionVersion? {
                try await ledger.pool.run { try catalog.version(of: second.identity, $0) }
            }
            await #expect(throws: Killed.self) { try await rebuild(stoppingAt: 3) }
            let stopped = try #require(try await version())
            #expect(stopped.state == .building && stopped.leaseOwner == nil && !stopped.isServed)
            let progress = try #require(stopped.rebuild).position
            #expect(progress > 0 && progress < 87)
            #expect(try await ProjectionFollower(second, pool: ledger.pool, owner: "live").catchUp() == nil)

            try await ledger.pool.run { try catalog.drop(stopped, $0) }
            #expect(try await version() == nil)
            let tables = try await ledger.pool.run { session in
                try session.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'alignment%'")[0].int8(0)
            }
            #expect(tables == 2)

            await #expect(throws: Killed.self) { try await rebuild(stoppingAt: 2) }
            try await rebuild(stoppingAt: nil)
            let built = try #require(try await version())
            #expect(built.state == .ready && built.rebuild == nil)
            #expect(built.position == Int64(ledger.registry.names.count + 80))
            let indexes = try await ledger.pool.run { session in
                try session.execute("SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'alignment_v2_c1%'")[0].int8(0)
            }
            #expect(indexes == 4)
            let verification = try await ledger.pool.run { try ProjectionVerifier(second, version: built).verify($0) }
            #expect(verification.matches && verification.rows > 0)
            #expect(try await ledger.pool.run { try catalog.served("alignment", $0) }?.version == "v1")
        }
    }

    private func registryWithSecondAlignment() throws -> ProjectionRegistry {
        let own = try projectRegistry().definitions.flatMap(\.identity.rules).map(\.path)
        let files = own + ["alignment/rules.v2.yaml"]
        return try ProjectionRegistry(TradeLedger.model, files: files) { path in
            if path != "alignment/rules.v2.yaml" { return projectRuleFile(path) }
            guard let first = projectRuleFile("alignment/rules.v1.yaml") else { return nil }
            return Array(String(decoding: first, as: UTF8.self).replacing("\nversion: 1\n", with: "\nversion: 2\n").utf8)
        }
    }

    @Test func `a version that somebody else writes is not rebuilt`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            let (lease, _) = try #require(
                try await ledger.pool.run {
                    try ProjectionLease.acquire("trades", "v1", codeVersion: 1, owner: "live", $0)
                })
            // On a busy machine the test may take longer than a lease lasts.
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp() + interval '1 hour' WHERE name = 'trades'")
            }
            await #expect(throws: LedgerError.versionHeld(projection: "trades", version: "v1/c1", owner: "live")) {
                _ = try await rebuild(ledger)
            }
            // What was taken before is given back.
            let versions = try await ledger.pool.run { try catalog.versions($0) }
            #expect(versions.compactMap(\.leaseOwner) == ["live"])
            try await ledger.pool.run { try lease.release($0) }
            #expect(try await rebuild(ledger).count == ledger.registry.names.count)
        }
    }

    /// Of several versions: what was begun for the others goes, and what an earlier rebuild had left stays.
    @Test func `a rebuild that is refused leaves what it found`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            var history = RandomTradeLog(seed: 6, trades: 6)
            try await ledger.log.append(try history.events(80), runID: run)
            let second = try #require(try registryWithSecondAlignment().newestDefinition("alignment", version: "v2"))
            let context = try #require(ledger.registry.firstDefinition("context"))
            let trades = try #require(ledger.registry.firstDefinition("trades"))
            _ = try #require(
                try await ledger.pool.run {
                    try ProjectionLease.acquire("trades", "v1", codeVersion: 1, owner: "live", $0)
                })
            // On a busy machine the test may take longer than a lease lasts.
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp() + interval '1 hour' WHERE name = 'trades'")
            }
            func expectRefusal(_ definitions: [ProjectionDefinition]) async throws {
                let before = try await traces(ledger)
                await #expect(throws: LedgerError.versionHeld(projection: "trades", version: "v1/c1", owner: "live")) {
                    _ = try await ProjectionRebuild(definitions, ledger.configuration, owner: "r").run()
                }
                #expect(try await traces(ledger) == before)
            }
            // One that was not there, and one that is served.
            try await expectRefusal([second, context, trades])
            #expect(try await ledger.pool.run { try catalog.version(of: second.identity, $0) } == nil)
            for stop in [0, 2] {
                var options = ProjectionRebuild.Options()
                options.chunkSize = 10
                options.flushByteCount = 0
                options.pendingByteCount = 0
                options.beforeWrite = { if $0 == stop { throw Killed() } }
                let killed = options
                await #expect(throws: Killed.self) {
                    _ = try await ProjectionRebuild([second], ledger.configuration, owner: "k", options: killed).run()
                }
                let left = try await ledger.pool.run { try catalog.version(of: second.identity, $0)?.rebuild }
                #expect(left.map { $0.position > 0 } == (stop > 0))
                try await expectRefusal([context, second, trades])
            }
        }
    }

    /// Names and identities of all tables and indexes, with the catalog.
    private func traces(_ ledger: LedgerDatabase) async throws -> [String] {
        try await ledger.pool.run { session in
            try session.execute(
                """
                SELECT 'table ' || oid || relname FROM pg_class WHERE relnamespace = 'projection'::regnamespace
                UNION ALL
                SELECT concat_ws(' ', name, version, code_version, table_name, position, state, lease_owner,
                                 rebuild_table, rebuild_position) FROM ledger.projection_versions
                ORDER BY 1
                """
            ).map { try $0.text(0) }
        }
    }

    /// One that slept past its lease, while another took over and finished, changes nothing.
    @Test func `a rebuild that slept past its lease writes nothing`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            var history = RandomTradeLog(seed: 3, trades: 4)
            try await ledger.log.append(try history.events(60), runID: run)
            try await catchUp(ledger, batchSize: 100)
            let expected = try await contents(ledger)
            var options = ProjectionRebuild.Options()
            options.chunkSize = 8
            options.flushByteCount = 0
            options.pendingByteCount = 0
            options.beforeWrite = { write in
                if write != 9 { return }
                try await ledger.pool.run { session in
                    try session.executeScript(
                        "UPDATE ledger.projection_versions SET lease_owner = NULL, lease_expires_at = NULL")
                }
                _ = try await rebuild(ledger, "second")
            }
            await #expect {
                _ = try await rebuild(ledger, "first", options)
            } throws: { error in
                if case LedgerError.leaseLost = error { true } else { false }
            }
            expectSame(try await contents(ledger), expected, "after the sleeper woke")
            #expect(try await ledger.pool.run { try catalog.versions($0) }.allSatisfy { $0.rebuild == nil })
        }
    }

    /// Stopped where the live fold stops, with the same rows and the same error; the other versions go on.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a version that cannot fold an event ends before it like the live one`(seed: UInt64) async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            var random = SeededGenerator(seed: seed)
            var history = RandomTradeLog(seed: seed, trades: 5)
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            try await ledger.log.append(try history.events(Int.random(in: 0...40, using: &random)), runID: run)
            try await ledger.log.append([orphan.event(previousVersion: 0)], runID: run)
            try await ledger.log.append(try history.events(Int.random(in: 0...40, using: &random)), runID: run)
            if seed % 2 == 1 {
                // An event of a schema that nobody knows yet, before or after the other.
                let position = Int64.random(in: 8...40, using: &random)
                try await ledger.asSuperuser { session in
                    try session.executeScript(
                        """
                        ALTER TABLE ledger.events DISABLE TRIGGER USER;
                        UPDATE ledger.events SET schema_version = 99 WHERE position = \(position);
                        ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only;
                        """)
                }
            }
            try await catchUp(ledger, batchSize: Int.random(in: 1...20, using: &random))
            func stops() async throws -> [String] {
                try await ledger.pool.run { try catalog.versions($0) }.map {
                    "\($0.name) \($0.position) \($0.poison?.description ?? "")"
                }
            }
            let (expected, expectedStops) = (try await contents(ledger), try await stops())
            var options = ProjectionRebuild.Options(workers: 3)
            options.chunkSize = Int64.random(in: 1...40, using: &random)
            options.flushByteCount = 500
            options.pendingByteCount = 0
            let built = try await rebuild(ledger, "r", options)
            #expect(built.contains { $0.poison != nil })
            expectSame(try await contents(ledger), expected, "seed \(seed)")
            #expect(try await stops() == expectedStops, "seed \(seed)")
        }
    }

    /// A served version keeps its tables, a new one is gone, and so is what a rebuild that was killed had left.
    @Test func `a cancelled rebuild leaves no trace`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            var history = RandomTradeLog(seed: 8, trades: 6)
            try await ledger.log.append(try history.events(100), runID: run)
            try await catchUp(ledger, batchSize: 100)
            let second = try #require(try registryWithSecondAlignment().newestDefinition("alignment", version: "v2"))
            let (before, expected) = (try await traces(ledger), try await contents(ledger))
            var options = ProjectionRebuild.Options()
            options.chunkSize = 10
            options.flushByteCount = 0
            options.pendingByteCount = 0
            for killedFirst in [false, true] {
                let definitions = ledger.registry.firstDefinitions + [second]
                if killedFirst {
                    options.beforeWrite = { if $0 == 20 { throw Killed() } }
                    await #expect(throws: Killed.self) {
                        _ = try await ProjectionRebuild(definitions, ledger.configuration, owner: "k", options: options).run()
                    }
                    #expect(try await traces(ledger) != before)
                }
                let (reached, continuation) = AsyncStream.makeStream(of: Void.self)
                options.beforeWrite = { write in
                    if write < 12 { return }
                    continuation.yield()
                    try await Task.sleep(for: .seconds(60))
                }
                let under = options
                let rebuilding = Task {
                    try await ProjectionRebuild(definitions, ledger.configuration, owner: "r", options: under).run()
                }
                for await _ in reached { break }
                rebuilding.cancel()
                await #expect(throws: CancellationError.self) { _ = try await rebuilding.value }
                #expect(try await traces(ledger) == before)
            }
            expectSame(try await contents(ledger), expected, "after both")
        }
    }

    /// What is appended while the fold runs is left to whoever follows.
    @Test func `what is appended meanwhile is followed`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            let history = Mutex(RandomTradeLog(seed: 11, trades: 6))
            try await ledger.log.append(try history.withLock { try $0.events(40) }, runID: run)
            var options = ProjectionRebuild.Options()
            options.chunkSize = 10
            options.flushByteCount = 0
            options.pendingByteCount = 0
            let run = self.run
            options.beforeWrite = { write in
                if write == 2 { try await ledger.log.append(try history.withLock { try $0.events(25) }, runID: run) }
            }
            let built = try await rebuild(ledger, "r", options)
            #expect(built.allSatisfy { $0.position == Int64(ledger.registry.names.count + 40) })
            try await catchUp(ledger, batchSize: 100)
            let live = try await contents(ledger)
            _ = try await rebuild(ledger)
            expectSame(try await contents(ledger), live, "built again")
        }
    }
}
