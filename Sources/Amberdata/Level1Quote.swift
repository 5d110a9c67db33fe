import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension OptionQuote {
    /// A row of level-1 quotes; nil where it is of another contract, or has no time.
    ///
    /// Rows are told apart by currency, expiry, strike, and put or call: the instrument's text cuts strikes off.
    /// `volume` is no 24 hour volume, so that only a field which says so fills it.
    init?(level1 row: JSONValue, of contract: OptionContract) {
        guard row["currency"]?.string?.isBytewiseEqual(to: contract.underlying) ?? false,
            row["putCall"]?.stringIs(contract.optionType == .call ? "C" : "P") ?? false,
            WireValue.decimal(row["strike"])?.value == contract.strike,
            // Midnight UTC of the day of expiry, not its moment.
            WireValue.instant(row["expirationTimestamp"])?.date == contract.expiry,
            let timestamp = WireValue.instant(row["timestamp"])
        else { return nil }
        var isRounded = false
        func decimal(_ key: String) -> FixedDecimal? {
            guard let found = WireValue.decimal(row[key]) else { return nil }
            if found.isRounded { isRounded = true }
            return found.value
        }
        let (bid, ask) = (decimal("bid"), decimal("ask"))
        let (bidSize, askSize) = (decimal("bidVolume"), decimal("askVolume"))
        let (mark, markIV) = (decimal("markPrice"), decimal("markIv"))
        let (underlying, volume, interest) = (
            decimal("underlyingPrice"), decimal("volume24h"), decimal("openInterest")
        )
        self.init(
            timestamp: timestamp, exchangeTimestamp: WireValue.instant(row["exchangeTimestamp"]), bid: bid, ask: ask,
            bidSize: bidSize, askSize: askSize, mark: mark, markIV: markIV, underlyingPrice: underlying,
            volume24h: volume, openInterest: interest, rounded: isRounded)
    }
}
