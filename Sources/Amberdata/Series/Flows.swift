import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension SeriesRows {
    private static let flowFields: [(name: String, wire: String)] = [
        ("calls_bought_contracts", "callsContractsBought"), ("calls_sold_contracts", "callsContractsSold"),
        ("puts_bought_contracts", "putContractsBought"), ("puts_sold_contracts", "putContractsSold"),
        ("calls_bought_premium_usd", "callsPremiumBought"), ("calls_sold_premium_usd", "callsPremiumSold"),
        ("puts_bought_premium_usd", "putPremiumBought"), ("puts_sold_premium_usd", "putPremiumSold"),
    ]

    /// What the two rows of an hour's flow say together.
    enum Flow {
        /// Nulls alone: the vendor does not know the name.
        case empty
        /// No figure above zero: whether there was an hour without a trade, the hour's volume says.
        case zero
        case values
    }

    static func flow(onScreen: [JSONValue], blocks: [JSONValue]) -> Flow {
        let figures = [onScreen.first, blocks.first].compactMap { $0 }.flatMap { row in
            flowFields.compactMap { WireValue.exact(row[$0.wire]) }
        }
        if figures.isEmpty { return .empty }
        return figures.allSatisfy(\.isZero) ? .zero : .values
    }

    /// `/analytics/trades-flow/put-call-distribution` of one hour: a `put_call` on screen and one in blocks, at the hour's start.
    /// The directions are the vendor's own. A row of nulls beside one with values is an observation of nulls.
    mutating func addPutCall(onScreen: [JSONValue], blocks: [JSONValue], of hour: Instant, _ market: VendorMarket) {
        for (kind, rows) in [("on_screen", onScreen), ("block", blocks)] {
            var draft = ObservationDraft(.putCall, market)
            draft.set("timestamp", .instant(hour))
            draft.set("window_hours", .integer(1))
            draft.set("venue_kind", .text(kind))
            for (name, wire) in Self.flowFields { draft.set(name, wire: rows.first?[wire]) }
            add(draft, mayBeNull: true)
        }
    }

    /// `/analytics/trades-flow/volume-aggregates` by the hour: a `volume` on screen and one in blocks for each row. What is null
    /// on the wire stays null.
    mutating func addVolumes(_ rows: [JSONValue], _ market: VendorMarket) {
        for row in rows where row.isOf(market) {
            guard let timestamp = row.instant("timestamp") else {
                skip()
                continue
            }
            for (kind, suffix) in [("on_screen", "OnScreen"), ("block", "Blocked")] {
                var draft = ObservationDraft(.volume, market)
                draft.set("timestamp", .instant(timestamp))
                draft.set("interval_hours", .integer(1))
                draft.set("venue_kind", .text(kind))
                draft.set("contracts", wire: row["contractVolume\(suffix)"])
                draft.set("premium_usd", wire: row["premiumVolume\(suffix)"])
                draft.set("notional_usd", wire: row["notionalVolume\(suffix)"])
                add(draft, mayBeNull: true)
            }
        }
    }

    /// `/analytics/realized-volatility/cones` of the 365 days before a day: a `vol_cone` for each number of days, at the day's
    /// 00:00. A row of nulls is that of a pair that the vendor does not know, and gives nothing.
    mutating func addCones(_ rows: [JSONValue], of day: Instant, _ market: VendorMarket) {
        guard let row = rows.first else { return }
        var cones: [Int64: [(name: String, value: JSONValue)]] = [:]
        for (key, value) in row.members {
            guard let (name, days) = Self.coneField(key), WireValue.decimal(value) != nil else { continue }
            cones[days, default: []].append((name, value))
        }
        for (days, figures) in cones.sorted(by: { $0.key < $1.key }) {
            var draft = ObservationDraft(.volCone, market)
            draft.set("timestamp", .instant(day))
            draft.set("days", .integer(days))
            for figure in figures { draft.set(figure.name, wire: figure.value) }
            add(draft)
        }
    }

    /// `p25_7days` is the field `p25` of 7 days; nil for other keys.
    private static func coneField(_ key: String) -> (name: String, days: Int64)? {
        let parts = key.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, ["current", "min", "p25", "p50", "p75", "max"].contains(parts[0]) else { return nil }
        let digits = parts[1].prefix { $0.isASCII && $0.isNumber }
        let unit = parts[1].dropFirst(digits.count)
        guard unit == "day" || unit == "days", let days = Int64(digits) else { return nil }
        return (String(parts[0]), days)
    }

    /// `/analytics/realized-volatility/implied-vs-realized`: a `spot` for each row, from its `indexPrice`.
    mutating func addSpots(_ rows: [JSONValue], _ market: VendorMarket) {
        for row in rows where row.isOf(market) {
            var draft = ObservationDraft(.spot, market)
            draft.set("price", wire: row["indexPrice"])
            guard draft.hasFigure, let timestamp = row.instant("timestamp") else {
                skip()
                continue
            }
            draft.set("timestamp", .instant(timestamp))
            draft.set("source", row["exchange"]?.string.map { .text("\($0)_index") })
            add(draft)
        }
    }
}
