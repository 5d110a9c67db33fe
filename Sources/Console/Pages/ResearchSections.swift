import LedgerJSON
import LedgerValues
import OptionTrades

/// What a document of research shows: its figures, plots and tables, the same on the page and in a report.
struct ResearchSection {
    /// The kind of its artifact.
    let kind: String
    let data: JSONValue
    /// The moment at which the rows behind the figures are explained; nil in a report, whose links would lead nowhere.
    var pin: [(name: String, value: String)]?

    static let titles = [
        "iv-surface": "Implied volatility by tenor", "exposure": "Gamma exposure by strike", "flow": "Flow",
        "levels": "Levels", "scenarios": "Scenarios of open contracts",
    ]

    static func title(_ kind: String) -> String { titles[kind] ?? kind }

    func write(to html: inout HTMLWriter) {
        switch kind {
        case "iv-surface": SurfaceSection(data: data, pin: pin).write(to: &html)
        case "exposure": ExposureSection(data: data, pin: pin).write(to: &html)
        case "flow": FlowSection(data: data).write(to: &html)
        case "levels": LevelsSection(data: data).write(to: &html)
        case "scenarios": ScenariosSection(data: data, pin: pin).write(to: &html)
        default: break
        }
        ResearchSection.warnings(data, to: &html)
    }

    /// The tokens that say why figures are absent, or what they are worth.
    static func warnings(_ document: JSONValue, to html: inout HTMLWriter) {
        let tokens = document["warnings"]?.elements.compactMap(\.string) ?? []
        if tokens.isEmpty { return }
        html.element("ul", [.class("tokens warning"), .label("Warnings")]) { html in
            for token in tokens { html.element("li", text: token) }
        }
    }

    /// The explanation of a view's row, or of a figure of it.
    static func explanation(of view: View, _ key: [String], _ field: String? = nil, _ pin: [(name: String, value: String)]) -> Address {
        Explained(view: view.name, key: view.key, pin: pin).address(key: key, field)
    }

    /// - Parameter address: where a field's figure is explained; nil if it is not
    static func facts(
        _ document: JSONValue, _ fields: [String], to html: inout HTMLWriter, at address: (String) -> Address? = { _ in nil }
    ) {
        html.element("dl", [.class("facts card")]) { html in
            for field in fields {
                let unit = MarketColumn.unit(field).map { ", \($0)" } ?? ""
                Fact.write(MarketColumn.title(field) + unit, of: field, to: &html) {
                    MarketColumn.write(document[field], field, at: address(field), to: &$0)
                }
            }
        }
    }
}

extension JSONValue {
    /// For the eye: a member's number.
    fileprivate func number(_ field: String) -> Double? {
        self[field].flatMap { $0.kind == .number ? Double($0.sourceText) : nil }
    }

    fileprivate var list: [JSONValue] { elements.map { $0 } }

    /// A member as a text, whatever it is. Nil for null.
    fileprivate func text(_ field: String) -> String? { self[field].flatMap { $0.isNull ? nil : $0.string ?? $0.sourceText } }
}

/// The surface of implied volatility: the latest market date by tenor, with what came before in small lines, and ranges of delta.
private struct SurfaceSection {
    let data: JSONValue
    let pin: [(name: String, value: String)]?

    private var rows: [JSONValue] { data["rows"]?.list ?? [] }
    /// Ascending.
    private var dates: [String] {
        var dates: [String] = []
        for row in rows {
            if let date = row["market_date"]?.string, date != dates.last { dates.append(date) }
        }
        return dates
    }

    func write(to html: inout HTMLWriter) {
        guard let latest = dates.last else {
            return html.element("p", [.class("quiet")], text: "No chain of options counts at this moment.")
        }
        let today = rows.filter { $0["market_date"]?.string == latest }
        html.element("div", [.class("grid")]) { html in
            CurvePlot(
                title: "At the money by days to expiry", horizontal: "days to expiry", unit: "vol points",
                lines: dates.suffix(2).reversed().enumerated().map { index, date in line(of: date, Series.identity(index)) }
            ).write(to: &html)
            for type in ["call", "put"] { buckets(of: type, today).write(to: &html) }
        }
        tenors(today, latest, &html)
    }

    private func line(of date: String, _ shade: String) -> CurvePlot.Line {
        var points: [(x: Double, y: Double)] = []
        // Several tenors may mean the same expiry.
        for row in rows where row["market_date"]?.string == date {
            guard let x = row.number("dte"), let y = row.number("atm_iv"), !points.contains(where: { $0.x == x }) else { continue }
            points.append((x, y))
        }
        return CurvePlot.Line(name: date, shade: shade, points: points.sorted { $0.x < $1.x })
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

    private func tenors(_ today: [JSONValue], _ latest: String, _ html: inout HTMLWriter) {
        let history = dates.suffix(60)
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
        let rows = rows
        columns.append(
            Column("ATM IV over \(history.count) dates") { row, html in
                let tenor = row.text("tenor_target_dte")
                let own = rows.filter { $0.text("tenor_target_dte") == tenor }
                let values = history.map { date in own.first { $0["market_date"]?.string == date }?.number("atm_iv") }
                Sparkline(values: values, label: "\(history.first ?? "") to \(history.last ?? "")").write(to: &html)
            })
        columns.append(.tokens("Warnings", "warnings"))
        html.element("figure", [.class("plot")]) { html in
            SmallTable(caption: "Tenors on \(latest)", columns: columns, scrolls: true).write(today, to: &html)
        }
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

/// Gamma exposure by strike, with the two levels that it has.
private struct ExposureSection {
    let data: JSONValue
    let pin: [(name: String, value: String)]?

    func write(to html: inout HTMLWriter) {
        ResearchSection.facts(
            data,
            [
                "market_date", "spot", "total_net_gex", "total_call_gex", "total_put_gex", "flip_strike", "zero_gamma_level", "slice",
                "expiries", "oi_coverage", "gamma_coverage", "open_interest_date", "convention",
            ], to: &html)
        explanations(&html)
        let bars = (data["strikes"]?.list ?? []).map { row in
            BarPlot.Bar(
                label: row.text("strike") ?? "", place: row.number("strike"),
                values: ["call_gex", "put_gex", "net_gex"].map { row.number($0) })
        }
        BarPlot(
            title: "Gamma exposure by strike", horizontal: "strike", unit: "USD a 1% move",
            series: [
                BarPlot.Series(name: "calls", shade: "i-1"), BarPlot.Series(name: "puts", shade: "i-4"),
                BarPlot.Series(name: "net", shade: "i-5", isDrawn: false),
            ], bars: bars,
            marks: [("spot", "spot"), ("flip", "flip_strike"), ("zero gamma", "zero_gamma_level")].compactMap { name, field in
                data.number(field).map { BarPlot.Mark(name: name, place: $0, text: CurvePlot.number($0)) }
            }
        ).write(to: &html)
        SmallTable(
            caption: "Strikes with the largest exposure",
            columns: ["strike", "call_oi", "put_oi", "call_gex", "put_gex", "net_gex"].map(MarketColumn.of), scrolls: true
        ).write(data["top_levels"]?.list ?? [], to: &html)
    }

    /// A slice adds up rows, each with an explanation of its own.
    private func explanations(_ html: inout HTMLWriter) {
        guard let pin, let underlying = data.text("underlying"), let date = data.text("market_date") else { return }
        let expiries = data["expiries"]?.list.compactMap(\.string) ?? []
        if expiries.isEmpty { return }
        html.element("p", [.class("quiet")]) { html in
            html.text("Why, by expiry:")
            for expiry in expiries {
                html.text(" ")
                html.element(
                    "a", [.href(ResearchSection.explanation(of: .exposure, [underlying, date, expiry], nil, pin))], text: expiry)
            }
        }
    }
}

/// Trades by who took the other side's price, in the groups of the document.
struct FlowSection {
    let data: JSONValue

    private static let titles = [
        "contract": "contract", "expiry": "expiry", "strike": "strike", "option_type": "option type", "delta_bucket": "delta",
        "bucket_5m": "five minutes from, UTC", "bucket_15m": "quarter of an hour from, UTC",
    ]

    func write(to html: inout HTMLWriter) {
        let group = data["group"]?.string ?? "contract"
        let title = Self.titles[group] ?? group.replacing("_", with: " ")
        let rows = data["rows"]?.list ?? []
        BarPlot(
            title: "Premium bought and sold by \(title)", horizontal: title, unit: "USD",
            series: [
                BarPlot.Series(name: "bought", shade: "i-1"), BarPlot.Series(name: "sold", shade: "i-4"),
                BarPlot.Series(name: "net", shade: "i-5", isDrawn: false),
            ],
            bars: rows.map { row in
                let values = ["buy_notional", "sell_notional", "net_notional"].map { row.number($0) }
                return BarPlot.Bar(label: Self.label(row, group), values: values)
            }
        ).write(to: &html)
        var columns: [Column] = [Column(title, field: "key") { row, html in html.text(Self.label(row, group)) }]
        columns += [
            "buy_volume", "sell_volume", "unknown_volume", "net_notional", "trade_count", "unknown_trade_share", "quote_coverage_pct",
        ].filter { field in rows.contains { $0[field]?.isNull == false } }.map(MarketColumn.of)
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "Volumes and shares")
            SmallTable(caption: "Flow by \(title)", columns: columns, scrolls: true).write(rows, to: &html)
        }
    }

    /// A group as a reader knows it: of an instant the time.
    private static func label(_ row: JSONValue, _ group: String) -> String {
        guard let key = row.text("key") else { return "not known" }
        return group.hasPrefix("bucket_") && key.utf8.count >= 16 ? String(key.dropFirst(5).prefix(11)).replacing("T", with: " ") : key
    }
}

/// Levels of an underlying: prices from anchors on, and the volume at each price.
private struct LevelsSection {
    let data: JSONValue

    func write(to html: inout HTMLWriter) {
        let summary = data["summary"]
        if let summary { ResearchSection.facts(summary, summary.members.map(\.key), to: &html) }
        let anchors = data["anchored_vwaps"]?.list ?? []
        let bins = data["volume_profile"]?.list ?? []
        var marks: [BarPlot.Mark] = []
        for (name, field) in [("spot", "spot"), ("close before", "prev_close"), ("open", "session_open")] {
            if let place = summary?.number(field) { marks.append(BarPlot.Mark(name: name, place: place, text: CurvePlot.number(place))) }
        }
        for anchor in anchors {
            guard let place = anchor.number("anchored_vwap") else { continue }
            marks.append(
                BarPlot.Mark(
                    name: "VWAP from \((anchor.text("anchor_id") ?? "").replacing("_", with: " "))", place: place,
                    text: CurvePlot.number(place)))
        }
        BarPlot(
            title: "Volume by price on \(data.text("market_date") ?? "")", horizontal: "price", unit: "traded",
            series: [BarPlot.Series(name: "volume", shade: "i-5")],
            bars: bins.map { bin in
                let (low, high) = (bin.number("price_bin_low"), bin.number("price_bin_high"))
                let place = low.flatMap { low in high.map { (low + $0) / 2 } }
                return BarPlot.Bar(label: place.map(CurvePlot.number) ?? "", place: place, values: [bin.number("volume")])
            }, marks: marks
        ).write(to: &html)
        SmallTable(
            caption: "Prices weighted by volume from an anchor on",
            columns: [
                .text("Anchor", "anchor_id"),
                Column("From", field: "anchor_ts_utc") { row, html in
                    guard let time = row["anchor_ts_utc"]?.string else { return Unavailable.write("no such bar", to: &html) }
                    html.time(time)
                },
            ] + ["anchor_price", "anchored_vwap", "distance_from_spot_pct"].map(MarketColumn.of), scrolls: true
        ).write(anchors, to: &html)
        let marked = bins.filter { bin in ["is_poc", "is_hvn", "is_lvn"].contains { bin[$0]?.bool == true } }
        if !marked.isEmpty {
            SmallTable(
                caption: "Prices that stand out: point of control, high and low volume",
                columns: ["price_bin_low", "price_bin_high", "volume", "volume_pct", "is_poc", "is_hvn", "is_lvn"].map(MarketColumn.of),
                scrolls: true
            ).write(marked, to: &html)
        }
    }
}

/// Open contracts under moves of spot, of IV and of time: a map of gains for each number of days.
private struct ScenariosSection {
    let data: JSONValue
    let pin: [(name: String, value: String)]?

    func write(to html: inout HTMLWriter) {
        let positions = data["positions"]?.list ?? []
        if positions.isEmpty { html.element("p", [.class("quiet")], text: "No open contract at this moment.") }
        for position in positions { write(position, &html) }
        if let model = data["model"]?.string { html.element("p", [.class("quiet")], text: "\(model).") }
    }

    private func write(_ position: JSONValue, _ html: inout HTMLWriter) {
        let name = ["underlying", "expiry", "strike", "option_type"].compactMap { position.text($0) }.joined(separator: " ")
        html.element("h3", text: "\(position.text("side") ?? "") \(position.text("contracts") ?? "") × \(name)")
        ResearchSection.facts(
            position,
            [
                "mark", "mark_source", "iv", "spot", "dte", "basis", "multiplier", "intrinsic", "extrinsic", "theta_burn_dollars_day",
                "theta_burn_pct_premium_day", "model_gap", "pnl_reference", "quote_market_date",
            ], to: &html,
            at: { field in
                guard field == "basis", let pin, let id = position.text("position_id") else { return nil }
                return ResearchSection.explanation(of: .lifecycles, [id], "average_open_price", pin)
            })
        let cells = position["grid"]?.list ?? []
        html.element("div", [.class("grid")]) { html in
            for days in Self.ordered(cells, "days_forward") {
                let then = cells.filter { $0.text("days_forward") == days }
                map(then, days).write(to: &html)
            }
        }
        if cells.isEmpty { html.element("p", [.class("quiet")], text: "No grid: the warnings say why.") }
        ResearchSection.warnings(position, to: &html)
    }

    private func map(_ cells: [JSONValue], _ days: String) -> HeatMap {
        let (spots, ivs) = (Self.ordered(cells, "spot_change_pct"), Self.ordered(cells, "iv_change_pp"))
        return HeatMap(
            title: days == "0" ? "Gain now" : "Gain in \(days) days", unit: "USD, + is better", horizontal: "spot, %",
            vertical: "IV, vol points", columns: spots.map { CurvePlot.number((Double($0) ?? 0) * 100) },
            rows: ivs.map { iv in
                let own = cells.filter { $0.text("iv_change_pp") == iv }
                return (
                    CurvePlot.number(Double(iv) ?? 0),
                    spots.map { spot in own.first { $0.text("spot_change_pct") == spot }?.number("pnl_position") }
                )
            }, scale: .polarity)
    }

    /// The values of a member, each once, in the order of the cells.
    private static func ordered(_ cells: [JSONValue], _ field: String) -> [String] {
        var found: [String] = []
        for cell in cells {
            if let value = cell.text(field), !found.contains(value) { found.append(value) }
        }
        return found
    }
}
