import LedgerJSON
import LedgerValues

/// Plots in SVG. Coordinates are percentages of the available width, so that text keeps its size on a phone. The exact
/// figures are in tables; the plots are only for the eye.
enum Plots {
    private static let lineHeight = 40

    /// One bar for each group, divided by the counts of a few series.
    static func stackedBars(
        _ title: String, series: [String], _ rows: [(label: String, counts: [Int64])], to html: inout HTMLWriter
    ) {
        let shades = Series.shades(series)
        figure(title, rows.count, &html) { html in
            for (index, row) in rows.enumerated() {
                let total = row.counts.reduce(0, +)
                label(row.label, total == 0 ? "none" : Figures.count(total), index, &html)
                var start = 0.0
                for (number, count) in row.counts.enumerated() where count > 0 {
                    let width = Double(count) / Double(max(total, 1)) * 100
                    bar(
                        index, start, width, shades[number],
                        "\(row.label): \(series[number].replacing("_", with: " ")) \(Figures.count(count))", &html)
                    start += width
                }
            }
        } legend: { html in
            html.element("ul", [.class("legend")]) { html in
                for (name, shade) in zip(series, shades) {
                    html.element("li") { html in
                        html.element("svg", [.ariaHidden]) {
                            $0.element("rect", [.class(shade), .svg("width", "100%"), .svg("height", "100%")]) { _ in }
                        }
                        html.text(name.replacing("_", with: " "))
                    }
                }
            }
        }
    }

    /// One bar for each group, to the left or right of zero. Its colour follows the polarity of the field. Groups
    /// without a figure say so.
    static func signedBars(
        _ title: String, field: String, _ rows: [(entry: JSONValue, note: String)], places: Figures.Places, to html: inout HTMLWriter,
        named name: (JSONValue) -> String = { Aggregates.key($0) }
    ) {
        let polarity = Polarity.of(field)
        let rows = rows.map { (label: name($0.entry), value: $0.entry[field], note: $0.note) }
        let values = rows.map { row in row.value.flatMap { $0.kind == .number ? Double($0.sourceText) : nil } }
        let low = min(0, values.compactMap { $0 }.min() ?? 0)
        let high = max(0, values.compactMap { $0 }.max() ?? 0)
        let span = high - low == 0 ? 1 : high - low
        let zero = -low / span * 100
        figure(title, rows.count, &html) { html in
            for (index, row) in rows.enumerated() {
                guard let value = values[index], let exact = row.value?.sourceText else {
                    label(row.label, "\u{2014} nothing priced", index, &html)
                    continue
                }
                let shown = Figures.decimal(exact, places).text
                label(row.label, "\(shown) · \(row.note)", index, &html)
                zeroLine(zero, index, &html)
                let width = abs(value) / span * 100
                let shade = polarity.isGain(shown).map { Polarity.shade(isGain: $0) } ?? Series.identity(0)
                bar(index, value < 0 ? zero - width : zero, width, shade, "\(row.label): \(shown)", &html)
            }
        } legend: { _ in
        }
    }

    private static func figure(
        _ title: String, _ count: Int, _ html: inout HTMLWriter, _ content: (inout HTMLWriter) -> Void,
        legend: (inout HTMLWriter) -> Void
    ) {
        html.element("figure", [.class("plot card")]) { html in
            html.element("figcaption", text: title)
            if count == 0 { return html.element("p", [.class("quiet")], text: "No rows.") }
            html.element(
                "svg",
                [
                    .role("img"), .label("\(title); the figures are in the table below"), .svg("width", "100%"),
                    .svg("height", "\(count * lineHeight)"),
                ], content)
            legend(&html)
        }
    }

    private static func label(_ left: String, _ right: String, _ index: Int, _ html: inout HTMLWriter) {
        let y = "\(index * lineHeight + 14)"
        html.element("text", [.svg("x", "0"), .svg("y", y)], text: left.replacing("_", with: " "))
        html.element("text", [.class("quiet"), .svg("x", "100%"), .svg("y", y), .svg("text-anchor", "end")], text: right)
    }

    private static func bar(_ index: Int, _ start: Double, _ width: Double, _ shade: String, _ title: String, _ html: inout HTMLWriter) {
        html.element(
            "rect",
            [
                .class(shade), .svg("x", percent(start)), .svg("y", "\(index * lineHeight + 19)"), .svg("width", percent(width)),
                .svg("height", "12"),
            ]
        ) { html in html.element("title", text: title) }
    }

    private static func zeroLine(_ zero: Double, _ index: Int, _ html: inout HTMLWriter) {
        let top = index * lineHeight + 17
        html.element(
            "line",
            [.class("zero"), .svg("x1", percent(zero)), .svg("x2", percent(zero)), .svg("y1", "\(top)"), .svg("y2", "\(top + 16)")]
        ) { _ in }
    }

    private static func percent(_ value: Double) -> String { "\((value * 100).rounded() / 100)%" }
}
