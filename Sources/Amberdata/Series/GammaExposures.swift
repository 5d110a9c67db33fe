import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension SeriesRows {
    /// `/analytics/trades-flow/gamma-exposures-snapshots`: of each hour the earliest snapshot, a `gex_strike` for each row at the
    /// snapshot's own time, and the hour's `gex_hourly`.
    ///
    /// With q = `dealerNetInventory` and g = `gammaLevel` as they are stored: `net_gex` = Σ q, `abs_gex` = Σ |q|,
    /// `gex_imbalance` = net_gex ÷ abs_gex (null if that is 0), `net_gamma` = Σ g, since the vendor's level is inventory × gamma
    /// already. `spot` is the median of `indexPrice`, the mean of the middle two. Rows without q or g give nothing.
    mutating func addGammaExposures(_ rows: [JSONValue], _ market: VendorMarket) {
        var hours: [Instant: (snapshot: Instant, rows: [JSONValue])] = [:]
        for row in rows where row.isOf(market) {
            guard let snapshot = row.instant("snapshotTimestamp") else {
                skip()
                continue
            }
            guard window.contains(snapshot) else { continue }
            let hour = snapshot.flooredToHour
            if let held = hours[hour], held.snapshot < snapshot { continue }
            if let held = hours[hour], held.snapshot == snapshot {
                hours[hour] = (snapshot, held.rows + [row])
            } else {
                hours[hour] = (snapshot, [row])
            }
        }
        for (hour, held) in hours.sorted(by: { $0.key < $1.key }) { addSnapshot(held.rows, at: held.snapshot, of: hour, market) }
    }

    private mutating func addSnapshot(_ rows: [JSONValue], at snapshot: Instant, of hour: Instant, _ market: VendorMarket) {
        let first = observations.count
        for row in rows {
            guard WireValue.decimal(row["dealerNetInventory"]) != nil, WireValue.decimal(row["gammaLevel"]) != nil else {
                skip()
                continue
            }
            var draft = ObservationDraft(.gexStrike, market)
            draft.set("timestamp", .instant(snapshot))
            draft.set("expiry", row.instant("expirationTimestamp").map { .date($0.date) })
            draft.set("strike", wire: row["strike"])
            draft.set("option_type", row.optionType("putCall").map { .optionType($0) })
            draft.set("dealer_net_inventory", wire: row["dealerNetInventory"])
            draft.set("gamma_level", wire: row["gammaLevel"])
            draft.set("dealer_gamma", wire: row["gammaLevel"])
            draft.set("spot", wire: row["indexPrice"])
            add(draft)
        }
        let strikes = observations[first...]
        if strikes.isEmpty { return }
        var (net, absolute, gamma) = (ExactNumber.zero, ExactNumber.zero, ExactNumber.zero)
        for strike in strikes {
            let inventory = (strike.decimal("dealer_net_inventory") ?? .zero).exact
            net += inventory
            absolute += inventory.magnitude
            gamma += (strike.decimal("gamma_level") ?? .zero).exact
        }
        var total = ObservationDraft(.gexHourly, market)
        total.set("timestamp", .instant(hour))
        total.set("net_gex", net)
        total.set("abs_gex", absolute)
        total.set("gex_imbalance", net.divided(by: absolute))
        total.set("net_gamma", gamma)
        total.set("spot", Self.median(strikes.compactMap { $0.decimal("spot")?.exact }))
        total.set("instruments", .integer(Int64(strikes.count)))
        add(total)
    }

    /// The mean of the middle two if there is no single middle; nil of nothing.
    private static func median(_ values: [ExactNumber]) -> ExactNumber? {
        if values.isEmpty { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        if sorted.count % 2 == 1 { return sorted[middle] }
        return (sorted[middle - 1] + sorted[middle]).divided(by: ExactNumber(2))
    }
}
