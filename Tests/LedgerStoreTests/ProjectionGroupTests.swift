import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

/// All projections folded together, whatever interrupts them.
@Suite struct ProjectionGroupTests {
    private let run = UniqueID(high: 9, low: 9)
    private let catalog = ProjectionCatalog()

    private func withActiveLedger(_ body: (LedgerDatabase) async throws -> Void) async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await body(ledger)
        }
    }

    /// Every row and fact of a version with its history, as text in key order.
    private func contents(_ name: String, _ ledger: LedgerDatabase) async throws -> [String] {
        let definition = try #require(ledger.registry.firstDefinition(name))
        return try await ledger.pool.run { session in
            guard let version = try catalog.version(of: definition.identity, session) else { return [] }
            let tables = VersionTables(definition, tableName: version.tableName)
            return try [tables.rows, tables.facts].compactMap { $0 }.flatMap { table in
                try session.execute("SELECT t::text FROM \(table.name) t ORDER BY 1").map { try $0.text(0) }
            }
        }
    }

    private func positions(_ ledger: LedgerDatabase) async throws -> [String: Int64] {
        let versions = try await ledger.pool.run { try catalog.versions($0) }
        return Dictionary(uniqueKeysWithValues: versions.map { ($0.name, $0.position) })
    }

    private func head(_ ledger: LedgerDatabase) async throws -> Int64 {
        try await ledger.pool.run { try LogReader().head($0).position }
    }

    /// What a version holds is what one pass from zero writes, history included.
    private func expectEqualsOnePass(
        _ names: [String], _ ledger: LedgerDatabase, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for name in names {
            let found = try await contents(name, ledger)
            let definition = try #require(ledger.registry.firstDefinition(name))
            let position = try await ledger.pool.run { session in
                let version = try #require(try catalog.version(of: definition.identity, session))
                let tables = VersionTables(definition, tableName: version.tableName)
                for table in [tables.rows, tables.facts].compactMap({ $0 }) { try session.executeScript("DELETE FROM \(table.name)") }
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET position = 0, lease_owner = NULL, epoch = epoch + 1 WHERE name = '\(name)'")
                return version.position
            }
            let follower = ProjectionFollower(definition, pool: ledger.pool, owner: "one pass")
            #expect(try await follower.catchUp(upTo: position)?.position == position, comment, sourceLocation: sourceLocation)
            #expect(try await contents(name, ledger) == found, "\(comment) \(name)", sourceLocation: sourceLocation)
        }
    }

    /// Takes all leases that are free; all versions stand at the same position.
    private func group(
        _ ledger: LedgerDatabase, owner: String, batchSize: Int, cachedBytes: Int
    ) async throws -> FoldingGroup {
        let members = try await ledger.pool.run { session in
            try ledger.registry.firstDefinitions.compactMap {
                try ProjectionMember.acquire($0, owner: owner, cachedBytes: cachedBytes, session)
            }
        }
        let group = FoldingGroup(at: try #require(members.first).position, ledger.pool, batchSize: batchSize)
        await group.join(members.map(\.member))
        return group
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `a group writes what one pass of each writes at any batch size and cache size`(seed: UInt64) async throws {
        try await withActiveLedger { ledger in
            var random = SeededGenerator(seed: seed)
            let history = try mixedHistory(seed: seed, trades: 6, events: 70)
            var appended = 0
            while appended < history.count {
                // A new process each time, with nothing in memory.
                let group = try await group(
                    ledger, owner: "g", batchSize: Int.random(in: 1...25, using: &random),
                    cachedBytes: seed % 2 == 0 ? 1 : Int.random(in: 1...20_000, using: &random))
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let more = min(Int.random(in: 0...30, using: &random), history.count - appended)
                    try await ledger.log.append(Array(history[appended..<appended + more]), runID: run)
                    appended += more
                    try await group.advance()
                    #expect(await group.members.count == ledger.registry.names.count, "seed \(seed)")
                    #expect(try await group.position == head(ledger))
                }
                await group.release()
            }
            #expect(
                try await positions(ledger).values.allSatisfy { $0 == Int64(ledger.registry.names.count + history.count) }, "seed \(seed)")
            try await expectEqualsOnePass(ledger.registry.names, ledger, "seed \(seed)")
        }
    }

    /// An event that one projection can't fold, anywhere in a batch; the lease of another goes to somebody else.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `what happens to one member does not touch the others`(seed: UInt64) async throws {
        try await withActiveLedger { ledger in
            var random = SeededGenerator(seed: seed)
            var history = try mixedHistory(seed: seed, trades: 5, events: 60)
            let poisonAt = Int.random(in: 0..<history.count, using: &random)
            // Nobody else consumes it: the scope's key is not one.
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            history.insert(orphan.event(previousVersion: 0), at: poisonAt)
            let group = try await group(
                ledger, owner: "g", batchSize: Int.random(in: 1...20, using: &random),
                cachedBytes: Bool.random(using: &random) ? 1 : 1 << 20)
            let half = history.count / 2
            try await ledger.log.append(Array(history[..<half]), runID: run)
            try await group.advance()
            let stolen = "alignment"
            let before = try await contents(stolen, ledger)
            let stoodAt = try #require(try await positions(ledger)[stolen])
            try await ledger.pool.run { session in
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET epoch = epoch + 1, lease_owner = 'thief' WHERE name = '\(stolen)'")
            }
            try await ledger.log.append(Array(history[half...]), runID: run)
            try await group.advance()

            let departures = await group.takeDepartures()
            let lost = departures.filter { if case .leaseLost = $0.reason { true } else { false } }
            #expect(lost.map(\.member.lease.name) == [stolen], "seed \(seed)")
            let poisoned = departures.filter { if case .poison = $0.reason { true } else { false } }
            let stopped = Set(poisoned.map(\.member.lease.name))
            #expect(stopped.contains("trades") && departures.count == 1 + stopped.count, "seed \(seed)")
            let event = Int64(ledger.registry.names.count + poisonAt + 1)
            #expect(poisoned.allSatisfy { $0.position == event - 1 })
            let end = try await head(ledger)
            for version in try await ledger.pool.run({ try catalog.versions($0) }) {
                if version.name == stolen {
                    #expect(version.position == stoodAt && version.leaseOwner == "thief")
                } else if stopped.contains(version.name) {
                    #expect(version.position == event - 1 && version.poison?.position == event && version.leaseOwner == nil)
                } else {
                    #expect(version.position == end && version.leaseOwner == "g", "seed \(seed) \(version.name)")
                }
            }
            #expect(try await contents(stolen, ledger) == before, "seed \(seed)")
            await group.release()
            try await expectEqualsOnePass(ledger.registry.names, ledger, "seed \(seed)")
        }
    }

    /// A version whose rows are not what was written leaves with a reason; the others are written all the same.
    @Test func `a member that lost rows leaves and the others go on`() async throws {
        try await withActiveLedger { ledger in
            let group = try await group(ledger, owner: "g", batchSize: 100, cachedBytes: 1 << 20)
            let row = try sampleRow("A")
            try await ledger.log.append([recorded(row)], runID: run)
            try await group.advance()
            try await ledger.pool.run { try $0.executeScript("DELETE FROM projection.trades_v1_c1") }
            try await ledger.log.append([updated(try sampleRow("A", updatedAt: 1, quantity: 3), from: row, previous: 1)], runID: run)
            try await group.advance()
            let departure = try #require(await group.takeDepartures().first)
            guard case .failed(let error) = departure.reason else {
                Issue.record("\(departure)")
                return
            }
            #expect("\(error)".contains("projection trades has lost rows: rebuild it"))
            #expect(departure.member.lease.name == "trades")
            let end = try await head(ledger)
            let reached = try await positions(ledger)
            #expect(reached["trades"] == end - 1)
            #expect(reached.filter { $0.key != "trades" }.values.allSatisfy { $0 == end })
        }
    }

    // The running group: notifications, the catalog, other processes.

    private func running<T: Sendable>(
        _ ledger: LedgerDatabase, owner: String, _ body: () async throws -> T
    ) async throws -> T {
        let signal = LogSignal(ledger.configuration)
        let listening = Task { await signal.run() }
        let group = ProjectionGroup(ledger.registry, pool: ledger.pool, owner: owner, batchSize: 10, cachedBytes: 4_000)
        let following = Task { await group.run(signal) }
        let result: Result<T, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        following.cancel()
        listening.cancel()
        await following.value
        await listening.value
        return try result.get()
    }

    private func untilFolded(
        _ ledger: LedgerDatabase, except: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let end = try await head(ledger)
        let deadline = ContinuousClock.now + .seconds(40)
        var found: [String: Int64] = [:]
        while ContinuousClock.now < deadline {
            found = try await positions(ledger).filter { !except.contains($0.key) }
            if found.values.allSatisfy({ $0 == end }) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("at \(found), expected \(end)", sourceLocation: sourceLocation)
    }

    @Test func `a group picks up appends survives lost connections and gives its leases back`() async throws {
        try await withActiveLedger { ledger in
            let history = try mixedHistory(seed: 3, trades: 6, events: 90)
            try await running(ledger, owner: "g") {
                for (index, event) in history.enumerated() {
                    if index % 50 == 25 {
                        try await ledger.asSuperuser { session in
                            _ = try session.execute(
                                """
                                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                WHERE datname = current_database() AND pid <> pg_backend_pid()
                                """)
                        }
                    }
                    try await ledger.log.append([event], runID: run)
                }
                try await untilFolded(ledger)
            }
            #expect(try await ledger.pool.run { try catalog.versions($0) }.allSatisfy { $0.leaseOwner == nil })
            try await expectEqualsOnePass(ledger.registry.names, ledger, "")
        }
    }

    @Test func `processes share the versions and take over from each other`() async throws {
        try await withActiveLedger { ledger in
            let history = try mixedHistory(seed: 5, trades: 6, events: 90)
            let third = history.count / 3
            let other = try ledger.another()
            func owners() async throws -> Set<String?> {
                Set(try await ledger.pool.run { try catalog.versions($0) }.map(\.leaseOwner))
            }
            // Somebody else holds one lease all the time, and folds nothing.
            try await ledger.pool.run { session in
                try session.executeScript(
                    """
                    UPDATE ledger.projection_versions
                    SET lease_owner = 'third', lease_expires_at = clock_timestamp() + interval '1 hour' WHERE name = 'context'
                    """)
            }
            try await running(ledger, owner: "one") {
                for event in history[..<third] { try await ledger.log.append([event], runID: run) }
                try await untilFolded(ledger, except: ["context"])
                try await running(other, owner: "two") {
                    for event in history[third..<2 * third] { try await ledger.log.append([event], runID: run) }
                    try await untilFolded(ledger, except: ["context"])
                    #expect(try await owners() == ["one", "third"])
                    // What the third gives back, far behind, is taken by either.
                    try await ledger.pool.run { session in
                        try session.executeScript("UPDATE ledger.projection_versions SET lease_owner = NULL WHERE name = 'context'")
                    }
                    try await untilFolded(ledger)
                }
                try await untilFolded(ledger)
            }
            #expect(try await owners() == [nil])
            try await running(other, owner: "two") {
                for event in history[(2 * third)...] { try await ledger.log.append([event], runID: run) }
                try await untilFolded(ledger)
                #expect(try await owners() == ["two"])
            }
            await other.close()
            try await expectEqualsOnePass(ledger.registry.names, ledger, "")
        }
    }

    @Test func `versions come and go while a group runs`() async throws {
        try await withActiveLedger { ledger in
            let history = try mixedHistory(seed: 8, trades: 6, events: 60)
            let definition = try #require(ledger.registry.firstDefinition("lifecycles"))
            // As a version that is a candidate: nobody reads it, so that it can be dropped.
            try await ledger.pool.run { session in
                try session.executeScript("DELETE FROM ledger.served_projections WHERE name = 'lifecycles'")
                let version = try #require(try catalog.version(of: definition.identity, session))
                try session.executeScript("DROP VIEW projection.lifecycles CASCADE")
                try catalog.drop(version, session)
            }
            try await running(ledger, owner: "g") {
                for event in history[..<40] { try await ledger.log.append([event], runID: run) }
                try await untilFolded(ledger)
                #expect(try await positions(ledger).count == ledger.registry.names.count - 1)
                try await ledger.pool.run { session in try session.transaction { try catalog.create(definition, session) } }
                for event in history[40...] { try await ledger.log.append([event], runID: run) }
                try await untilFolded(ledger)
                let version = try #require(try await ledger.pool.run { try catalog.version(of: definition.identity, $0) })
                #expect(version.leaseOwner == "g" && version.position == Int64(ledger.registry.names.count + history.count))
                try await ledger.pool.run { try catalog.drop(version, $0) }
                try await ledger.log.append([recorded(try sampleRow("last"))], runID: run)
                try await untilFolded(ledger)
                #expect(try await positions(ledger).count == ledger.registry.names.count - 1)
            }
            try await expectEqualsOnePass(ledger.registry.names.filter { $0 != "lifecycles" }, ledger, "")
        }
    }

    /// A projection that stopped goes on where its error was taken away, as after a repair.
    @Test func `a stopped projection is tried again once its error is gone`() async throws {
        try await withActiveLedger { ledger in
            try await running(ledger, owner: "g") {
                let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "late", scopeKey: "s", isMissing: true)
                try await ledger.log.append([orphan.event(previousVersion: 0)], runID: run)
                var poison: PoisonEvent?
                let deadline = ContinuousClock.now + .seconds(30)
                while poison == nil, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(20))
                    poison = try await ledger.pool.run { try catalog.served("trades", $0)?.poison }
                }
                // After the activations.
                let position = Int64(ledger.registry.names.count + 1)
                #expect(poison?.position == position)
                // The repair: the projection is taken past the event.
                try await ledger.pool.run { session in
                    try session.executeScript(
                        """
                        UPDATE ledger.projection_versions SET position = \(position), poison_position = NULL, poison_error = NULL
                        WHERE poison_position = \(position)
                        """)
                }
                try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
                try await untilFolded(ledger)
            }
        }
    }
}
