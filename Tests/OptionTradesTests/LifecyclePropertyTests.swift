import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Properties of lifecycles over random groups, half of them with nulls everywhere.
@Suite struct LifecyclePropertyTests {
    let book: LifecycleBook
    private static let seeds: Range<UInt64> = 0..<1_000

    init() throws { book = try LifecycleBook() }

    private func lifecycle(_ rows: [ExecutionRow]) -> Lifecycle? {
        let members = rows.enumerated().map { LifecycleMember(of: $0.element, position: Int64($0.offset + 1)) }
        return Lifecycle(
            of: LifecycleGroup(key: LifecycleKey(of: rows[0]), members: members), rules: book.rules)
    }

    private func forEachSeed(_ body: (UInt64, [ExecutionRow], inout SeededGenerator) throws -> Void) throws {
        for seed in Self.seeds {
            var generator = LifecycleGenerator(seed: seed, odd: seed % 2 == 0 ? 0 : 8)
            let rows = try generator.rows(1 + Int(seed % 23))
            try body(seed, rows, &generator.random)
        }
    }

    /// One contract at a time, in a queue: slow, and nothing like what it checks.
    private struct Counted {
        var queue: [ExecutionRow] = []
        var pairs: [(open: String, close: String)] = []
        var left: [String] { queue.map(\.sourceTradeID) }
        var cycles = 0
        var flips = false
        var reopens = false

        init(_ rows: [ExecutionRow]) {
            for row in rows {
                guard let direction = row.direction, let quantity = row.quantity else { continue }
                var closed = false
                var crossed = false
                for _ in 0..<Int(quantity.units / FixedDecimal.unitsPerOne) {
                    if let first = queue.first, first.direction != direction {
                        pairs.append((queue.removeFirst().sourceTradeID, row.sourceTradeID))
                        closed = true
                    } else {
                        if queue.isEmpty {
                            if closed { crossed = true } else if cycles > 0 { reopens = true }
                            cycles += 1
                        }
                        queue.append(row)
                    }
                }
                if crossed { flips = true }
            }
        }
    }

    @Test func `matching is what counting contract by contract gives`() throws {
        try forEachSeed { seed, rows, _ in
            let executions = rows.filter { $0.isExecution(book.rules.trades) }.sorted(by: ExecutionOrder.precedes)
            guard let life = lifecycle(rows) else {
                #expect(executions.isEmpty, "seed \(seed)")
                return
            }
            #expect(life.tradeIDs == executions.map(\.sourceTradeID), "seed \(seed)")
            let counted = Counted(executions)
            var pairs: [(open: String, close: String)] = []
            for match in life.matches {
                for _ in 0..<Int(match.quantity.units / FixedDecimal.unitsPerOne) {
                    pairs.append((match.openTradeID, match.closeTradeID))
                }
            }
            #expect(pairs.map(\.open) == counted.pairs.map(\.open), "seed \(seed)")
            #expect(pairs.map(\.close) == counted.pairs.map(\.close), "seed \(seed)")
            let open = life.openLots.flatMap { lot in
                Array(repeating: lot.tradeID, count: Int(lot.remainingQuantity.units / FixedDecimal.unitsPerOne))
            }
            #expect(open == counted.left, "seed \(seed)")
            #expect(life.closedQuantity == FixedDecimal(pairs.count), "seed \(seed)")
            #expect(life.cycleCount == counted.cycles, "seed \(seed)")
            #expect(life.flags.contains(.flipped) == counted.flips, "seed \(seed)")
            #expect(life.flags.contains(.reopened) == counted.reopens, "seed \(seed)")
        }
    }

    @Test func `quantities balance`() throws {
        try forEachSeed { seed, rows, _ in
            guard let life = lifecycle(rows) else { return }
            let remaining = life.openLots.reduce(FixedDecimal.zero) { $0 + $1.remainingQuantity }
            #expect(life.netQuantity.magnitude == remaining, "seed \(seed)")
            #expect(life.totalBuyQuantity + life.totalSellQuantity - life.closedQuantity - life.closedQuantity == remaining)
            #expect(life.netQuantity == life.totalBuyQuantity - life.totalSellQuantity, "seed \(seed)")
            #expect(life.matches.reduce(FixedDecimal.zero) { $0 + $1.quantity } == life.closedQuantity, "seed \(seed)")
            #expect(Set(life.openLots.map(\.side)).count <= 1, "seed \(seed)")
        }
    }

    /// With every figure known: cash in less cash out is what was realized and what is still tied up.
    @Test func `cashflow is realized profit less what is open`() throws {
        try forEachSeed { seed, rows, _ in
            guard seed % 2 == 0, let life = lifecycle(rows) else { return }
            let cash = try #require(life.netPremiumCashflowUSD.total)
            let realized = try #require(life.realizedProfitBeforeFeesUSD)
            let open = try #require(life.openPremiumUSD)
            #expect(cash == (life.netQuantity.isNegative ? realized + open : realized - open), "seed \(seed)")
        }
    }

    @Test func `the order of arrival changes nothing`() throws {
        try forEachSeed { seed, rows, random in
            let key = LifecycleKey(of: rows[0])
            let members = rows.enumerated().map { LifecycleMember(of: $0.element, position: Int64($0.offset + 1)) }
            let expected = Lifecycle(of: LifecycleGroup(key: key, members: members), rules: book.rules)
            var group = LifecycleGroup(key: key)
            for member in members.shuffled(using: &random) {
                group.record(member)
                if Bool.random(using: &random) { group.record(member) }
            }
            #expect(group.members.map(\.tradeID) == LifecycleGroup(key: key, members: members).members.map(\.tradeID))
            let found = Lifecycle(of: group, rules: book.rules)
            #expect(String(describing: found.map(Facts.init)) == String(describing: expected.map(Facts.init)), "seed \(seed)")
        }
    }

    /// A lifecycle with its flags in order, so that its description is the same for the same figures.
    private struct Facts {
        let figures: [String]

        init(_ life: Lifecycle) {
            figures = [
                "\(life.tradeIDs)", "\(life.matches)", "\(life.openLots)", "\(life.flagNames)", life.quality,
                "\(life.state)", "\(life.missingFields)", "\(life.grossPremiumUSD)", "\(life.netPremiumCashflowUSD)",
                "\(life.feesUSD)", "\(life.eventPositions)", "\(String(describing: life.averageOpenPrice))",
                "\(String(describing: life.openPremiumUSD))", "\(String(describing: life.realizedProfitBeforeFeesUSD))",
            ]
        }
    }

    @Test func `nothing missing shows as zero`() throws {
        var (nulls, withheld) = (0, 0)
        try forEachSeed { seed, rows, _ in
            guard let life = lifecycle(rows) else { return }
            let executions = rows.filter { $0.isExecution(book.rules.trades) }
            let byID = Dictionary(uniqueKeysWithValues: executions.map { ($0.sourceTradeID, $0) })
            func isPriced(_ id: String) -> Bool {
                guard let row = byID[id] else { return false }
                return row.price != nil && row.contractMultiplier != nil && row.priceCurrency == "USD"
            }
            let premiums = executions.map { EntryPremium(of: $0, rules: book.rules.trades).usd }
            if premiums.contains(nil) {
                nulls += 1
                #expect(life.grossPremiumUSD.total == nil && life.netPremiumCashflowUSD.total == nil, "seed \(seed)")
                #expect(life.missingFields.contains("entry_premium_usd"), "seed \(seed)")
            }
            if premiums.allSatisfy({ $0 == nil }) { #expect(life.grossPremiumUSD.known == nil, "seed \(seed)") }
            let fees = executions.map(\.feesUSD)
            if fees.contains(nil) {
                #expect(life.feesUSD.total == nil && life.missingFields.contains("fees_usd"), "seed \(seed)")
            }
            if fees.allSatisfy({ $0 == nil }) { #expect(life.feesUSD.known == nil, "seed \(seed)") }
            for match in life.matches {
                let multipliers = (byID[match.openTradeID]?.contractMultiplier, byID[match.closeTradeID]?.contractMultiplier)
                let known = isPriced(match.openTradeID) && isPriced(match.closeTradeID) && multipliers.0 == multipliers.1
                #expect((match.profitBeforeFeesUSD != nil) == known, "seed \(seed)")
                if !known {
                    withheld += 1
                    #expect(life.realizedProfitBeforeFeesUSD == nil, "seed \(seed)")
                }
            }
            let isOpenKnown = life.openLots.allSatisfy { isPriced($0.tradeID) }
            #expect((life.openPremiumUSD != nil) == isOpenKnown, "seed \(seed)")
            if life.openLots.isEmpty { #expect(life.averageOpenPrice == nil, "seed \(seed)") }
        }
        #expect(nulls > 200 && withheld > 200)
    }
}
