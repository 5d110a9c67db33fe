import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension SeriesRows {
    /// `/analytics/volatility/delta-surfaces/constant`: an `iv_surface` for each point of each row that has a volatility.
    ///
    /// `deltaPut05` stands at delta −5, `delta50` at 50, `deltaCall45` at 45; `atm` is no point of the surface. `forward` and
    /// `source_underlying_price` are `underlyingPrice`, `source_index_price` is `indexPrice`, `dte` is `daysToExpiration`.
    mutating func addSurface(_ rows: [JSONValue], _ market: VendorMarket) {
        for row in rows where row.isOf(market) {
            guard let timestamp = row.instant("timestamp") else {
                skip()
                continue
            }
            for (key, volatility) in row.members {
                guard let delta = Self.delta(ofPoint: key) else { continue }
                var draft = ObservationDraft(.ivSurface, market)
                draft.setVolatility("iv", wire: volatility)
                // A point without a volatility is no row.
                guard draft.hasFigure else { continue }
                draft.set("timestamp", .instant(timestamp))
                draft.set("dte", wire: row["daysToExpiration"])
                draft.set("delta", .decimal(FixedDecimal(delta)))
                draft.set("forward", wire: row["underlyingPrice"])
                draft.set("source_underlying_price", wire: row["underlyingPrice"])
                draft.set("source_index_price", wire: row["indexPrice"])
                add(draft)
            }
        }
    }

    /// The signed delta that a key names, nil for keys that are no point.
    static func delta(ofPoint key: String) -> Int? {
        if key.isBytewiseEqual(to: "delta50") { return 50 }
        for (prefix, sign) in [("deltaCall", 1), ("deltaPut", -1)] where key.hasPrefix(prefix) {
            let digits = key.dropFirst(prefix.count)
            guard digits.utf8.count == 2, let delta = UInt8(digits), delta > 0 else { return nil }
            return sign * Int(delta)
        }
        return nil
    }

    /// `/analytics/volatility/term-structures/forward-volatility/constant`: a `term_structure` for each row.
    mutating func addTermStructure(_ rows: [JSONValue], _ market: VendorMarket) {
        for row in rows where row.isOf(market) {
            var draft = ObservationDraft(.termStructure, market)
            draft.set("dte", wire: row["daysToExpiration"])
            draft.setVolatility("iv", wire: row["atm"])
            draft.setVolatility("forward_iv", wire: row["fwdAtm"])
            guard draft.hasFigure else {
                skip()
                continue
            }
            draft.set("timestamp", row.instant("timestamp").map { .instant($0) })
            add(draft)
        }
    }
}
