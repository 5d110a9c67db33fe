import LedgerAnalyses
import LedgerRules
import LedgerValues

/// What covered calls and cash-secured puts would yield, beside the basis of the shortest tenor (docs/contract/analyses.md, "Yields").
///
/// No table holds chains of options yet: candidates are null, and `option_chain` is unavailable.
struct YieldsAnalysis: MarketFigures {
    static let name = "yields"
    static let chain = "option_chain"

    let rules: MarketRules

    init(rulesVersion: Int, read: RuleFileReader) throws {
        rules = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.futuresBasis], absent: [Self.chain], own: [], read
        ).rules
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] {
        [SeriesRange(.futuresBasis, from: now.minutesBefore(rules.needs.usableMinutes(.futuresBasis)))]
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        let rows = market.usable(.futuresBasis)
        let shortest = rows?.compactMap { $0.integer("tenor_days") }.min()
        return MarketData(
            data: .object([
                (
                    "basis",
                    rows.map { rows in .latestBasis(rows.filter { $0.integer("tenor_days") == shortest }) } ?? .unavailable(.futuresBasis)
                ), ("candidates", .unavailable(Self.chain)),
            ]))
    }
}
