import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport

/// Random executions of one contract: ties, flips, fractions, and nulls as often as asked.
struct LifecycleGenerator {
    var random: SeededGenerator
    /// Of a hundred values, how many are missing or odd.
    let odd: Int

    init(seed: UInt64, odd: Int) {
        random = SeededGenerator(seed: seed)
        self.odd = odd
    }

    mutating func rows(_ count: Int) throws -> [ExecutionRow] {
        try (0..<count).map { try row($0) }
    }

    private mutating func isOdd() -> Bool { Int.random(in: 0..<100, using: &random) < odd }

    private mutating func row(_ number: Int) throws -> ExecutionRow {
        var row = try sampleRow("T\(Int.random(in: 0..<1000, using: &random))-\(number)")
        row.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: Int.random(in: 0..<20, using: &random) * 30)
        row.sourceCreatedAt =
            Bool.random(using: &random)
            ? try instant("2026-01-10T14:00:00Z", plusSeconds: Int.random(in: 0..<3, using: &random)) : nil
        row.direction = isOdd() ? nil : Bool.random(using: &random) ? .buy : .sell
        row.quantity = isOdd() ? nil : FixedDecimal(Int.random(in: 1...9, using: &random))
        row.price = isOdd() ? nil : FixedDecimal(units: Int128(Int.random(in: 0...400, using: &random)) * 125_000_000)
        row.priceCurrency = isOdd() ? [nil, "EUR"].randomElement(using: &random) ?? nil : "USD"
        row.contractMultiplier = isOdd() ? [nil, FixedDecimal(10)].randomElement(using: &random) ?? nil : FixedDecimal(100)
        row.quantityUnit = isOdd() ? [nil, "SHARES"].randomElement(using: &random) ?? nil : "CONTRACTS"
        row.premiumUSD = isOdd() ? FixedDecimal(Int.random(in: 0...9_000, using: &random)) : nil
        row.feesUSD = isOdd() ? nil : FixedDecimal(units: Int128(Int.random(in: -100...900, using: &random)) * 100_000_000)
        row.isSynthetic = isOdd() ? Bool.random(using: &random) : nil
        row.tradeStatus = isOdd() ? TradeStatus.allCases.randomElement(using: &random) ?? .filled : .filled
        return row
    }
}
