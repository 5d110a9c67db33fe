import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

/// A history of executions, updates, disappearances and returns, the same for the same seed.
func randomHistory(seed: UInt64, trades: Int, events: Int) throws -> [NewEvent] {
    var random = SeededGenerator(seed: seed)
    var rows: [String: (row: ExecutionRow, version: Int64, isMissing: Bool)] = [:]
    var history: [NewEvent] = []
    for step in 0..<events {
        let id = "T\(Int.random(in: 0..<trades, using: &random))"
        let status: TradeStatus = Int.random(in: 0..<8, using: &random) == 0 ? .busted : .filled
        let row = try sampleRow(
            id, updatedAt: step, quantity: Int.random(in: 1...9, using: &random), status: status,
            notes: Bool.random(using: &random) ? "n\(step % 3)" : nil)
        guard let known = rows[id] else {
            rows[id] = (row, 1, false)
            history.append(recorded(row))
            continue
        }
        let presence = PresencePayload(source: "alpha_sync", sourceTradeID: id, scopeKey: "s", isMissing: !known.isMissing)
        if Int.random(in: 0..<4, using: &random) == 0 {
            history.append(presence.event(previousVersion: known.version))
            rows[id] = (known.row, known.version + 1, !known.isMissing)
        } else {
            history.append(updated(row, from: known.row, previous: known.version))
            rows[id] = (row, known.version + 1, known.isMissing)
        }
    }
    return history
}

@Suite struct ProjectionTests {
    let run = UniqueID(high: 7, low: 7)

    private func served(_ name: String, _ ledger: LedgerDatabase) async throws -> ProjectionVersion {
        try #require(try await ledger.pool.run { try ProjectionCatalog().served(name, $0) })
    }

    /// The events that activating the projections left in the log.
    private func activations(_ ledger: LedgerDatabase) -> Int64 { Int64(ledger.registry.names.count) }

    private func digest(_ name: String, _ ledger: LedgerDatabase, at position: Int64) async throws -> String {
        let version = try await served(name, ledger)
        let columns = try #require(ledger.registry.firstDefinition(name)).columns
        return try await ledger.pool.run { session in
            try ProjectionVerifier.digest(of: version, columns, at: position, session).digest
        }
    }

    @Test func `activation happens once and is in the log`() async throws {
        try await withLedger { ledger in
            let catalog = ProjectionCatalog()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        let own = try ledger.another()
                        try await catalog.activate(
                            own.registry, log: own.log, pool: own.pool, runID: UniqueID(high: 1, low: UInt64(number)))
                        await own.close()
                    }
                }
                try await group.waitForAll()
            }
            let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 100, $0) }
            #expect(events.map(\.stream) == ledger.registry.names.map { "projection-\($0)" })
            #expect(events.allSatisfy { $0.type == "ProjectionPromoted" })
        }
    }

    /// Any batch size, any restart points: the same rows at every position as a fold in memory.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `live folds equal a fold from zero at any batch size and position`(seed: UInt64) async throws {
        try await withLedger { ledger in
            let catalog = ProjectionCatalog()
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            let history = try randomHistory(seed: seed, trades: 12, events: 150)
            var random = SeededGenerator(seed: seed &+ 99)
            let definition = try #require(ledger.registry.firstDefinition("trades"))
            var appended = 0
            var position: Int64 = 0
            while appended < history.count || position < Int64(history.count) + activations(ledger) {
                let more = min(Int.random(in: 0...40, using: &random), history.count - appended)
                try await ledger.log.append(Array(history[appended..<appended + more]), runID: run)
                appended += more
                // Another process each time: the one before gives its lease back first, as if it had stopped.
                let follower = ProjectionFollower(
                    definition, pool: ledger.pool, owner: "process-\(Int.random(in: 0..<3, using: &random))",
                    batchSize: Int.random(in: 1...30, using: &random), cachedBytes: Bool.random(using: &random) ? 1 : 1 << 20)
                position = try #require(
                    try await follower.catchUp(upTo: position + Int64.random(in: 1...60, using: &random))
                ).position
            }
            let final = try await served("trades", ledger)
            let verification = try await ledger.pool.run { session in
                try ProjectionVerifier(definition, version: final).verify(session)
            }
            #expect(verification.matches, "seed \(seed)")

            // Every position in the past reads as a fold up to it.
            let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1000, $0) }
            let fold = definition.completeFold()
            for event in events {
                if let decoded = try definition.decode(event) { try fold.apply(decoded) }
                if event.position % 7 != 0 { continue }
                var expected = RowDigest(definition.columns)
                try fold.forEachRow { _, document in try expected.add(document) }
                #expect(
                    try await digest("trades", ledger, at: event.position) == expected.finish(), "seed \(seed), position \(event.position)")
            }
        }
    }

    /// Catching up folds a batch while the one before is written: entities that both touch come out the same.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `catching up in small batches equals a fold from zero whatever stops it`(seed: UInt64) async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            var random = SeededGenerator(seed: seed)
            // Few trades: nearly every batch touches the same ones as the batch before.
            let history = try randomHistory(seed: seed, trades: 4, events: 120)
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            let isPoisoned = seed % 2 == 0
            try await ledger.log.append(
                history + (isPoisoned ? [orphan.event(previousVersion: 0)] : []), runID: run)
            let definition = try #require(ledger.registry.firstDefinition("trades"))
            let size = Int.random(in: 1...9, using: &random)
            let follower = ProjectionFollower(definition, pool: ledger.pool, owner: "t", batchSize: size)
            let last = try await follower.catchUp()
            #expect(last?.position == Int64(history.count) + activations(ledger), "seed \(seed)")
            #expect((last?.poison != nil) == isPoisoned, "seed \(seed)")
            let version = try await served("trades", ledger)
            #expect((version.poison != nil) == isPoisoned)
            let verification = try await ledger.pool.run { session in
                try ProjectionVerifier(definition, version: version).verify(session)
            }
            #expect(verification.matches, "seed \(seed), batches of \(size)")
        }
    }

    @Test func `a writer that lost its lease changes nothing`() async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await ledger.log.append([recorded(try sampleRow("A")), recorded(try sampleRow("B"))], runID: run)
            let definition = try #require(ledger.registry.firstDefinition("trades"))
            func acquire(_ owner: String) async throws -> FoldingGroup? {
                let acquired = try await ledger.pool.run {
                    try ProjectionMember.acquire(definition, owner: owner, cachedBytes: 0, $0)
                }
                guard let (member, position) = acquired else { return nil }
                let group = FoldingGroup(at: position, ledger.pool, batchSize: 10)
                await group.join([member])
                return group
            }
            func rows() async throws -> Int64 {
                try await ledger.pool.run { try $0.execute("SELECT count(*) FROM projection.trades")[0].int8(0) }
            }
            let first = try #require(try await acquire("one"))
            #expect(try await acquire("two") == nil)
            // The first holder sleeps past its lease.
            try await ledger.pool.run { session in
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp() - interval '1 s' WHERE name = 'trades'")
            }
            let second = try #require(try await acquire("two"))
            try await first.advance()
            let departure = try #require(await first.takeDepartures().first)
            guard case .leaseLost = departure.reason else {
                Issue.record("\(departure)")
                return
            }
            #expect(try await rows() == 0)
            try await second.advance()
            #expect(await second.position == activations(ledger) + 2)
            #expect(try await rows() == 2)
            #expect(try await ledger.pool.run { try departure.member.lease.renew(at: departure.position, $0) } == false)
        }
    }

    @Test func `a poison event stops its projection there and shows the error`() async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            try await ledger.log.append(
                [
                    recorded(try sampleRow("A")), orphan.event(previousVersion: 0), recorded(try sampleRow("B")),
                ], runID: run)
            let definition = try #require(ledger.registry.firstDefinition("trades"))
            let last = try await ProjectionFollower(definition, pool: ledger.pool, owner: "t").catchUp()
            #expect(last?.position == activations(ledger) + 1)
            #expect(last?.poison?.problem.contains("never recorded") == true)
            let version = try await served("trades", ledger)
            #expect(version.poison?.position == activations(ledger) + 2)
            // The others go on.
            let other = try #require(ledger.registry.firstDefinition("sync_state"))
            let head = try await ProjectionFollower(other, pool: ledger.pool, owner: "t").catchUp()
            #expect(head?.position == activations(ledger) + 3)
        }
    }

    /// The poll is an hour away: each append's notification alone wakes the waiter, the second one too.
    @Test(.timeLimit(.minutes(2))) func `every append wakes whoever follows the log`() async throws {
        try await withLedger { ledger in
            let signal = LogSignal(ledger.configuration, pollMilliseconds: 3_600_000)
            let listening = Task { await signal.run() }
            // The first wake-up says that it listens.
            await signal.wait(after: 0)
            for index in 0..<5 {
                let seen = await signal.seen
                try await ledger.log.append([recorded(try sampleRow("T\(index)"))], runID: run)
                await signal.wait(after: seen)
                #expect(await signal.seen > seen)
            }
            listening.cancel()
            await listening.value
        }
    }

    @Test func `a changed rule file is refused`() async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await ledger.asSuperuser { session in
                try session.executeScript("UPDATE ledger.rule_files SET digest = 'other' WHERE file LIKE 'trades/%'")
            }
            await #expect(throws: LedgerError.self) {
                try await ledger.pool.run { try ProjectionCatalog().recordRules(of: ledger.registry, $0) }
            }
        }
    }
}

@Suite struct MigratorTests {
    @Test func `migrating twice does nothing and a changed migration is refused`() async throws {
        try await withLedger { ledger in
            let migrations = try projectMigrations()
            let again = try await ledger.asSuperuser { try Migrator(migrations, TradeLedger.names).migrate($0) }
            #expect(again.isEmpty)
            let changed = try #require(Migration(fileName: "0002_event_log.sql", bytes: Array("SELECT 1".utf8)))
            let others = migrations.filter { $0.number != 2 }
            await #expect(throws: LedgerError.self) {
                try await ledger.asSuperuser { try Migrator(others + [changed], TradeLedger.names).migrate($0) }
            }
            await #expect(throws: LedgerError.self) {
                try await ledger.asSuperuser { try Migrator(others.filter { $0.number == 1 }, TradeLedger.names).requireCurrent($0) }
            }
        }
    }

    @Test func `two programs that start together migrate once`() async throws {
        try await withDatabase { uri in
            let migrator = try projectMigrator()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
                        let count = try await connection.run { try migrator.migrate($0).count }
                        await connection.close()
                        return count
                    }
                }
                var applied = 0
                for try await count in group { applied += count }
                #expect(applied == migrator.latest)
            }
        }
    }
}
