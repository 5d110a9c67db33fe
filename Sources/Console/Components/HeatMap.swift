/// Figures over two axes in SVG: the stronger a cell, the larger its figure. The figures stand in the cells, on hover, and in a table
/// behind.
struct HeatMap {
    /// What the shade of a cell says.
    enum Scale {
        /// Gain and loss, from zero.
        case polarity
        /// From the least figure to the largest.
        case range
    }

    let title: String
    let unit: String
    /// What a column and a row are, with their units.
    let horizontal: String
    let vertical: String
    let columns: [String]
    let rows: [(name: String, values: [Double?])]
    var scale = Scale.range

    private static let rowHeight = 26
    /// Of the names of the rows, in hundredths of the width.
    private static let names = 16.0
    /// Of a cell's shade, so that its figure stays legible.
    private static let mostOpacity = 0.4

    func write(to html: inout HTMLWriter) {
        html.element("figure", [.class("plot card")]) { html in
            html.element("figcaption", text: "\(title), \(unit)")
            let known = rows.flatMap(\.values).compactMap { $0 }.filter(\.isFinite)
            guard let least = known.min(), let most = known.max(), !columns.isEmpty else {
                return html.element("p", [.class("quiet")], text: "No figures.")
            }
            let width = (100 - Self.names) / Double(columns.count)
            html.element(
                "svg",
                [
                    .role("img"), .label("\(title), \(unit), by \(vertical) and \(horizontal); the figures are in the table below"),
                    .svg("width", "100%"), .svg("height", "\(rows.count * Self.rowHeight + 42)"),
                ]
            ) { html in
                for (index, row) in rows.enumerated() {
                    let y = index * Self.rowHeight
                    html.element("text", [.class("quiet"), .svg("x", "0"), .svg("y", "\(y + 17)")], text: row.name)
                    for (column, value) in row.values.enumerated() {
                        let x = Self.names + Double(column) * width
                        cell(value, x, y, width, (least, most), "\(row.name), \(columns[column])", &html)
                    }
                }
                let bottom = rows.count * Self.rowHeight
                for (index, name) in columns.enumerated() {
                    html.element(
                        "text",
                        [
                            .class("quiet"), .svg("x", Self.percent(Self.names + (Double(index) + 0.5) * width)),
                            .svg("y", "\(bottom + 16)"), .svg("text-anchor", "middle"),
                        ], text: name)
                }
                html.element(
                    "text",
                    [
                        .class("quiet"), .svg("x", Self.percent(Self.names + (100 - Self.names) / 2)), .svg("y", "\(bottom + 34)"),
                        .svg("text-anchor", "middle"),
                    ], text: horizontal)
                html.element("text", [.class("quiet"), .svg("x", "0"), .svg("y", "\(bottom + 34)")], text: vertical)
            }
            FiguresBehind(title: title, heading: vertical, columns: columns.map { "\(horizontal) \($0)" })
                .write(rows.map { ($0.name, $0.values) }, to: &html)
        }
    }

    private func cell(
        _ value: Double?, _ x: Double, _ y: Int, _ width: Double, _ range: (least: Double, most: Double), _ place: String,
        _ html: inout HTMLWriter
    ) {
        let finite = value.flatMap { $0.isFinite ? $0 : nil }
        var attributes: [Attribute] = [
            .svg("x", Self.percent(x)), .svg("y", "\(y)"), .svg("width", Self.percent(width)), .svg("height", "\(Self.rowHeight)"),
        ]
        if let finite {
            let (shade, strength): (String, Double)
            switch scale {
            case .polarity:
                shade = Polarity.shade(isGain: finite >= 0)
                let largest = max(range.least.magnitude, range.most.magnitude)
                strength = largest == 0 ? 0 : finite.magnitude / largest
            case .range:
                shade = Series.identity(0)
                strength = range.most == range.least ? 0.5 : (finite - range.least) / (range.most - range.least)
            }
            let opacity = (strength * Self.mostOpacity * 1000).rounded() / 1000
            attributes += [.class(shade), .svg("fill-opacity", "\(opacity)")]
        } else {
            attributes.append(.class("q-absent"))
        }
        let text = finite.map(CurvePlot.number) ?? "not known"
        html.element("rect", attributes) { $0.element("title", text: "\(place): \(text)") }
        html.element(
            "text",
            [
                .svg("x", Self.percent(x + width / 2)), .svg("y", "\(y + 17)"), .svg("text-anchor", "middle"),
                .svg("pointer-events", "none"),
            ],
            text: finite.map(Self.short) ?? "\u{2014}")
    }

    /// A number in the few digits that a cell has room for.
    private static func short(_ value: Double) -> String {
        let magnitude = value.magnitude
        let sign = value < 0 ? "\u{2212}" : ""
        if magnitude >= 1_000_000 { return "\(sign)\(CurvePlot.number((magnitude / 100_000).rounded() / 10))M" }
        if magnitude >= 10_000 { return "\(sign)\(CurvePlot.number((magnitude / 1000).rounded()))k" }
        return CurvePlot.number(magnitude >= 100 ? value.rounded() : (value * 10).rounded() / 10)
    }

    private static func percent(_ value: Double) -> String { "\((value * 100).rounded() / 100)%" }
}
