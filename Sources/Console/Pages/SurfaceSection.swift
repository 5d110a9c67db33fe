import LedgerJSON
import LedgerValues
import OptionTrades

/// The surface of implied volatility: the latest market date by tenor, with what came before in small lines, and ranges of delta.
struct SurfaceSection {
    let data: JSONValue
    let pin: [(name: String, value: String)]?

    /// The rows of a market date.
    private typealias Day = (date: String, rows: [JSONValue])

    /// Ascending.
    private var days: [Day] {
        var days: [Day] = []
        for row in data["rows"]?.list ?? [] {
            guard let date = row["market_date"]?.string else { continue }
            if date != days.last?.date { days.append((date, [])) }
            days[days.count - 1].rows.append(row)
        }
        return days
    }

    func write(to html: inout HTMLWriter) {
        let days = days
        guard let latest = days.last else {
            return html.element("p", [.class("quiet")], text: "No chain of options counts at this moment.")
        }
        html.element("div", [.class("grid")]) { html in
            CurvePlot(
                title: "At the money by days to expiry", horizontal: "days to expiry", unit: "vol points",
                lines: days.suffix(2).reversed().enumerated().map { index, day in line(of: day, Series.identity(index)) }
            ).write(to: &html)
            for type in ["call", "put"] { buckets(of: type, latest.rows).write(to: &html) }
        }
        tenors(latest, days.suffix(60), &html)
    }

    private func line(of day: Day, _ shade: String) -> CurvePlot.Line {
        var points: [(x: Double, y: Double)] = []
        // Several tenors may mean the same expiry.
        for row in day.rows {
            guard let x = row.number("dte"), let y = row.number("atm_iv"), !points.contains(where: { $0.x == x }) else { continue }
            points.append((x, y))
        }
        return CurvePlot.Line(name: day.date, shade: shade, points: points.sorted { $0.x < $1.x })
    }

    private func buckets(of type: String, _ today: [JSONValue]) -> HeatMap {
        let names = ["d00_20", "d20_40", "d40_60", "d60_80", "d80_100"]
        return HeatMap(
            title: "Average IV of \(type)s by delta", unit: "vol points", horizontal: "|delta|, hundredths", vertical: "tenor, days",
            columns: ["0\u{2013}20", "20\u{2013}40", "40\u{2013}60", "60\u{2013}80", "80\u{2013}100"],
            rows: today.map { row in
                let buckets = row["delta_buckets"]?.list ?? []
                let values = names.map { name in
                    buckets.first { $0["option_type"]?.string == type && $0["delta_bucket"]?.string == name }?.number("avg_iv")
                }
                return (row.text("tenor_target_dte") ?? "", values)
            })
    }

    private func tenors(_ latest: Day, _ history: some Collection<Day>, _ html: inout HTMLWriter) {
        let lines = Self.figures("atm_iv", byTenorIn: history)
        let label = "\(history.first?.date ?? "") to \(latest.date)"
        // A tenor's figures are those of its expiry's row.
        let underlying = data.text("underlying")
        func figure(_ field: String) -> Column {
            MarketColumn.of(field) { row in
                guard let pin, let underlying, let date = row.text("market_date"), let expiry = row.text("expiry") else { return nil }
                return ResearchSection.explanation(of: .ivSurface, [underlying, date, expiry], field, pin)
            }
        }
        var columns = ["tenor_target_dte", "expiry"].map(MarketColumn.of) + ["dte", "atm_iv"].map(figure)
        columns.append(MarketColumn.of("atm_iv_percentile"))
        columns.append(
            Column("Change of ATM IV", unit: "vol points", isNumber: true) { row, html in
                MarketColumn.write(row["changes"]?["atm_iv"], "iv", to: &html)
            })
        columns += ["expected_move_pct", "skew_25d_pp", "skew_10d_pp", "parity_gap_pp"].map(figure)
        columns.append(
            Column("ATM IV over \(history.count) dates") { row, html in
                Sparkline(values: lines[row.text("tenor_target_dte")] ?? [], label: label).write(to: &html)
            })
        columns.append(.tokens("Warnings", "warnings"))
        html.element("figure", [.class("plot")]) { html in
            SmallTable(caption: "Tenors on \(latest.date)", columns: columns, scrolls: true).write(latest.rows, to: &html)
        }
    }

    /// For each tenor a figure of each of some days, nil if the tenor has none. The first row of a day counts.
    private static func figures(_ field: String, byTenorIn days: some Collection<Day>) -> [String?: [Double?]] {
        var figures: [String?: [Double?]] = [:]
        for (index, day) in days.enumerated() {
            var known: Set<String?> = []
            for row in day.rows {
                let tenor = row.text("tenor_target_dte")
                guard known.insert(tenor).inserted else { continue }
                figures[tenor, default: Array(repeating: nil, count: days.count)][index] = row.number(field)
            }
        }
        return figures
    }
}

/// A line of the size of a word.
private struct Sparkline {
    /// In order of time; nil where there is no figure.
    let values: [Double?]
    let label: String

    func write(to html: inout HTMLWriter) {
        let known = values.compactMap { $0 }
        guard known.count > 1, let low = known.min(), let high = known.max() else {
            return Unavailable.write("fewer than two dates", to: &html)
        }
        let name = "\(label): \(CurvePlot.number(known[0])) to \(CurvePlot.number(known[known.count - 1]))"
        html.element(
            "svg",
            [
                .role("img"), .label(name), .svg("width", "96"), .svg("height", "20"), .svg("viewBox", "0 0 100 20"),
                .svg("preserveAspectRatio", "none"),
            ]
        ) { html in
            html.element("title", text: name)
            // A date without a figure is a gap, and no line leads over it.
            var run: [String] = []
            let step = 100 / Double(max(values.count - 1, 1))
            func end(_ html: inout HTMLWriter) {
                if run.count == 1 { run.append(run[0]) }
                if !run.isEmpty { html.element("polyline", [.class("line i-1"), .svg("points", run.joined(separator: " "))]) { _ in } }
                run = []
            }
            for (index, value) in values.enumerated() {
                guard let value else {
                    end(&html)
                    continue
                }
                let y = low == high ? 10 : 18 - (value - low) / (high - low) * 16
                run.append("\((Double(index) * step * 10).rounded() / 10),\((y * 10).rounded() / 10)")
            }
            end(&html)
        }
    }
}
