import LedgerEvents
import LedgerValues
import OptionTrades

/// FIFO matching in the pure function on one core: matches, open lots, and the realized P&L of each match and of all
/// matches. The baseline is one pass over the same executions that only adds up their values.
enum MatchingBenchmark {
    /// The executions per lifecycle: a desk's trades in one contract, and all executions in one.
    static let groupSizes = [24, 1_000_000]

    static func run(_ bench: Bench) async throws {
        let count = max(bench.events, 1_000_000)
        for size in groupSizes {
            try measure(bench, "groups of \(size)", groups(count, size, fractional: false))
        }
        try measure(bench, "groups of 24, fractional contracts", groups(count, 24, fractional: true))
    }

    private static func measure(_ bench: Bench, _ name: String, _ groups: [[MatchableExecution]]) throws {
        let count = groups.reduce(0) { $0 + $1.count }
        var seconds: [Double] = []
        var bare: [Double] = []
        for _ in 0..<bench.rounds {
            let clock = ContinuousClock()
            var (matched, worth) = (0, ExactNumber.zero)
            let fifo = clock.measure {
                for group in groups { matched += FIFOMatching(group).matches.count }
            }
            let pass = clock.measure {
                for group in groups {
                    for execution in group {
                        guard let price = execution.price, let multiplier = execution.multiplier else { continue }
                        worth += FixedDecimal.product(price, execution.quantity, multiplier)
                    }
                }
            }
            guard matched > 0, !worth.isZero else { throw BenchmarkError("nothing matched") }
            seconds.append(fifo / .seconds(1))
            bare.append(pass / .seconds(1))
        }
        Bench.line("\(name) (goal ≥ 1,000,000/s)", count: count, seconds: seconds)
        Bench.ratio("matching ÷ adding up", Bench.median(bare) / Bench.median(seconds))
    }

    /// Buys and sells of 1 to 50 contracts, alternately opening, closing, flipping and reopening.
    private static func groups(_ count: Int, _ size: Int, fractional: Bool) -> [[MatchableExecution]] {
        var state: UInt64 = 42
        func next(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        return stride(from: 0, to: count, by: size).map { start in
            (start..<min(start + size, count)).map { _ in
                let contracts = FixedDecimal(1 + next(50))
                return MatchableExecution(
                    side: next(2) == 0 ? .buy : .sell,
                    quantity: fractional ? FixedDecimal(units: contracts.units + 2_500_000_000) : contracts,
                    price: FixedDecimal(units: Int128(1 + next(8_000)) * 50_000_000), multiplier: FixedDecimal(100),
                    isInPricedCurrency: true)
            }
        }
    }
}
