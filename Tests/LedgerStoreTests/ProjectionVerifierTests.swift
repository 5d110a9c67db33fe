import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Many versions verified in one pass over the log.
@Suite struct ProjectionVerifierTests {
    private static let run = UniqueID(high: 7, low: 7)

    /// Executions, updates, absences, and stamps, benchmarks and marks of them; more than a reader's chunk holds.
    private func history(seed: UInt64) throws -> [NewEvent] {
        var random = SeededGenerator(seed: seed)
        var events = try randomHistory(seed: seed, trades: 60, events: 700)
        var versions: [String: Int64] = [:]
        for index in 0..<600 {
            let row = try sampleRow("T\(Int.random(in: 0..<70, using: &random))")
            let kind = index % 3
            let stream = "\(kind) \(row.sourceTradeID)"
            let version = versions[stream, default: 0]
            versions[stream] = version + 1
            let basis = Basis(of: row, target: kind == 2 ? row.tradeDate.advanced(byMicroseconds: 7 * 86_400_000_000) : nil)
            let quote = OptionQuote(
                timestamp: row.tradeDate, bid: FixedDecimal(index), ask: FixedDecimal(index + 1), mark: FixedDecimal(index))
            let event =
                switch kind {
                case 0: stamp(row, basis, index).event(previousVersion: version, effectiveAt: row.tradeDate)
                case 1:
                    ExecutionBenchmarkPayload(
                        source: row.source, sourceTradeID: row.sourceTradeID, basis: basis, quote: quote,
                        quoteSource: "q", lookedUpAt: row.tradeDate
                    ).event(previousVersion: version)
                default:
                    ForwardMarkPayload(
                        source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: "7d", horizonDays: 7,
                        basis: basis, quote: quote, quoteSource: "q", lookedUpAt: row.tradeDate
                    ).event(previousVersion: version)
                }
            events.append(event)
        }
        return events
    }

    private func stamp(_ row: ExecutionRow, _ basis: Basis, _ index: Int) -> ContextStampedPayload {
        ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, contextKey: index % 5 == 0 ? "unmapped:X" : "BTC",
            basis: basis,
            rules: [RuleReference(version: 1, digest: String(repeating: "0", count: 64), file: "context/rules.v1.yaml")],
            mappingMethod: "m", mappingConfidence: FixedDecimal(1), mappingQuality: "proxy_mapped",
            dvolPercentile: FixedDecimal(index % 100), gammaRegime: "neutral", termStructureState: "flat",
            smileState: "not_sourced", contextQuality: "proxy_mapped", missingFields: ["vrp"],
            inputs: [EventInput(field: "dvol", positions: [1, 2])], observedThroughPosition: 1)
    }

    /// The digest and the number of rows of a fold of some events on its own, or why it stopped.
    private func reference(
        _ definition: ProjectionDefinition, _ events: [RecordedEvent], upTo last: Int64
    ) throws -> (digest: String?, rows: Int, poison: String?) {
        let fold = definition.completeFold()
        do {
            for event in events where event.position <= last {
                if let decoded = try definition.decode(event) { try fold.apply(decoded) }
            }
        } catch {
            return (nil, 0, error.description)
        }
        var digest = RowDigest(definition.columns)
        try fold.forEachRow { _, document in try digest.add(document) }
        return (digest.finish(), digest.rows, nil)
    }

    private func expect(
        _ ledger: LedgerDatabase, _ positions: [Int64], workers: [Int], _ comment: String
    ) async throws -> [String?] {
        let definitions = ledger.registry.firstDefinitions
        let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 100_000, $0) }
        let projections = zip(definitions, positions).map { (definition: $0, upTo: $1) }
        let expected = try projections.map { try reference($0.definition, events, upTo: $0.upTo) }
        for workers in workers {
            let found = try await ledger.pool.run { session in
                try ProjectionVerifier.fold(projections, session, workers: workers)
            }
            #expect(found.map(\.digest) == expected.map(\.digest), "\(comment), \(workers) workers")
            #expect(found.map { $0.poison?.description } == expected.map(\.poison), "\(comment), \(workers) workers")
            #expect(zip(found, expected).allSatisfy { $0.poison != nil || $0.rows == $1.rows }, "\(comment)")
        }
        return expected.map(\.poison)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `One pass gives what folds one by one give, with any number of workers and each up to its own position`(
        seed: UInt64
    ) async throws {
        try await withLedger { ledger in
            var random = SeededGenerator(seed: seed)
            let history = try history(seed: seed)
            try await ledger.log.append(history, runID: Self.run)
            let count = Int64(history.count)
            let names = ledger.registry.firstDefinitions
            let whole = try await expect(ledger, names.map { _ in count }, workers: [1, 2, 5], "seed \(seed)")
            #expect(whole.allSatisfy { $0 == nil })
            let parts = names.map { _ in Int64.random(in: 0...count + 5, using: &random) }
            _ = try await expect(ledger, parts, workers: [3], "seed \(seed), up to \(parts)")
        }
    }

    @Test func `An event that stops one projection is named as a fold of its own names it, and the others go on`() async throws {
        try await withLedger { ledger in
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            var history = try history(seed: 9)
            history.insert(orphan.event(previousVersion: 0), at: 800)
            try await ledger.log.append(history, runID: Self.run)
            let count = Int64(history.count)
            let definitions = ledger.registry.firstDefinitions
            let poisons = try await expect(ledger, definitions.map { _ in count }, workers: [1, 3], "an orphan")
            #expect(poisons.compactMap { $0 }.count == 1)
            // Up to the event before it nothing stops.
            let before = try await expect(ledger, definitions.map { _ in 800 }, workers: [2], "before the orphan")
            #expect(before.allSatisfy { $0 == nil })
            // A payload that can't be read, and a schema version that nobody knows.
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER ALL;
                    UPDATE ledger.events SET payload = replace(payload, '"basis":{', '"basis":[{') WHERE position = 1000;
                    UPDATE ledger.events SET schema_version = 2 WHERE position = 20
                    """)
            }
            let altered = try await expect(ledger, definitions.map { _ in count }, workers: [1, 4], "altered")
            #expect(altered.compactMap { $0 }.count >= 6)
        }
    }

    @Test func `The log is read in its order without being sorted, however young its statistics are`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(try history(seed: 5), runID: Self.run)
            let projections = ledger.registry.firstDefinitions.map { (definition: $0, upTo: Int64.max) }
            let (before, after) = try await ledger.pool.run { session in
                func sorted() throws -> Int64 {
                    _ = try session.execute("SELECT pg_stat_force_next_flush()")
                    return try session.execute(
                        "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()")[0].int8(0)
                }
                // The least there is: to sort a part of this log would take a file.
                _ = try session.execute("SET work_mem = '64kB'")
                let before = try sorted()
                _ = try ProjectionVerifier.fold(projections, session)
                try LogReader().forEachBytes(after: 0, upTo: 1_000_000, session) { _ in }
                return (before, try sorted())
            }
            #expect(after == before)
        }
    }

    /// First the tables, then the log up to its end, then the digests.
    private static func expectAscent(_ steps: [ProjectionVerifier.Progress], versions: Int64) {
        for phase in [ProjectionVerifier.Progress.Phase.reading, .folding, .comparing] {
            let done = steps.filter { $0.phase == phase }.map(\.done)
            #expect(!done.isEmpty && done == done.sorted())
            #expect(steps.last { $0.phase == phase }.map { $0.done == $0.of } ?? false)
            if phase != .folding { #expect(done == Array(0...versions)) }
        }
        let phases = steps.map(\.phase)
        #expect(phases.firstIndex(of: .folding) == phases.lastIndex(of: .reading).map { $0 + 1 })
        #expect(phases.firstIndex(of: .comparing) == phases.lastIndex(of: .folding).map { $0 + 1 })
    }

    @Test func `Stored rows are verified together as one by one, and one that was altered is found`() async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: Self.run)
            try await ledger.log.append(try history(seed: 3), runID: Self.run)
            for name in ledger.registry.names {
                let definition = try #require(ledger.registry.firstDefinition(name))
                // Versions stand at different positions.
                if name != "context" {
                    _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "t").catchUp()
                }
            }
            func verify() async throws -> [ProjectionVerifier.Verification] {
                let registry = ledger.registry
                return try await ledger.pool.run { session in
                    let versions = try ProjectionCatalog().versions(session).compactMap { version in
                        registry.definition(of: version).map { (definition: $0, version: version) }
                    }
                    var steps: [ProjectionVerifier.Progress] = []
                    let together = try ProjectionVerifier.verify(versions, session) { steps.append($0) }
                    Self.expectAscent(steps, versions: Int64(versions.count))
                    let oneByOne = try versions.map {
                        try ProjectionVerifier($0.definition, version: $0.version).verify(session)
                    }
                    #expect(together == oneByOne)
                    return together
                }
            }
            let sound = try await verify()
            #expect(sound.count == ledger.registry.names.count)
            #expect(sound.allSatisfy { $0.matches })
            #expect(sound.contains { $0.position == 0 } && sound.contains { $0.position > 1000 })

            let name = try #require(
                try await ledger.pool.run { session in try ProjectionCatalog().served("outcomes", session) }
            ).tableName
            let table = "projection.\"\(name)\""
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    UPDATE \(table) SET document = replace(document, '"quantity":"', '"quantity":"1') WHERE ctid =
                        (SELECT ctid FROM \(table) WHERE valid_to IS NULL ORDER BY random() LIMIT 1)
                    """)
            }
            #expect(try await verify().filter { !$0.matches }.map(\.name) == ["outcomes"])
        }
    }

    /// The versions that a fold of events hands out.
    private final class Versions: VersionSink {
        var all: [(kind: DocumentKind, key: RowKey, digest: VersionDigest)] = []

        func version(
            _ kind: DocumentKind, _ row: RowWriter.Place, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?
        ) {
            let digest = document.withUnsafeBufferPointer { Digest32(sha256Of: $0) }
            let content = VersionContent(kind, key: row.key, stored: row.stored, document: digest).digest
            all.append(
                (kind, row.key, VersionDigest(content: content, from: origin.position, to: validTo, era: Era(of: origin)?.number)))
        }
    }

    @Test func `The full digest of a position is that of a fold up to it, whatever came later`() async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: Self.run)
            try await ledger.log.append(try history(seed: 11), runID: Self.run)
            let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 100_000, $0) }
            for name in ledger.registry.names {
                let definition = try #require(ledger.registry.firstDefinition(name))
                _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "t").catchUp()
                for position in [0, 40, 700, Int64(events.count)] {
                    let sink = Versions()
                    let fold = definition.historyFold(into: sink, recent: RecentDocuments(byteCount: 1 << 16))
                    var numbers: [RowKey: Int] = [:]
                    for event in events where event.position <= position {
                        guard let decoded = try definition.decode(event) else { continue }
                        for entity in try definition.entities(touchedBy: decoded) {
                            let number = numbers[entity] ?? numbers.count
                            numbers[entity] = number
                            try fold.apply(decoded, to: entity, entity: number)
                        }
                    }
                    for (entity, number) in numbers { fold.finish(number, entity) }
                    let ordered = sink.all.sorted {
                        ($0.kind.rawValue, $0.key, $0.digest.from) < ($1.kind.rawValue, $1.key, $1.digest.from)
                    }
                    let expected = Digest32(sha256Of: ordered.flatMap { $0.digest.digest.bytes }).description
                    let found = try await ledger.pool.run { session in
                        let version = try #require(try ProjectionCatalog().served(name, session))
                        return try ProjectionVerifier.fullDigest(of: version, definition, at: position, session)
                    }
                    #expect(found == expected, "\(name) at \(position)")
                }
            }
        }
    }
}
