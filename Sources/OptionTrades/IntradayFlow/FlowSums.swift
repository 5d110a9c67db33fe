package import LedgerValues

/// Exact sums of trades, rounded once.
package struct FlowSums: Sendable {
    package private(set) var buyVolume = ExactNumber.zero
    package private(set) var sellVolume = ExactNumber.zero
    package private(set) var unknownVolume = ExactNumber.zero
    package private(set) var buyNotional = ExactNumber.zero
    package private(set) var sellNotional = ExactNumber.zero
    package private(set) var tradeCount: Int64 = 0
    package private(set) var unknownTradeCount: Int64 = 0
    package private(set) var validQuoteCount: Int64 = 0

    package init() {}

    package mutating func add(_ trade: FlowTrade, multiplier: FixedDecimal) {
        tradeCount += 1
        if trade.hasValidQuote { validQuoteCount += 1 }
        let notional = FixedDecimal.product(trade.price, trade.size, multiplier)
        switch trade.side {
        case .buy:
            buyVolume += trade.size.exact
            buyNotional += notional
        case .sell:
            sellVolume += trade.size.exact
            sellNotional += notional
        case .unknown:
            unknownVolume += trade.size.exact
            unknownTradeCount += 1
        }
    }

    /// Adds what other trades added up to.
    ///
    /// - Parameter validQuoteCount: of them.
    package mutating func add(_ figures: FlowFigures, validQuoteCount: Int64) {
        buyVolume += figures.buyVolume.exact
        sellVolume += figures.sellVolume.exact
        unknownVolume += figures.unknownVolume.exact
        buyNotional += figures.buyNotional.exact
        sellNotional += figures.sellNotional.exact
        tradeCount += figures.tradeCount
        unknownTradeCount += figures.unknownTradeCount
        self.validQuoteCount += validQuoteCount
    }

    /// A count as a share of all trades. Nil without trades.
    ///
    /// - Parameter digits: its fractional digits.
    package func share(of count: Int64, digits: Int) -> FixedDecimal? {
        ExactNumber(Int(count)).divided(by: ExactNumber(Int(tradeCount)))?.rounded(fractionDigits: digits)
    }

    /// The figures. Nil if one is too large for a published decimal.
    ///
    /// - Parameter digits: the fractional digits of shares.
    package func figures(digits: Int) -> FlowFigures? {
        var figures = FlowFigures()
        guard let buyVolume = Self.published(buyVolume), let sellVolume = Self.published(sellVolume),
            let unknownVolume = Self.published(unknownVolume), let buyNotional = Self.published(buyNotional),
            let sellNotional = Self.published(sellNotional), let net = Self.published(self.buyNotional - self.sellNotional)
        else { return nil }
        (figures.buyVolume, figures.sellVolume, figures.unknownVolume) = (buyVolume, sellVolume, unknownVolume)
        (figures.buyNotional, figures.sellNotional, figures.netNotional) = (buyNotional, sellNotional, net)
        (figures.tradeCount, figures.unknownTradeCount) = (tradeCount, unknownTradeCount)
        figures.unknownTradeShare = share(of: unknownTradeCount, digits: digits)
        return figures
    }

    /// An event holds decimals below 10^18.
    private static func published(_ value: ExactNumber) -> FixedDecimal? {
        value.rounded().flatMap { $0.magnitude < limit ? $0 : nil }
    }

    private static let limit = FixedDecimal(1_000_000_000_000_000_000)
}
