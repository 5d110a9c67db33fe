import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Properties of the projection over random logs: fills, corrections of anything, busts, moves between groups.
@Suite struct LifecyclesPropertyTests {
    let fixture: LifecyclesFixture
    private static let seeds: Range<UInt64> = 0..<500

    init() throws { fixture = try LifecyclesFixture() }

    private func randomRow(_ id: String, _ random: inout SeededGenerator) throws -> ExecutionRow {
        func isOdd() -> Bool { Int.random(in: 0..<12, using: &random) == 0 }
        var row = try LifecyclesFixture.row(
            id, isOdd() ? nil : Bool.random(using: &random) ? .buy : .sell,
            isOdd() ? nil : Int.random(in: 0...6, using: &random),
            isOdd() ? nil : "\(Int.random(in: 0...90, using: &random)).25", at: Int.random(in: 0..<8, using: &random))
        row.sourceCreatedAt =
            Bool.random(using: &random)
            ? try instant("2026-01-10T14:00:00Z", plusSeconds: Int.random(in: 0..<2, using: &random)) : nil
        row.sourcePortfolio = [nil, "IMST", "ICOI"].randomElement(using: &random) ?? nil
        row.strike = [nil, FixedDecimal(350), FixedDecimal(355)].randomElement(using: &random) ?? nil
        if isOdd() { row.optionSymbol = nil }
        if isOdd() { row.expiry = nil }
        if isOdd() { row.tradeStatus = TradeStatus.allCases.randomElement(using: &random) ?? .filled }
        if isOdd() { row.feesUSD = nil }
        if isOdd() { row.contractMultiplier = FixedDecimal(10) }
        if isOdd() { row.priceCurrency = "EUR" }
        return row
    }

    private func randomLog(_ random: inout SeededGenerator) throws -> LifecyclesLog {
        var log = LifecyclesLog()
        let trades = Int.random(in: 1...6, using: &random)
        for _ in 0..<Int.random(in: 1...16, using: &random) {
            try log.append(randomRow("T\(Int.random(in: 0..<trades, using: &random))", &random))
        }
        return log
    }

    @Test func `batches and restarts never change a version`() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            let whole = try fixture.fold(log)
            #expect(try fixture.fold(log, batch: { 1 }) == whole, "seed \(seed)")
            let restarted = try fixture.fold(log, batch: { Int.random(in: 1...7, using: &random) })
            #expect(restarted == whole, "seed \(seed)")
            var restarts = SeededGenerator(seed: ~seed)
            let mixed = try fixture.fold(
                log, batch: { Int.random(in: 1...7, using: &random) }, restarts: { Bool.random(using: &restarts) })
            #expect(mixed == whole, "seed \(seed)")
        }
    }

    @Test func `the order in which trades arrive never changes the digest`() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            let lines = try fixture.digestLines(fixture.fold(log))
            #expect(try fixture.digestLines(fixture.fold(log.rewoven(&random))) == lines, "seed \(seed)")
        }
    }

    @Test func `the rows are those of the latest rows alone`() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            var latest: [String: ExecutionRow] = [:]
            for event in log.events {
                if let payload = event.payload(as: ExecutionPayload.self) { latest[payload.row.sourceTradeID] = payload.row }
            }
            var short = LifecyclesLog()
            for row in latest.values.shuffled(using: &random) { try short.append(row) }
            #expect(
                try fixture.digestLines(fixture.fold(short)) == fixture.digestLines(fixture.fold(log)), "seed \(seed)")
        }
    }

    @Test func `a complete fold gives the current rows`() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            let fold = fixture.definition.completeFold()
            for event in log.events { try fold.apply(event) }
            var rows: [String] = []
            fold.forEachRow { rows.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
            let stored = try fixture.fold(log).rows.documents().sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            #expect(rows == stored, "seed \(seed)")
        }
    }

    @Test func `a row names the latest event of each of its executions`() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            var latest: [String: Int64] = [:]
            for event in log.events {
                if let payload = event.payload(as: ExecutionPayload.self) {
                    latest[payload.row.sourceTradeID] = event.record.position
                }
            }
            for row in try fixture.rows(log) {
                let expected = row["trade_ids"]?.elements.compactMap { $0.string.flatMap { latest[$0] } }.sorted()
                #expect(row["event_positions"]?.elements.compactMap(\.integer) == expected, "seed \(seed)")
            }
        }
    }
}
