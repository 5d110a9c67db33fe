import LedgerValues

/// Lines over dates in SVG, each a running sum. The exact figures are in a table below.
struct LinePlot {
    struct Line {
        let name: String
        /// The class of its shade; see ``Series``.
        let shade: String
        /// In order of the dates.
        let points: [(date: CalendarDate, value: FixedDecimal)]
    }

    private static let size = 1000.0

    let title: String
    let lines: [Line]
    /// The places of the figures beside the lines.
    var places = Figures.Places.money

    func write(to html: inout HTMLWriter) {
        let points = lines.flatMap(\.points)
        html.element("figure", [.class("plot")]) { html in
            html.element("figcaption", text: title)
            let dates = points.map(\.date).sorted { $0.daysSinceEpoch < $1.daysSinceEpoch }
            guard let first = dates.first, let last = dates.last else {
                return html.element("p", [.class("quiet")], text: "Nothing is priced.")
            }
            let values = points.map { Self.approximate($0.value) } + [0]
            let (low, high) = (values.min() ?? 0, values.max() ?? 0)
            let days = (Int(first.daysSinceEpoch), Int(last.daysSinceEpoch))
            let scale = Scale(days: days.0...max(days.0 + 1, days.1), values: low...max(low + 1, high))
            html.element(
                "svg",
                [.role("img"), .label("\(title); the figures are in the table below"), .svg("width", "100%"), .svg("height", "190")]
            ) { html in
                html.element(
                    "svg",
                    [
                        .svg("x", "0"), .svg("y", "20"), .svg("width", "100%"), .svg("height", "140"), .svg("viewBox", "0 0 1000 1000"),
                        .svg("preserveAspectRatio", "none"),
                    ]
                ) { html in
                    let zero = scale.y(0)
                    html.element(
                        "line", [.class("zero"), .svg("x1", "0"), .svg("x2", "1000"), .svg("y1", zero), .svg("y2", zero)]
                    ) { _ in }
                    for line in lines { write(line, scale, to: &html) }
                }
                let top = points.map(\.value).max().map { Figures.decimal("\($0)", places).text } ?? ""
                Self.label(top, x: "0", y: "13", to: &html)
                Self.label(first.description, x: "0", y: "180", to: &html)
                Self.label(last.description, x: "100%", y: "180", anchor: "end", to: &html)
            }
            html.element("ul", [.class("legend")]) { html in
                for line in lines {
                    html.element("li") { html in
                        html.element("svg", [.ariaHidden]) {
                            $0.element("rect", [.class(line.shade), .svg("width", "100%"), .svg("height", "100%")]) { _ in }
                        }
                        html.text("\(line.name) ")
                        html.element(
                            "span", [.class("figure")], text: line.points.last.map { Figures.decimal("\($0.value)", places).text } ?? "none"
                        )
                    }
                }
            }
        }
    }

    /// A line of steps: a sum stays what it was until the next date.
    private func write(_ line: Line, _ scale: Scale, to html: inout HTMLWriter) {
        guard let first = line.points.first else { return }
        var corners = ["\(scale.x(first.date)),\(scale.y(0))"]
        var level = scale.y(0)
        for point in line.points {
            corners.append("\(scale.x(point.date)),\(level)")
            level = scale.y(Self.approximate(point.value))
            corners.append("\(scale.x(point.date)),\(level)")
        }
        corners.append("1000,\(level)")
        html.element("polyline", [.class("line \(line.shade)"), .svg("points", corners.joined(separator: " "))]) { html in
            html.element("title", text: line.name)
        }
    }

    private static func label(_ text: String, x: String, y: String, anchor: String = "start", to html: inout HTMLWriter) {
        html.element("text", [.class("quiet"), .svg("x", x), .svg("y", y), .svg("text-anchor", anchor)], text: text)
    }

    /// A figure's place on the plot, for the eye only.
    private static func approximate(_ value: FixedDecimal) -> Double { Double("\(value)") ?? 0 }

    private struct Scale {
        let days: ClosedRange<Int>
        let values: ClosedRange<Double>

        func x(_ date: CalendarDate) -> String {
            place(Double(Int(date.daysSinceEpoch) - days.lowerBound) / Double(days.upperBound - days.lowerBound))
        }

        func y(_ value: Double) -> String { place(1 - (value - values.lowerBound) / (values.upperBound - values.lowerBound)) }

        private func place(_ share: Double) -> String { "\((share * LinePlot.size * 10).rounded() / 10)" }
    }
}
