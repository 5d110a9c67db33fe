import LedgerExplanations
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Every figure of every analysis has its events, its rule lines and its arithmetic.
@Suite struct ExplanationTests {
    private static let now = "2026-04-01T00:00:00Z"

    /// A market in which every kind was observed, hour by hour for a while.
    private func market() throws -> ObservedMarket {
        var market = ObservedMarket()
        for hour in (0..<60).reversed() {
            let time = try moment(Self.now, plusMinutes: -60 * hour)
            for kind in MarketKind.allCases { market.add(try sampleObserved(kind, "BTC", at: time)) }
        }
        return market
    }

    @Test(arguments: MarketAnalysis.all.map(\.name))
    func `every figure ends in what is published, with inputs as their events have them`(name: String) throws {
        let analysis = try #require(MarketAnalysis.named(name))
        for market in [try market(), ObservedMarket()] {
            let explanation = try market.explanation(analysis, now: moment(Self.now))
            #expect(explanation.mismatches.isEmpty, "\(name) \(explanation.mismatches)")
            if !market.events.isEmpty { #expect(!explanation.inputs.isEmpty && !explanation.rules.isEmpty) }
        }
    }
}
