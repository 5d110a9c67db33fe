import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension ParsedObservations {
    /// `/analytics/volatility/delta-surfaces/constant` and `…/tradfi`: an `iv_surface` for each point of each row.
    ///
    /// `deltaCall25` stands at delta 25, `deltaPut25` at -25, `atm` at 50 unless a `deltaCall50` does; points that are null on
    /// the wire are left out, and a row without any counts as skipped. `dte` is `daysToExpiration` as the vendor counts it,
    /// `source_index_price` is `indexPrice`; forward and strike are not known.
    package static func deltaSurface(
        _ pages: [[UInt8]], unit: VolatilityUnit = .volPoints
    ) throws(AmberdataError) -> ParsedObservations {
        var parsed = ParsedObservations()
        var points: Set<Digest32> = []
        for row in try rows(pages) {
            var isSkipped = true
            for (key, volatility) in row.members {
                guard let delta = delta(ofPoint: key) else { continue }
                if delta == 50, key.isBytewiseEqual(to: "atm"), WireValue.decimal(row["deltaCall50"]) != nil {
                    continue
                }
                var draft = ObservationDraft(.ivSurface, unit: unit)
                draft.set("iv", wire: volatility)
                guard draft.hasFigure else { continue }
                draft.set("currency", row.text("currency"))
                draft.set("timestamp", row.instant("timestamp"))
                draft.set("dte", wire: row["daysToExpiration"])
                draft.set("delta", .decimal(FixedDecimal(delta)))
                draft.set("source_index_price", wire: row["indexPrice"])
                guard let observation = draft.payload else { continue }
                guard points.insert(observation.identifyingDigest).inserted else {
                    throw .malformed("has a point of a surface twice")
                }
                parsed.observations.append(observation)
                isSkipped = false
            }
            if isSkipped { parsed.skippedRows += 1 }
        }
        parsed.sort()
        return parsed
    }

    /// The delta that a key names, nil for keys that are no point.
    private static func delta(ofPoint key: String) -> Int? {
        if key.isBytewiseEqual(to: "atm") { return 50 }
        for (prefix, sign) in [("deltaCall", 1), ("deltaPut", -1)] where key.hasPrefix(prefix) {
            let digits = key.dropFirst(prefix.count)
            guard digits.utf8.count == 2, let delta = UInt8(digits), delta > 0 else { return nil }
            return sign * Int(delta)
        }
        return nil
    }
}
