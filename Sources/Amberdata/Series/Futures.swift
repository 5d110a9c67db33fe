import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension SeriesRows {
    private static let million = ExactNumber(1_000_000)

    /// `/analytics/futures-perpetuals/open-interest-total`: an `open_interest` for each row. `oi_value` is `coin`, `oi_notional`
    /// is `usd` in dollars: the wire has millions.
    mutating func addOpenInterest(_ rows: [JSONValue], _ market: VendorMarket) {
        for row in rows {
            var draft = ObservationDraft(.openInterest, market)
            draft.set("oi_value", wire: row["coin"])
            draft.set("oi_notional", WireValue.exact(row["usd"]).map { $0 * Self.million })
            guard draft.hasFigure else {
                skip()
                continue
            }
            draft.set("timestamp", row.instant("timestamp").map { .instant($0) })
            draft.set("exchange", row.text("exchange"))
            add(draft)
        }
    }

    /// `/analytics/futures-perpetuals/realized-funding-rates-cumulated`: a `funding_rate` for each row.
    ///
    /// `rate` is `realizedFunding` ÷ 100 for a venue that pays every 8 hours, and × interval ÷ 8 for one that pays more often: the
    /// vendor publishes the rate of 8 hours each hour. The running sum restarts at each request and is never read.
    mutating func addFunding(_ rows: [JSONValue], _ intervals: FundingIntervals, _ market: VendorMarket) {
        for row in rows {
            guard let (venue, instrument) = row["symbol"]?.string.flatMap({ Self.parts(of: $0, " ") }) else {
                skip()
                continue
            }
            let hours = intervals.hours(of: venue)
            let share = ExactNumber(hours ?? FundingIntervals.publishedHours).divided(by: ExactNumber(FundingIntervals.publishedHours))
            var draft = futures(.fundingRate, venue, instrument, row, market)
            draft.setRatio("rate", percent: row["realizedFunding"], factor: share ?? ExactNumber(1))
            guard draft.hasFigure else {
                skip()
                continue
            }
            draft.set("interval_hours", hours.map { .integer(Int64($0)) })
            add(draft)
        }
    }

    /// `/analytics/futures-perpetuals/apr-basis/constant-maturities` of a tenor: a `futures_basis` for each row.
    mutating func addBasis(_ rows: [JSONValue], tenorDays: Int, _ market: VendorMarket) {
        for row in rows {
            guard let (venue, instrument) = row["symbol"]?.string.flatMap({ Self.parts(of: $0, "_") }) else {
                skip()
                continue
            }
            var draft = futures(.futuresBasis, venue, instrument, row, market)
            draft.set("basis_usd", wire: row["basisUSD"])
            draft.setRatio("apr", percent: row["apr"])
            draft.set("tenor_days", .integer(Int64(tenorDays)))
            add(draft)
        }
    }

    /// `/analytics/futures-perpetuals/liquidations-total`: two `liquidation` for each row, of what bought and of what sold. The
    /// vendor sums a venue's instruments, and gives one average price of both sides.
    mutating func addLiquidations(_ rows: [JSONValue], _ market: VendorMarket) {
        for row in rows {
            guard let venue = row["exchange"]?.string else {
                skip()
                continue
            }
            for (side, wire) in [("buy", "buyLiquidationsUSD"), ("sell", "sellLiquidationsUSD")] {
                var draft = futures(.liquidation, venue, "total", row, market)
                draft.set("amount_usd", wire: row[wire])
                // A price alone is no liquidation.
                guard draft.hasFigure else {
                    skip()
                    continue
                }
                draft.set("side", .text(side))
                draft.set("price", wire: row["averagePrice"])
                add(draft)
            }
        }
    }

    private func futures(
        _ kind: MarketKind, _ venue: String, _ instrument: String, _ row: JSONValue, _ market: VendorMarket
    ) -> ObservationDraft {
        var draft = ObservationDraft(kind, market)
        draft.set("venue", .text(venue))
        draft.set("instrument", .text(instrument))
        draft.set("timestamp", row.instant("timestamp").map { .instant($0) })
        return draft
    }

    /// What stands before and after the first separator; nil if either is missing.
    private static func parts(of symbol: String, _ separator: Character) -> (venue: String, instrument: String)? {
        guard let place = symbol.firstIndex(of: separator) else { return nil }
        let (venue, instrument) = (symbol[..<place], symbol[symbol.index(after: place)...])
        return venue.isEmpty || instrument.isEmpty ? nil : (String(venue), String(instrument))
    }
}
