import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// The answers behind the `vol_metrics` of a window. One that failed is nil.
struct VolatilityAnswers {
    /// `/analytics/volatility/index` by the hour.
    var index: [JSONValue]?
    /// `/analytics/realized-volatility/implied-vs-realized`.
    var impliedVersusRealized: [JSONValue]?
    /// `/analytics/volatility/delta-surfaces/constant` of 30 days by the hour.
    var surface: [JSONValue]?
    /// `/analytics/trades-flow/put-call-distribution` of each hour, on screen and in blocks.
    var distributions: [Instant: (onScreen: [JSONValue], blocks: [JSONValue])]?
    /// `/analytics/volatility/volatility-of-volatility`.
    var volatilityOfVolatility: [JSONValue]?

    /// The names of those that failed, as `missing_sources` has them.
    var missing: [String] {
        [
            ("volatility-index", index == nil), ("implied-vs-realized", impliedVersusRealized == nil),
            ("delta-surfaces", surface == nil), ("put-call-distribution", distributions == nil),
            ("volatility-of-volatility", volatilityOfVolatility == nil),
        ].compactMap { $0.1 ? $0.0 : nil }
    }
}

extension SeriesRows {
    /// A `vol_metrics` for each hour of which any answer has a figure.
    ///
    /// `dvol` is the `open` of the hour's bar: bars are named by their start, when nobody knows the `close` yet. `iv_atm_7d` and
    /// `iv_atm_30d` are `atm7` and `atm30`, `rv_7d` and `rv_30d` are `realizedVolatility7` and `realizedVolatility30`, `spot` is
    /// `indexPrice`. `skew_25d` = `deltaPut25` − `deltaCall25` and `total_oi` = `openInterest` of the 30 day row of the surface.
    /// `put_call_ratio` = puts ÷ calls, bought and sold, on screen and in blocks; null unless all eight are there and calls are
    /// above 0. `vol_of_vol` is that of the vendor's own timestamp. `vrp` stays null: the vendor's looks ahead.
    mutating func addVolatilityMetrics(_ answers: VolatilityAnswers, _ market: VendorMarket) {
        let index = byHour(answers.index, "exchangeTimestamp", market)
        let implied = byHour(answers.impliedVersusRealized, "timestamp", market)
        let ofMonth = answers.surface?.filter { WireValue.decimal($0["daysToExpiration"])?.value == FixedDecimal(30) }
        let surface = byHour(ofMonth, "timestamp", market)
        let ofVolatility = byHour(answers.volatilityOfVolatility, "timestamp", market)
        var hour = window.from
        while hour < window.to {
            var draft = ObservationDraft(.volMetrics, market)
            draft.set("timestamp", .instant(hour))
            if let open = Float32.exact(index[hour]?["open"]) {
                draft.set("dvol", open.value)
                if open.isShortened { draft.markRounded() }
            }
            if let row = implied[hour] {
                draft.setVolatility("iv_atm_7d", wire: row["atm7"])
                draft.setVolatility("iv_atm_30d", wire: row["atm30"])
                draft.set("rv_7d", wire: row["realizedVolatility7"])
                draft.set("rv_30d", wire: row["realizedVolatility30"])
                draft.set("spot", wire: row["indexPrice"])
            }
            if let row = surface[hour] {
                if let put = WireValue.exact(row["deltaPut25"]), let call = WireValue.exact(row["deltaCall25"]) {
                    draft.set("skew_25d", put - call)
                }
                draft.set("total_oi", wire: row["openInterest"])
            }
            if let distribution = answers.distributions?[hour] { draft.set("put_call_ratio", Self.ratio(distribution)) }
            draft.set("vol_of_vol", wire: ofVolatility[hour]?["volVol30"])
            draft.miss(answers.missing)
            // An hour without any figure is not there.
            if draft.hasFigure { add(draft) }
            hour = hour.plusHour
        }
    }

    /// The first row of each time that is a whole hour of the window.
    private mutating func byHour(_ rows: [JSONValue]?, _ time: String, _ market: VendorMarket) -> [Instant: JSONValue] {
        var found: [Instant: JSONValue] = [:]
        for row in rows ?? [] where row.isOf(market) {
            guard let timestamp = row.instant(time) else {
                skip()
                continue
            }
            if window.contains(timestamp), timestamp == timestamp.flooredToHour, found[timestamp] == nil { found[timestamp] = row }
        }
        return found
    }

    private static func ratio(_ distribution: (onScreen: [JSONValue], blocks: [JSONValue])) -> ExactNumber? {
        var (puts, calls) = (ExactNumber.zero, ExactNumber.zero)
        for row in [distribution.onScreen.first, distribution.blocks.first] {
            guard let row, let putsBought = WireValue.exact(row["putContractsBought"]),
                let putsSold = WireValue.exact(row["putContractsSold"]), let callsBought = WireValue.exact(row["callsContractsBought"]),
                let callsSold = WireValue.exact(row["callsContractsSold"])
            else { return nil }
            puts += putsBought + putsSold
            calls += callsBought + callsSold
        }
        return puts.divided(by: calls)
    }
}
