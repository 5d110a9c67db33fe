import LedgerEvents
import LedgerRules
package import LedgerValues

/// What an execution's price was worth against the quote of its own contract (docs/contract/execution-quality.md, "Columns").
///
/// All arithmetic is exact, and each figure is rounded once, half to even, to 10 digits. A figure that lacks an input
/// is nil, never zero. Positive slippage is worse than the benchmark, for a buy and for a sale.
package struct ExecutionQuality: Sendable {
    /// The row's price, in its own currency.
    package let fillPrice: FixedDecimal?
    package let benchmark: JudgedBenchmark
    package let benchmarkMid: FixedDecimal?
    package let benchmarkMark: FixedDecimal?
    /// For a buy fill − mid, for a sale mid − fill.
    package let fillVsMid: FixedDecimal?
    /// fillVsMid × quantity × multiplier.
    package let fillVsMidUSD: FixedDecimal?
    /// fillVsMid ÷ mid × 10000.
    package let fillVsMidBps: FixedDecimal?
    /// For a buy (ask − fill) ÷ (ask − bid), for a sale (fill − bid) ÷ (ask − bid). Below 0 or above 1 for a fill
    /// outside the quote, nil for a locked quote.
    package let spreadCapture: FixedDecimal?
    /// For a buy fill − mark, for a sale mark − fill. The mark may be a model's.
    package let fillVsSurfaceMark: FixedDecimal?
    /// The reason why the look-up failed or was not made.
    package let lookupError: String?
    /// Sorted bytewise: `post_trade_quote`, `stale_basis`.
    package let benchmarkFlags: [String]
    /// Sorted bytewise.
    package let missingFields: [String]

    /// - Parameter event: the trade's latest benchmark. One whose basis differs from the row's counts as absent, except
    ///   for the flag `stale_basis`.
    package init(of row: ExecutionRow, benchmark event: ExecutionBenchmarkPayload?, rules: ExecutionQualityRules) {
        let used = event.flatMap { $0.basis.isBasis(of: row) ? $0 : nil }
        let benchmark = JudgedBenchmark(of: used, tradeDate: row.tradeDate, rules: rules)
        let fill = ComparableFill(row, rules)

        self.benchmark = benchmark
        fillPrice = row.price
        benchmarkMid = benchmark.mid?.rounded()
        benchmarkMark = benchmark.mark?.rounded()
        let againstMid = fill?.worse(than: benchmark.mid)
        fillVsMid = againstMid?.rounded()
        fillVsMidUSD = againstMid.flatMap { difference in
            guard let quantity = row.quantity, let multiplier = row.contractMultiplier else { return nil }
            return (difference * ExactNumber(quantity) * ExactNumber(multiplier)).rounded()
        }
        fillVsMidBps = againstMid.flatMap { difference in
            benchmark.mid.flatMap { difference.divided(by: $0) }.flatMap { ($0 * basisPoints).rounded() }
        }
        spreadCapture = fill?.spreadCapture(bid: benchmark.bid, ask: benchmark.ask)?.rounded()
        fillVsSurfaceMark = fill?.worse(than: benchmark.mark)?.rounded()
        lookupError = used?.error

        var flags: [String] = []
        if benchmark.isPostTrade { flags.append("post_trade_quote") }
        if event != nil, used == nil { flags.append("stale_basis") }
        benchmarkFlags = flags
        missingFields = (benchmark.missing + Self.missing(row, isQuoted: benchmark.quality == .quoted, rules))
            .sorted { $0.isBytewiseLess(than: $1) }
    }

    private static func missing(_ row: ExecutionRow, isQuoted: Bool, _ rules: ExecutionQualityRules) -> [String] {
        var missing: [String] = []
        if row.price == nil { missing.append("missing:fill_price") }
        if row.direction == nil { missing.append("missing:direction") }
        if let currency = row.priceCurrency {
            if !currency.isBytewiseEqual(to: rules.priceCurrency) { missing.append("non_usd_price") }
        } else {
            missing.append("missing:price_currency")
        }
        if isQuoted {
            if row.quantity == nil { missing.append("missing:quantity") }
            if row.contractMultiplier == nil { missing.append("missing:contract_multiplier") }
        }
        return missing
    }
}

/// The number of basis points in one.
private let basisPoints = ExactNumber(10_000)

/// A fill that can be compared with a quote: its price in the quote's currency, and its side.
private struct ComparableFill {
    let price: ExactNumber
    let direction: Direction

    init?(_ row: ExecutionRow, _ rules: ExecutionQualityRules) {
        guard let price = row.price, let direction = row.direction, let currency = row.priceCurrency,
            currency.isBytewiseEqual(to: rules.priceCurrency)
        else { return nil }
        self.price = ExactNumber(price)
        self.direction = direction
    }

    /// By how much the fill is worse than a benchmark. For a buy that is the amount above it, for a sale the amount
    /// below it.
    func worse(than benchmark: ExactNumber?) -> ExactNumber? {
        benchmark.map { direction == .buy ? price - $0 : $0 - price }
    }

    /// The share of the spread that the fill kept. Nil without a spread.
    func spreadCapture(bid: FixedDecimal?, ask: FixedDecimal?) -> ExactNumber? {
        guard let bid, let ask else { return nil }
        let (low, high) = (ExactNumber(bid), ExactNumber(ask))
        return (direction == .buy ? high - price : price - low).divided(by: high - low)
    }
}
