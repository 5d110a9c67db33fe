import LedgerEvents
import LedgerRules
package import LedgerValues

/// How trustworthy a benchmark is.
package enum BenchmarkQuality: String, Sendable, CaseIterable {
    /// A fresh quote with a bid, and an ask at or above it.
    case quoted
    /// A quote outside the tolerance. A model's mark does not change this.
    case stale
    /// No usable quote, but a model's mark.
    case estimated
    case unavailable
}

/// What the benchmark shows about the liquidity of the traded contract.
package enum ExecutionLiquidityQuality: String, Sendable, CaseIterable {
    /// Quoted, with both sizes, volume and open interest.
    case available
    /// Quoted, with some but not all of these.
    case partial
    case stale
    case unavailable
    /// The look-up was refused.
    case notEntitled = "not_entitled"
    /// No look-up was made.
    case notSourced = "not_sourced"
}

/// A recorded benchmark held against its execution (docs/contract/execution-quality.md, "Benchmark quality").
///
/// A quote's figures are present only if it is `quoted`. A model's mark never becomes a bid, an ask or a mid.
package struct JudgedBenchmark: Sendable, Equatable {
    package let quality: BenchmarkQuality
    package let liquidity: ExecutionLiquidityQuality
    /// Per contract.
    package let bid: FixedDecimal?
    /// Per contract.
    package let ask: FixedDecimal?
    /// (bid + ask) ÷ 2, exact.
    package let mid: ExactNumber?
    /// In contracts.
    package let bidSize: FixedDecimal?
    /// In contracts.
    package let askSize: FixedDecimal?
    /// In contracts.
    package let volume24h: FixedDecimal?
    /// In contracts.
    package let openInterest: FixedDecimal?
    /// The quote's own mark, else its mid. For an estimate, the model's mark. Exact.
    package let mark: ExactNumber?
    /// Vol points, from the same source as the mark.
    package let iv: FixedDecimal?
    /// The origin of the quote or of the model's mark.
    package let source: String?
    /// The quote's own time. Independent of the quality.
    package let timestamp: Instant?
    /// |quote time − trade| in minutes, rounded half to even to 4 places. Independent of the quality.
    package let timeDeltaMinutes: FixedDecimal?
    /// Whether the quote is later than the trade.
    package let isPostTrade: Bool
    /// The faults of the quote, as named in `missing_fields`; sorted.
    let missing: [String]

    /// - Parameter event: nil if no look-up was made for the current row
    package init(of event: ExecutionBenchmarkPayload?, tradeDate: Instant, rules: ExecutionQualityRules) {
        let quote = event?.quote
        let apart = quote.map { $0.time.microseconds - tradeDate.microseconds }
        let isFresh = apart.map { $0.magnitude <= UInt64(rules.freshMinutes) * UInt64(Self.minute) } ?? false
        let used = quote.flatMap { isFresh && $0.isTwoSided(rules) ? $0 : nil }
        let isStale = quote != nil && !isFresh
        let model = used == nil && !isStale ? event?.model : nil

        quality = used != nil ? .quoted : isStale ? .stale : model != nil ? .estimated : .unavailable
        liquidity =
            if let used {
                used.liquidity
            } else if isStale {
                .stale
            } else if let event {
                event.notEntitled ? .notEntitled : .unavailable
            } else {
                .notSourced
            }
        bid = used?.bid
        ask = used?.ask
        mid = used?.exactMid
        bidSize = used?.bidSize
        askSize = used?.askSize
        volume24h = used?.volume24h
        openInterest = used?.openInterest
        mark = (used?.mark ?? model?.mark).map { ExactNumber($0) } ?? used?.exactMid
        iv = used == nil ? model?.iv : used?.markIV
        source = model != nil ? rules.modelSource : quote == nil ? nil : event?.quoteSource
        timestamp = quote?.time
        timeDeltaMinutes = apart.flatMap { Self.minutes($0.magnitude) }
        isPostTrade = apart.map { $0 > 0 } ?? false
        missing =
            quote.map { $0.missing(isFresh: isFresh, isQuoted: used != nil, rules) } ?? ["missing:benchmark_quote"]
    }

    /// In microseconds.
    private static let minute: Int64 = 60_000_000

    private static func minutes(_ microseconds: UInt64) -> FixedDecimal? {
        ExactNumber(Int(microseconds)).divided(by: ExactNumber(Int(Self.minute)))?.rounded(fractionDigits: 4)
    }
}

extension OptionQuote {
    /// Whether there is a bid that counts and an ask at or above it. Equal sides are a locked quote, which still counts.
    fileprivate func isTwoSided(_ rules: ExecutionQualityRules) -> Bool {
        guard let bid, let ask else { return false }
        return bid > rules.bidAbove && ask >= bid
    }

    fileprivate var exactMid: ExactNumber? {
        guard let bid, let ask else { return nil }
        return (ExactNumber(bid) + ExactNumber(ask)).divided(by: ExactNumber(2))
    }

    /// How much a usable quote shows about the contract's liquidity.
    fileprivate var liquidity: ExecutionLiquidityQuality {
        let figures = [bidSize, askSize, volume24h, openInterest]
        let known = figures.count { $0 != nil }
        return known == figures.count ? .available : known > 0 ? .partial : .unavailable
    }

    fileprivate func missing(isFresh: Bool, isQuoted: Bool, _ rules: ExecutionQualityRules) -> [String] {
        var missing: [String] = []
        if !isFresh { missing.append("stale_quote") }
        if bid.map({ $0 <= rules.bidAbove }) ?? true { missing.append("missing:benchmark_bid") }
        if ask == nil { missing.append("missing:benchmark_ask") }
        if let bid, let ask, ask < bid { missing.append("crossed_quote") }
        if isQuoted {
            if bidSize == nil { missing.append("missing:benchmark_bid_size") }
            if askSize == nil { missing.append("missing:benchmark_ask_size") }
            if volume24h == nil { missing.append("missing:contract_volume_24h") }
            if openInterest == nil { missing.append("missing:contract_open_interest") }
            if markIV == nil { missing.append("missing:benchmark_iv") }
        }
        return missing
    }
}
