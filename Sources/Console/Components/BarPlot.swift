/// Bars over places in a row, in SVG, with marks between them, and the figures of each bar on hover and in a table behind.
struct BarPlot {
    struct Series {
        let name: String
        /// The class of its shade; see ``Series``.
        let shade: String
        /// Whether it has bars. One without is in the table alone.
        var isDrawn = true
    }

    struct Bar {
        let label: String
        /// Where it is among numbers, if marks are. Ascending.
        var place: Double?
        /// One for each series; nil if it is not known.
        let values: [Double?]
    }

    /// A line at a number, for example the spot.
    struct Mark {
        let name: String
        let place: Double
        let text: String
    }

    let title: String
    /// What the bars stand for, with its unit.
    let horizontal: String
    let unit: String
    let series: [Series]
    let bars: [Bar]
    var marks: [Mark] = []

    private static let height = 180
    private static let ticks = 4
    /// Of labels below the bars.
    private static let shownLabels = 6

    func write(to html: inout HTMLWriter) {
        html.element("figure", [.class("plot card")]) { html in
            html.element("figcaption", text: "\(title), \(unit)")
            let drawn = bars.flatMap { bar in zip(series, bar.values).compactMap { $0.isDrawn ? $1 : nil } }.filter(\.isFinite)
            guard let least = drawn.min(), let most = drawn.max() else {
                return html.element("p", [.class("quiet")], text: "No figures.")
            }
            let low = min(0, least)
            let high = max(0, most)
            let scale = Scale(low: low, high: low == high ? low + 1 : high, top: 14 * shownMarks.count + 6)
            html.element(
                "svg",
                [
                    .role("img"), .label("\(title), \(unit), over \(horizontal); the figures are in the table below"),
                    .svg("width", "100%"), .svg("height", "\(scale.top + Self.height + 38)"),
                ]
            ) { html in
                axes(scale, &html)
                let slot = 100 / Double(bars.count)
                for (index, bar) in bars.enumerated() { write(bar, from: Double(index) * slot, width: slot, scale, &html) }
                write(shownMarks, scale, &html)
                labels(scale, slot, &html)
            }
            legend(&html)
            table(&html)
        }
    }

    private struct Scale {
        let low: Double
        let high: Double
        /// The pixels above the bars, for the names of marks.
        let top: Int

        func y(_ value: Double) -> Double { Double(top) + (high - value) / (high - low) * Double(BarPlot.height) }
    }

    private func axes(_ scale: Scale, _ html: inout HTMLWriter) {
        for tick in 0...Self.ticks {
            let value = scale.high - Double(tick) / Double(Self.ticks) * (scale.high - scale.low)
            let y = Self.pixel(scale.y(value))
            html.element(
                "line",
                [.class("zero"), .svg("x1", "0"), .svg("x2", "100%"), .svg("y1", y), .svg("y2", y), .svg("opacity", "0.25")]
            ) { _ in }
            html.element(
                "text", [.class("quiet"), .svg("x", "0"), .svg("y", Self.pixel(scale.y(value) - 2))], text: CurvePlot.number(value))
        }
        let zero = Self.pixel(scale.y(0))
        html.element("line", [.class("zero"), .svg("x1", "0"), .svg("x2", "100%"), .svg("y1", zero), .svg("y2", zero)]) { _ in }
    }

    /// A bar of each series side by side, and a strip over all of them that says the figures.
    private func write(_ bar: Bar, from start: Double, width: Double, _ scale: Scale, _ html: inout HTMLWriter) {
        let shown = zip(series, bar.values).filter { $0.0.isDrawn }
        let share = width * 0.84 / Double(max(shown.count, 1))
        for (index, (series, value)) in shown.enumerated() {
            guard let value, value.isFinite else { continue }
            let (top, bottom) = (scale.y(max(value, 0)), scale.y(min(value, 0)))
            html.element(
                "rect",
                [
                    .class(series.shade), .svg("x", Self.percent(start + width * 0.08 + share * Double(index))),
                    .svg("width", Self.percent(share)), .svg("y", Self.pixel(top)), .svg("height", Self.pixel(bottom - top)),
                ]
            ) { _ in }
        }
        html.element(
            "rect",
            [
                .svg("x", Self.percent(start)), .svg("width", Self.percent(width)), .svg("y", "\(scale.top)"),
                .svg("height", "\(Self.height)"), .svg("fill-opacity", "0"), .svg("stroke-opacity", "0"),
            ]
        ) { html in
            let figures = zip(series, bar.values).map { "\($0.name) \($1.map(CurvePlot.number) ?? "not known")" }
            html.element("title", text: "\(bar.label): \(figures.joined(separator: ", "))")
        }
    }

    // MARK: - Marks

    /// The marks that lie among the bars, and where, in hundredths of the width.
    private var shownMarks: [(mark: Mark, at: Double)] {
        let places = bars.map(\.place)
        let known = places.compactMap { $0 }
        guard known.count == bars.count, let first = known.first, let last = known.last else { return [] }
        let slot = 100 / Double(bars.count)
        return marks.compactMap { mark in
            guard mark.place >= first, mark.place <= last else { return nil }
            let next = known.firstIndex { $0 >= mark.place } ?? known.count - 1
            var at = Double(next)
            if next > 0, known[next] > known[next - 1] { at -= (known[next] - mark.place) / (known[next] - known[next - 1]) }
            return (mark, (at + 0.5) * slot)
        }
    }

    private func write(_ marks: [(mark: Mark, at: Double)], _ scale: Scale, _ html: inout HTMLWriter) {
        for (index, (mark, at)) in marks.enumerated() {
            let (x, y) = (Self.percent(at), 14 * index + 12)
            html.element(
                "line",
                [
                    .class("line i-\(index % 5 + 1)"), .svg("x1", x), .svg("x2", x), .svg("y1", "\(y - 8)"),
                    .svg("y2", "\(scale.top + Self.height)"), .svg("stroke-dasharray", "4 3"),
                ]
            ) { html in html.element("title", text: "\(mark.name) \(mark.text)") }
            let isRight = at > 60
            html.element(
                "text",
                [.svg("x", x), .svg("dx", isRight ? "-5" : "5"), .svg("y", "\(y)"), .svg("text-anchor", isRight ? "end" : "start")],
                text: "\(mark.name) \(mark.text)")
        }
    }

    private func labels(_ scale: Scale, _ slot: Double, _ html: inout HTMLWriter) {
        let step = max(1, (bars.count + Self.shownLabels - 1) / Self.shownLabels)
        let y = "\(scale.top + Self.height + 15)"
        for (index, bar) in bars.enumerated() where index % step == 0 {
            let centre = (Double(index) + 0.5) * slot
            let anchor = centre < 12 ? "start" : centre > 88 ? "end" : "middle"
            let x = anchor == "start" ? "0" : anchor == "end" ? "100%" : Self.percent(centre)
            html.element("text", [.class("quiet"), .svg("x", x), .svg("y", y), .svg("text-anchor", anchor)], text: bar.label)
        }
        html.element(
            "text", [.class("quiet"), .svg("x", "50%"), .svg("y", "\(scale.top + Self.height + 33)"), .svg("text-anchor", "middle")],
            text: horizontal)
    }

    // MARK: - What stands beside it

    private func legend(_ html: inout HTMLWriter) {
        html.element("ul", [.class("legend")]) { html in
            for one in series where one.isDrawn {
                html.element("li") { html in
                    html.element("svg", [.ariaHidden]) {
                        $0.element("rect", [.class(one.shade), .svg("width", "100%"), .svg("height", "100%")]) { _ in }
                    }
                    html.text(one.name)
                }
            }
        }
    }

    private func table(_ html: inout HTMLWriter) {
        FiguresBehind(title: title, heading: horizontal, columns: series.map { "\($0.name), \(unit)" })
            .write(bars.map { ($0.label, $0.values) }, to: &html)
    }

    private static func percent(_ value: Double) -> String { "\((value * 100).rounded() / 100)%" }

    private static func pixel(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}

/// The table that opens behind a plot.
struct FiguresBehind {
    let title: String
    /// Of the column of names.
    let heading: String
    let columns: [String]

    func write(_ rows: [(name: String, values: [Double?])], to html: inout HTMLWriter) {
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "Figures")
            html.element("table", [.class("small scrolling")]) { html in
                html.element("caption", text: title)
                html.element("thead") { html in
                    html.element("tr") { html in
                        html.element("th", [.scope("col")], text: heading)
                        for column in columns { html.element("th", [.scope("col"), .class("number")], text: column) }
                    }
                }
                html.element("tbody") { html in
                    for row in rows {
                        html.element("tr") { html in
                            html.element("th", [.scope("row")], text: row.name)
                            for value in row.values {
                                html.element("td", [.class("number")]) { html in
                                    guard let value else { return Unavailable.write("not known", to: &html) }
                                    html.text(CurvePlot.number(value))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
