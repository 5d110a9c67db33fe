import LedgerJSON
import LedgerValues

/// The document of an analysis of a market (docs/contract/analyses.md, "The document of a market"): its moment, the quality of its
/// series, and its data.
///
/// `{age_minutes, as_of, currency, data, now, source_quality, status, warnings}`; ages in minutes, rounded half to even to 10 digits.
struct MarketDocument {
    let currency: String
    let now: Instant
    /// Of the series that it needs, by their names.
    let quality: [SeriesQuality]
    /// What the analysis itself warns of.
    var ownWarnings: [String] = []

    /// The worst of its series.
    var status: SeriesQuality.Status { quality.map(\.status).max() ?? .live }

    /// The oldest of its series' newest timestamps; nil if one of them has none.
    var asOf: Instant? { quality.contains { $0.asOf == nil } ? nil : quality.compactMap(\.asOf).min() }

    var warnings: [String] { quality.filter { $0.status == .unavailable }.map { "unavailable:\($0.series)" } + ownWarnings }

    func isAvailable(_ series: String) -> Bool {
        quality.contains { $0.series.isBytewiseEqual(to: series) && $0.status != .unavailable }
    }

    /// - Parameter data: writes the object under `data`.
    func write(to out: inout JSONWriter, data: (inout JSONWriter) -> Void) {
        out.beginObject()
        out.key("age_minutes"); out.decimalNumber(asOf.flatMap { now.minutes(since: $0).rounded() })
        out.key("as_of"); out.instant(asOf)
        out.key("currency"); out.string(currency)
        out.key("data")
        data(&out)
        out.key("now"); out.instant(now)
        out.key("source_quality")
        out.beginArray()
        for one in quality {
            out.beginObject()
            out.key("age_minutes"); out.decimalNumber(one.ageMinutes?.rounded())
            out.key("as_of"); out.instant(one.asOf)
            out.key("rows"); out.integer(one.rows)
            out.key("series"); out.string(one.series)
            out.key("status"); out.string(one.status.rawValue)
            out.endObject()
        }
        out.endArray()
        out.key("status"); out.string(status.rawValue)
        out.key("warnings")
        out.beginArray()
        for warning in warnings { out.string(warning) }
        out.endArray()
        out.endObject()
    }
}
