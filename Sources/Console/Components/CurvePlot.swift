import LedgerValues

/// Lines over numbers in SVG, with axes, units, and the figures of each point on hover and in a table behind.
struct CurvePlot {
    struct Line {
        let name: String
        /// The class of its shade; see ``Series``.
        let shade: String
        /// In order of x.
        let points: [(x: Double, y: Double)]
    }

    let title: String
    /// What x is, with its unit.
    let horizontal: String
    /// The unit of the lines.
    let unit: String
    let lines: [Line]
    /// How a number of the horizontal axis is shown.
    var mark: (Double) -> String = { CurvePlot.number($0) }
    var includesZero = false

    private static let ticks = 4
    /// More rows than these, and more places to point at, are thinned out evenly.
    private static let maximumRows = 120

    func write(to html: inout HTMLWriter) {
        let points = lines.flatMap(\.points)
        html.element("figure", [.class("plot card")]) { html in
            html.element("figcaption", text: "\(title), \(unit)")
            guard let xs = Self.range(points.map(\.x)), let ys = Self.range(points.map(\.y) + (includesZero ? [0] : [])) else {
                return html.element("p", [.class("quiet")], text: "No figures.")
            }
            html.element(
                "svg",
                [
                    .role("img"), .label("\(title), \(unit), over \(horizontal); the figures are in the table below"),
                    .svg("width", "100%"), .svg("height", "240"),
                ]
            ) { html in
                canvas(xs, ys, &html)
                axes(xs, ys, &html)
                hovers(xs, &html)
            }
            legend(&html)
            table(&html)
        }
    }

    private func canvas(_ xs: ClosedRange<Double>, _ ys: ClosedRange<Double>, _ html: inout HTMLWriter) {
        html.element(
            "svg",
            [
                .svg("x", "0"), .svg("y", "10"), .svg("width", "100%"), .svg("height", "190"), .svg("viewBox", "0 0 1000 1000"),
                .svg("preserveAspectRatio", "none"),
            ]
        ) { html in
            for tick in 0...Self.ticks {
                let y = "\(1000 * tick / Self.ticks)"
                html.element(
                    "line", [.class("zero"), .svg("x1", "0"), .svg("x2", "1000"), .svg("y1", y), .svg("y2", y), .svg("opacity", "0.25")]
                ) {
                    _ in
                }
            }
            for line in lines where line.points.count > 0 {
                let corners = line.points.map { "\(Self.place($0.x, xs)),\(Self.place(ys.upperBound + ys.lowerBound - $0.y, ys))" }
                html.element("polyline", [.class("line \(line.shade)"), .svg("points", corners.joined(separator: " "))]) { html in
                    html.element("title", text: line.name)
                }
            }
        }
    }

    private func axes(_ xs: ClosedRange<Double>, _ ys: ClosedRange<Double>, _ html: inout HTMLWriter) {
        for tick in 0...Self.ticks {
            let share = Double(tick) / Double(Self.ticks)
            let value = ys.upperBound - share * (ys.upperBound - ys.lowerBound)
            html.element(
                "text", [.class("quiet"), .svg("x", "0"), .svg("y", "\(8 + Int(190 * share))")], text: Self.number(value))
            let anchor = tick == 0 ? "start" : tick == Self.ticks ? "end" : "middle"
            html.element(
                "text", [.class("quiet"), .svg("x", "\(25 * tick)%"), .svg("y", "216"), .svg("text-anchor", anchor)],
                text: mark(xs.lowerBound + share * (xs.upperBound - xs.lowerBound)))
        }
        html.element("text", [.class("quiet"), .svg("x", "50%"), .svg("y", "234"), .svg("text-anchor", "middle")], text: horizontal)
    }

    /// Strips over the plot that say the figures at their place.
    private func hovers(_ xs: ClosedRange<Double>, _ html: inout HTMLWriter) {
        let rows = rows
        guard rows.count > 0 else { return }
        let width = 100 / Double(rows.count)
        for row in rows {
            let centre = (row.x - xs.lowerBound) / (xs.upperBound - xs.lowerBound) * 100
            let start = min(max(0, centre - width / 2), 100 - width)
            html.element(
                "rect",
                [
                    .svg("x", Self.percent(start)), .svg("width", Self.percent(width)), .svg("y", "10"), .svg("height", "190"),
                    .svg("fill-opacity", "0"), .svg("stroke-opacity", "0"),
                ]
            ) { html in
                let figures = zip(lines, row.values).compactMap { line, value in value.map { "\(line.name) \(Self.number($0))" } }
                html.element("title", text: "\(mark(row.x)): \(figures.joined(separator: ", "))")
            }
        }
    }

    private func legend(_ html: inout HTMLWriter) {
        html.element("ul", [.class("legend")]) { html in
            for line in lines {
                html.element("li") { html in
                    html.element("svg", [.ariaHidden]) {
                        $0.element("rect", [.class(line.shade), .svg("width", "100%"), .svg("height", "100%")]) { _ in }
                    }
                    html.text(line.name)
                }
            }
        }
    }

    private func table(_ html: inout HTMLWriter) {
        let rows = rows
        let all = Set(lines.flatMap { $0.points.map(\.x) }).count
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "Figures")
            html.element("table", [.class("small scrolling")]) { html in
                html.element("caption", text: rows.count == all ? title : "\(title): \(rows.count) of \(all) points")
                html.element("thead") { html in
                    html.element("tr") { html in
                        html.element("th", [.scope("col")], text: horizontal)
                        for line in lines { html.element("th", [.scope("col"), .class("number")], text: "\(line.name), \(unit)") }
                    }
                }
                html.element("tbody") { html in
                    for row in rows {
                        html.element("tr") { html in
                            html.element("th", [.scope("row")], text: mark(row.x))
                            for value in row.values {
                                html.element("td", [.class("number")]) { html in
                                    guard let value else { return Unavailable.write("no figure", to: &html) }
                                    html.text(Self.number(value))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The figures of all lines by x, thinned out evenly.
    private var rows: [(x: Double, values: [Double?])] {
        let xs = Set(lines.flatMap { $0.points.map(\.x) }).sorted()
        let step = max(1, (xs.count + Self.maximumRows - 1) / Self.maximumRows)
        let byX = lines.map { line in Dictionary(line.points.map { ($0.x, $0.y) }) { _, last in last } }
        return xs.enumerated().filter { $0.offset % step == 0 }.map { _, x in (x, byX.map { $0[x] }) }
    }

    private static func range(_ values: [Double]) -> ClosedRange<Double>? {
        guard let low = values.min(), let high = values.max(), low.isFinite, high.isFinite else { return nil }
        return low < high ? low...high : (low - 1)...(high + 1)
    }

    private static func place(_ value: Double, _ range: ClosedRange<Double>) -> String {
        "\(((value - range.lowerBound) / (range.upperBound - range.lowerBound) * 10_000).rounded() / 10)"
    }

    private static func percent(_ value: Double) -> String { "\((value * 100).rounded() / 100)%" }

    /// A number in few digits, for the eye.
    static func number(_ value: Double) -> String {
        let digits = value.magnitude >= 1000 ? 0 : value.magnitude >= 10 ? 1 : value.magnitude >= 0.1 ? 3 : 6
        guard let decimal = FixedDecimal(rounding: value, digits: digits) else { return "\(value)" }
        return Figures.decimal("\(decimal)", .exact).text
    }
}

extension FixedDecimal {
    /// A double to a few fractional digits, for the eye only.
    init?(rounding value: Double, digits: Int) {
        guard value.isFinite, value.magnitude < 1e17 else { return nil }
        var (scale, rest) = (1.0, Int128(10_000_000_000))
        for _ in 0..<digits {
            scale *= 10
            rest /= 10
        }
        self.init(units: Int128((value * scale).rounded(.toNearestOrEven)) * rest)
    }
}
