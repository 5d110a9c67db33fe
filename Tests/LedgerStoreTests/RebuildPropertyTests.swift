import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

/// Stops a rebuild as if its process had been killed.
private struct Killed: Error {}

/// Rebuild ≡ live ≡ any number of workers and batch size ≡ killed and resumed, over many small random histories.
///
/// A database is shared by many histories, one after the other: what one leaves behind is deleted, the tables stay.
@Suite struct RebuildPropertyTests {
    private static let histories: UInt64 = 512
    private static let databases: UInt64 = 2
    /// An entity with more is never forgotten by a rebuild.
    private static let manyEvents = 64
    private let catalog = ProjectionCatalog()
    private let run = UniqueID(high: 7, low: 7)

    /// Random for each seed, and independent of each other:
    /// - the projections: a third of all, so that each is rebuilt in some 170 histories, each time beside others;
    /// - the history: up to 26 events of up to 7 trades or, every eighth time, some 90 of one trade, so that entities have more
    ///   events than a rebuild ever forgets; in how many appends it comes;
    /// - the live fold: positions a batch, bytes kept from batch to batch, all versions together or each apart, where it is
    ///   taken over by another follower that has nothing in memory;
    /// - each run of the rebuild: workers, positions a chunk, bytes a write, bytes of documents and number of entities
    ///   remembered, the write before which it is killed, up to twice, while the log grows, now and then, and is followed;
    ///   half of the time the versions are new ones, which nobody follows, and are built up to where they had set out for.
    ///
    /// Compared is every row of every table, history and facts included, and the digests with a fold from zero.
    @Test(arguments: 0..<Self.databases)
    func `a rebuild equals the live fold however both are cut and killed`(database: UInt64) async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await ledger.asSuperuser { session in
                // Versions beside the served ones: no view for people need be made each time.
                let views = ledger.registry.names.map { "DROP VIEW projection.\(quoteIdentifier($0)) CASCADE;" }
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER USER;
                    ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER USER;
                    DELETE FROM ledger.served_projections;
                    \(views.joined(separator: "\n"))
                    """)
            }
            try await clear(ledger, ledger.registry.firstDefinitions)
            var (kills, resumed, crowded) = (0, 0, 0)
            for seed in stride(from: database, to: Self.histories, by: Int(Self.databases)) {
                let definitions = try definitions(seed: seed, ledger)
                let outcome = try await compare(seed, definitions, ledger)
                try await clear(ledger, definitions)
                kills += outcome.kills
                resumed += outcome.resumed
                crowded += outcome.mostEventsOfATrade > Self.manyEvents ? 1 : 0
            }
            let count = Int(Self.histories / Self.databases)
            #expect(kills > count / 2 && resumed > count / 4 && crowded >= count / 10, "\(kills) \(resumed) \(crowded)")
        }
    }

    /// A random third of the projections, at least one.
    private func definitions(seed: UInt64, _ ledger: LedgerDatabase) throws -> [ProjectionDefinition] {
        var random = SeededGenerator(seed: ~seed)
        let all = try ledger.registry.names.map { try #require(ledger.registry.firstDefinition($0)) }
        let some = all.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        return some.isEmpty ? [all[Int(seed) % all.count]] : some
    }

    private struct Outcome {
        var kills = 0
        /// Versions that were built from where an earlier run had been killed.
        var resumed = 0
        var mostEventsOfATrade = 0
    }

    private func compare(
        _ seed: UInt64, _ definitions: [ProjectionDefinition], _ ledger: LedgerDatabase
    ) async throws -> Outcome {
        var random = SeededGenerator(seed: seed)
        let isCrowded = seed / Self.databases % 8 == 7
        let history = try RandomHistory(
            seed: seed, trades: isCrowded ? 1 : Int.random(in: 1...7, using: &random),
            events: Int.random(in: isCrowded ? 80...95 : 0...26, using: &random)
        ).events
        var rest = history[...]
        func append(_ count: Int) async throws {
            try await ledger.log.append(Array(rest.prefix(count)), runID: run)
            rest = rest.dropFirst(count)
            try await follow(definitions, ledger, &random)
        }
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            try await append(Int.random(in: history.count / 4...history.count / 2, using: &random))
        }

        var outcome = Outcome(mostEventsOfATrade: Self.mostEventsOfATrade(history))
        var isBuilt = false
        let areNew = Bool.random(using: &random)
        if areNew {
            try await ledger.asSuperuser { session in
                let names = definitions.map { quoteLiteral($0.identity.name) }.joined(separator: ", ")
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET position = 0, state = 'building' WHERE name IN (\(names))")
            }
        }
        while !isBuilt {
            var options = ProjectionRebuild.Options(workers: Int.random(in: 1...3, using: &random))
            options.chunkSize = Int64.random(in: 1...30, using: &random)
            options.chunkByteCount = Int.random(in: 0...8_000, using: &random)
            options.flushByteCount = Int.random(in: 0...8_000, using: &random)
            options.pendingByteCount = Bool.random(using: &random) ? 0 : 20_000
            options.recentByteCount = Int.random(in: 0...20_000, using: &random)
            options.rememberedEntities = Int.random(in: 0...(isCrowded ? 4 : 12), using: &random)
            let lastWrite = Int.random(in: 0...30, using: &random)
            if outcome.kills < 2 { options.beforeWrite = { if $0 == lastWrite { throw Killed() } } }
            let expected = try await contents(definitions, ledger)
            do {
                let built = try await ProjectionRebuild(
                    definitions, ledger.configuration, owner: "rebuild-\(seed)", options: options
                ).run()
                #expect(built.count == definitions.count)
                outcome.resumed = built.count { $0.resumedFrom > 0 }
                isBuilt = true
                if !areNew { expectSame(try await contents(definitions, ledger), expected, "seed \(seed)") }
            } catch is Killed {
                outcome.kills += 1
                // What is read and followed is as it was.
                let versions = try await ledger.pool.run { try self.versions(definitions, $0) }
                #expect(areNew || versions.allSatisfy { $0.state == .ready })
                let count = Bool.random(using: &random) ? Int.random(in: 1...6, using: &random) : 0
                if areNew {
                    try await ledger.log.append(Array(rest.prefix(count)), runID: run)
                    rest = rest.dropFirst(count)
                } else if count > 0 {
                    try await append(count)
                }
            }
        }
        // The new tables are followed as the old ones were.
        try await append(history.count)
        if areNew {
            let followed = try await contents(definitions, ledger)
            _ = try await ProjectionRebuild(definitions, ledger.configuration, owner: "again").run()
            expectSame(try await contents(definitions, ledger), followed, "seed \(seed), built at once")
        }
        let verified = try await ledger.pool.run { session in
            try ProjectionVerifier.verify(
                versions(definitions, session).map { (try #require(ledger.registry.definition(of: $0)), $0) }, session)
        }
        let positions = Set(verified.map(\.position))
        #expect(positions == [Int64(history.count)] && verified.allSatisfy(\.matches), "seed \(seed)")
        return outcome
    }

    /// Folds up to the head, in two parts by different followers now and then.
    private func follow(
        _ definitions: [ProjectionDefinition], _ ledger: LedgerDatabase, _ random: inout SeededGenerator
    ) async throws {
        let head = try await ledger.pool.run { try LogReader().head($0).position }
        let stop = Bool.random(using: &random) ? head : Int64.random(in: 0...head, using: &random)
        for last in stop == head ? [head] : [stop, head] {
            let batchSize = Int.random(in: 1...40, using: &random)
            let cachedBytes = [0, 4_000, ProjectionGroup.cachedBytes].randomElement(using: &random) ?? 0
            // New versions stand at different positions where the rebuild was killed when it had finished some.
            let positions = Set(try await ledger.pool.run { try versions(definitions, $0) }.map(\.position))
            if Int.random(in: 0..<4, using: &random) == 0 || positions.count > 1 {
                for definition in definitions {
                    _ = try await ProjectionFollower(
                        definition, pool: ledger.pool, owner: "live", batchSize: batchSize, cachedBytes: cachedBytes
                    ).catchUp(upTo: last)
                }
                continue
            }
            let acquired = try await ledger.pool.run { session in
                try definitions.compactMap {
                    try ProjectionMember.acquire($0, owner: "live", cachedBytes: cachedBytes, session)
                }
            }
            let position = try #require(acquired.first?.position)
            #expect(acquired.count == definitions.count)
            let group = FoldingGroup(at: position, ledger.pool, batchSize: batchSize)
            await group.join(acquired.map(\.member))
            try await group.advance(upTo: last)
            await group.release()
        }
    }

    /// Every row of every version's tables, history and facts included, by projection.
    private func contents(_ definitions: [ProjectionDefinition], _ ledger: LedgerDatabase) async throws -> [String: [String]] {
        try await ledger.pool.run { session in
            let versions = try versions(definitions, session)
            let tables = try storedTables(of: versions, ledger)
            let rows = tables.enumerated().map { "SELECT \($0) AS place, t::text COLLATE \"C\" AS row FROM \($1.table) t" }
            var contents = Dictionary(uniqueKeysWithValues: versions.map { ($0.name, ["position \($0.position)"]) })
            for row in try session.execute("\(rows.joined(separator: " UNION ALL ")) ORDER BY 1, 2") {
                contents[tables[Int(try row.int4(0))].projection]?.append(try row.text(1))
            }
            return contents
        }
    }

    /// The tables of some versions, those of facts included.
    private func storedTables(
        of versions: [ProjectionVersion], _ ledger: LedgerDatabase
    ) throws -> [(projection: String, table: String)] {
        try versions.flatMap { version in
            let definition = try #require(ledger.registry.definition(of: version))
            return ([version.table] + (definition.rowsAreFacts ? [] : [version.factsTable])).map { (version.name, $0) }
        }
    }

    /// The versions of some projections.
    private func versions(_ definitions: [ProjectionDefinition], _ session: PostgresSession) throws -> [ProjectionVersion] {
        let names = Set(definitions.map(\.identity.name))
        return try catalog.versions(session).filter { names.contains($0.name) }
    }

    private func expectSame(_ found: [String: [String]], _ expected: [String: [String]], _ what: String) {
        for (name, rows) in expected where found[name] != rows {
            let other = found[name] ?? []
            let (missing, added) = (rows.filter { !other.contains($0) }, other.filter { !rows.contains($0) })
            Issue.record("\(what): \(name) differs; missing \(missing.prefix(2)), added \(added.prefix(2))")
        }
        #expect(found.count == expected.count)
    }

    /// Takes every event out of the log and every row out of the versions that held some, as no program can.
    private func clear(_ ledger: LedgerDatabase, _ definitions: [ProjectionDefinition]) async throws {
        let tables = try await ledger.pool.run { session in
            try storedTables(of: versions(definitions, session), ledger).map { $0.table }
        }
        try await ledger.asSuperuser { session in
            // Deleted rows would stay in the tables' pages until somebody vacuums them, history after history.
            try session.executeScript(
                """
                DELETE FROM ledger.events;
                DELETE FROM ledger.merkle_nodes;
                UPDATE ledger.head SET position = 0, recorded_at = NULL;
                UPDATE ledger.projection_versions SET position = 0;
                TRUNCATE \(tables.joined(separator: ", "));
                """)
        }
    }

    /// How many events are about the trade that most are about.
    private static func mostEventsOfATrade(_ events: [NewEvent]) -> Int {
        var counts: [Substring: Int] = [:]
        for event in events {
            let parts = event.stream.split(separator: ":")
            if parts.count > 1, event.type != .marketObserved { counts[parts[1], default: 0] += 1 }
        }
        return counts.values.max() ?? 0
    }
}
