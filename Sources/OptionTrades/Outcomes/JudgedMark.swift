import LedgerEvents
import LedgerRules
package import LedgerValues

/// How trustworthy a mark is.
package enum MarkQuality: String, Sendable, CaseIterable {
    /// A fresh quote with a price.
    case quoted
    /// A quote outside the tolerance.
    case stale
    /// No quote, or a fresh one without a price.
    case unavailable
}

/// A quote held against a horizon's target (docs/contract/outcomes.md, "Marks").
package struct JudgedMark: Sendable, Equatable {
    package let quality: MarkQuality
    /// The quote's own time. Independent of the quality; nil without a quote.
    package let timestamp: Instant?
    /// |quote time − target| in minutes, rounded half to even to 4 places. Independent of the quality.
    package let timeDeltaMinutes: FixedDecimal?
    /// The quote's mark, else (bid + ask) ÷ 2 if bid > 0 and ask ≥ bid. Exact, and present only if `quoted`. A mark of
    /// 0 is a price.
    package let price: ExactNumber?
    /// The quote's implied volatility in vol points. Present only if `quoted`.
    package let iv: FixedDecimal?
    /// The underlying's price in a fresh quote, which itself need not have a price.
    package let underlyingPrice: FixedDecimal?

    package init(of quote: OptionQuote?, horizon: Horizon, target: Instant, rules: OutcomesRules) {
        guard let quote else {
            (quality, timestamp, timeDeltaMinutes) = (.unavailable, nil, nil)
            (price, iv, underlyingPrice) = (nil, nil, nil)
            return
        }
        let apart = quote.time.microseconds - target.microseconds
        let reach = Int64(rules.freshMinutes) * OutcomeClock.microsecondsPerMinute
        let isFresh = apart.magnitude <= reach.magnitude && !(horizon == .expiry && apart > 0)
        let known = isFresh ? quote.forwardPrice(rules) : nil
        timestamp = quote.time
        timeDeltaMinutes = Self.minutes(apart.magnitude)
        quality = !isFresh ? .stale : known == nil ? .unavailable : .quoted
        price = known
        iv = known == nil ? nil : quote.markIV
        underlyingPrice = isFresh ? quote.underlyingPrice : nil
    }

    private static func minutes(_ microseconds: UInt64) -> FixedDecimal? {
        ExactNumber(Int(microseconds)).divided(
            by: ExactNumber(Int(OutcomeClock.microsecondsPerMinute)))?
            .rounded(fractionDigits: 4)
    }
}

extension OptionQuote {
    /// The value of a quote: its mark, else the middle of a bid above the rules' bound (zero) and an ask at or above
    /// the bid. Exact. Nil for any other quote.
    fileprivate func forwardPrice(_ rules: OutcomesRules) -> ExactNumber? {
        if let mark { return ExactNumber(mark) }
        guard let bid, let ask, bid > rules.bidAbove, ask >= bid else { return nil }
        return (ExactNumber(bid) + ExactNumber(ask)).divided(by: ExactNumber(2))
    }
}
