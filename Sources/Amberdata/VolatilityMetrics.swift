import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension ParsedObservations {
    /// `/analytics/volatility/index` and `/analytics/realized-volatility/implied-vs-realized`: a `vol_metrics` for each
    /// currency and time that either has, with the figures of both: apart, the later would replace the earlier.
    ///
    /// `dvol` is a bar's `open`: bars are named by their start, when nobody knows the `close` yet (the close of one is
    /// the open of the next). `iv_atm_7d` and `iv_atm_30d` are `atm7` and `atm30`, `rv_7d` and `rv_30d` are
    /// `realizedVolatility7` and `realizedVolatility30`, `spot` is `indexPrice`. TradFi rows have tenors of trading days
    /// (5, 10, 21 …), which are none of these: without a volatility a row counts as skipped. `vrp` stays null: the
    /// vendor's looks ahead.
    package static func volatilityMetrics(
        index: [[UInt8]] = [], impliedVersusRealized: [[UInt8]] = [], unit: VolatilityUnit = .volPoints
    ) throws(AmberdataError) -> ParsedObservations {
        var parsed = ParsedObservations()
        var metrics: [MetricsKey: Metrics] = [:]
        for row in try rows(index) {
            guard let key = MetricsKey(row, time: "exchangeTimestamp"), WireValue.decimal(row["open"]) != nil else {
                parsed.skippedRows += 1
                continue
            }
            guard metrics[key, default: Metrics()].setIndex(row) else {
                throw .malformed("has a bar of the volatility index twice")
            }
        }
        for row in try rows(impliedVersusRealized) {
            guard let key = MetricsKey(row, time: "timestamp"),
                Metrics.volatilities.contains(where: { WireValue.decimal(row[$0.wire]) != nil })
            else {
                parsed.skippedRows += 1
                continue
            }
            guard metrics[key, default: Metrics()].setImpliedVersusRealized(row) else {
                throw .malformed("has implied and realized volatility of a time twice")
            }
        }
        for (key, figures) in metrics.sorted(by: { $0.key < $1.key }) { parsed.append(figures.draft(key, unit)) }
        return parsed
    }
}

private struct MetricsKey: Hashable, Comparable {
    let timestamp: Instant
    let currency: ByteKey

    init?(_ row: JSONValue, time: String) {
        guard let currency = row["currency"]?.string, let timestamp = WireValue.instant(row[time]) else { return nil }
        self.timestamp = timestamp
        self.currency = ByteKey(currency)
    }

    static func < (left: MetricsKey, right: MetricsKey) -> Bool {
        (left.timestamp, left.currency) < (right.timestamp, right.currency)
    }
}

/// The rows of one currency and time.
private struct Metrics {
    static let volatilities: [(name: String, wire: String)] = [
        ("iv_atm_7d", "atm7"), ("iv_atm_30d", "atm30"), ("rv_7d", "realizedVolatility7"),
        ("rv_30d", "realizedVolatility30"),
    ]

    private var index: JSONValue?
    private var impliedVersusRealized: JSONValue?

    /// False where there is one already.
    mutating func setIndex(_ row: JSONValue) -> Bool {
        defer { index = row }
        return index == nil
    }

    /// False where there is one already.
    mutating func setImpliedVersusRealized(_ row: JSONValue) -> Bool {
        defer { impliedVersusRealized = row }
        return impliedVersusRealized == nil
    }

    func draft(_ key: MetricsKey, _ unit: ParsedObservations.VolatilityUnit) -> ObservationDraft {
        var draft = ObservationDraft(.volMetrics, unit: unit)
        draft.set("currency", .text(key.currency.text))
        draft.set("timestamp", .instant(key.timestamp))
        if let index { draft.set("dvol", wire: index["open"]) }
        if let row = impliedVersusRealized {
            for (name, wire) in Self.volatilities { draft.set(name, wire: row[wire]) }
            draft.set("spot", wire: row["indexPrice"])
        }
        return draft
    }
}
