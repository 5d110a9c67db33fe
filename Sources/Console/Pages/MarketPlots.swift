import LedgerJSON
import LedgerValues

/// The plots of an analysis's document; the figures are in the tables below.
struct MarketPlots {
    let analysis: String
    let data: JSONValue

    var all: [CurvePlot] {
        switch analysis {
        case "overview": overview
        case "flow": flow
        case "probability": probability
        case "spot-vol": spotVol
        case "gex-levels":
            [
                CurvePlot(
                    title: "Dealer gamma by strike", horizontal: "strike, USD", unit: "gamma",
                    lines: [line("dealer gamma", 0, data["by_strike"], x: "strike", y: "dealer_gamma")], includesZero: true)
            ]
        case "futures":
            [
                CurvePlot(
                    title: "Basis by tenor", horizontal: "days", unit: "a year",
                    lines: grouped(data["basis"], by: "venue", x: "tenor_days", y: "apr"))
            ]
        default: []
        }
    }

    private var overview: [CurvePlot] {
        [
            CurvePlot(
                title: "Implied and realized volatility", horizontal: "date, UTC", unit: "vol points",
                lines: [
                    line("iv atm 30d", 0, data["iv_rv"], x: "date", y: "iv_atm_30d"),
                    line("rv 30d", 1, data["iv_rv"], x: "date", y: "rv_30d"),
                ], mark: Self.date),
            CurvePlot(
                title: "Term structure", horizontal: "days to expiry", unit: "vol points",
                lines: [
                    line("iv", 0, data["term_structure"]?["rows"], x: "dte", y: "iv"),
                    line("forward iv", 1, data["term_structure"]?["rows"], x: "dte", y: "forward_iv"),
                ]),
            CurvePlot(
                title: "Smiles by days to expiry", horizontal: "delta, hundredths", unit: "vol points",
                lines: grouped(data["surface"]?["rows"], by: "dte", x: "delta", y: "iv")),
        ]
    }

    private var flow: [CurvePlot] {
        [
            CurvePlot(
                title: "Premium by hour", horizontal: "hour, UTC", unit: "USD",
                lines: [line("premium", 0, data["by_hour"], x: "key", y: "premium_usd")], mark: Self.hour, includesZero: true),
            CurvePlot(
                title: "Premium by strike", horizontal: "strike, USD", unit: "USD",
                lines: [line("premium", 0, data["by_strike"], x: "key", y: "premium_usd")], includesZero: true),
            CurvePlot(
                title: "Imbalance of dealer gamma", horizontal: "hour, UTC", unit: "ratio",
                lines: [line("imbalance", 0, data["gex_hourly"], x: "timestamp", y: "gex_imbalance")], mark: Self.hour, includesZero: true),
        ]
    }

    private var probability: [CurvePlot] {
        let vanilla = data["vanilla"]
        let strikes = numbers(vanilla?["strikes"])
        func curve(_ name: String, _ index: Int, _ values: JSONValue?) -> CurvePlot.Line {
            CurvePlot.Line(name: name, shade: Series.identity(index), points: zip(strikes, numbers(values)).map { (x: $0, y: $1) })
        }
        return [
            CurvePlot(
                title: "Density", horizontal: "price at expiry, USD", unit: "× forward",
                lines: [curve("vanilla", 0, vanilla?["density"]), curve("conditional", 1, data["conditional"]?["density"])]
                    .filter { !$0.points.isEmpty }, includesZero: true),
            CurvePlot(
                title: "Distribution", horizontal: "price at expiry, USD", unit: "share at or below",
                lines: [curve("vanilla", 0, vanilla?["cdf"])].filter { !$0.points.isEmpty }, includesZero: true),
        ]
    }

    private var spotVol: [CurvePlot] {
        ["correlation", "beta"].map { field in
            CurvePlot(
                title: "Spot and volatility: \(field)", horizontal: "date, UTC",
                unit: field == "beta" ? "vol points per unit of log return" : "−1 to 1",
                lines: (data["windows"]?.elements.map { $0 } ?? []).enumerated().map { index, window in
                    line("\(window["observations"]?.integer ?? 0) pairs", index, window["series"], x: "date", y: field)
                }, mark: Self.date, includesZero: true)
        }
    }

    // MARK: - Points

    private func numbers(_ list: JSONValue?) -> [Double] { list?.elements.compactMap { Double($0.sourceText) } ?? [] }

    /// A number, or the days or hours since 1970 that a date or an instant stands for.
    private func place(_ value: JSONValue?) -> Double? {
        guard let value else { return nil }
        if value.kind == .number { return Double(value.sourceText) }
        guard let text = value.string else { return nil }
        if let date = CalendarDate(text) { return Double(date.daysSinceEpoch) }
        return Instant(text).map { Double($0.microseconds / 1_000_000) / 3600 }
    }

    private func points(_ rows: [JSONValue], x: String, y: String) -> [(x: Double, y: Double)] {
        rows.compactMap { row in
            guard let at = place(row[x]), let value = row[y], value.kind == .number, let number = Double(value.sourceText) else {
                return nil
            }
            return (at, number)
        }.sorted { $0.x < $1.x }
    }

    private func line(_ name: String, _ index: Int, _ rows: JSONValue?, x: String, y: String) -> CurvePlot.Line {
        CurvePlot.Line(name: name, shade: Series.identity(index), points: points(rows?.elements.map { $0 } ?? [], x: x, y: y))
    }

    /// A line for each value of a member, in the order in which they come.
    private func grouped(_ rows: JSONValue?, by field: String, x: String, y: String) -> [CurvePlot.Line] {
        var groups: [(name: String, rows: [JSONValue])] = []
        for row in rows?.elements.map({ $0 }) ?? [] {
            let name = row[field]?.string ?? row[field]?.sourceText ?? ""
            if let index = groups.firstIndex(where: { $0.name == name }) {
                groups[index].rows.append(row)
            } else {
                groups.append((name, [row]))
            }
        }
        return groups.enumerated().map { index, group in
            CurvePlot.Line(name: group.name, shade: Series.identity(index), points: points(group.rows, x: x, y: y))
        }
    }

    private static func date(_ days: Double) -> String {
        Instant(microseconds: Int64(days.rounded()) * 86_400_000_000)?.date.description ?? ""
    }

    private static func hour(_ hours: Double) -> String {
        Instant(microseconds: Int64(hours.rounded()) * 3_600_000_000).map { String($0.description.prefix(16)) } ?? ""
    }
}
