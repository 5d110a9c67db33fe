import LedgerJSON

/// A fill against the quote that it is measured by: bid, mid, ask and fill on one axis, and below it the exact figures.
///
/// The drawing is for the eye. A price that is absent has its reason in its place among the figures.
struct PriceLadder {
    /// A row with `benchmark_bid`, `benchmark_mid`, `benchmark_ask` and `fill_price`, each per contract.
    let row: JSONValue
    /// The unit of the prices, for example `USD per contract`.
    let unit: String
    var explained: Explained?

    private static let prices = [
        (field: "benchmark_bid", title: "Bid", shade: "bid"), (field: "benchmark_mid", title: "Mid", shade: "mid"),
        (field: "benchmark_ask", title: "Ask", shade: "ask"), (field: "fill_price", title: "Fill", shade: "fill"),
    ]

    func write(to html: inout HTMLWriter) {
        html.element("figure", [.class("ladder")]) { html in
            html.element("figcaption") { html in
                html.text("Fill against quote ")
                html.element("small", text: unit)
            }
            draw(&html)
            html.element("dl", [.class("facts")]) { html in
                for price in Self.prices {
                    html.element("div", [.class(price.shade)]) { html in
                        html.element("dt", text: price.title)
                        html.element("dd") { Cell.figure(row, price.field, .price, explained, to: &$0) }
                    }
                }
            }
        }
    }

    private func draw(_ html: inout HTMLWriter) {
        let known = Self.prices.compactMap { price in
            row[price.field].flatMap { $0.kind == .number ? Double($0.sourceText) : nil }.map { (price, $0) }
        }
        guard let low = known.map(\.1).min(), let high = known.map(\.1).max() else { return }
        // One price alone stands in the middle.
        let span = high - low
        func place(_ value: Double) -> String {
            let share = span == 0 ? 50 : 4 + (value - low) / span * 92
            return "\((share * 100).rounded() / 100)%"
        }
        func value(_ field: String) -> Double? { known.first { $0.0.field == field }?.1 }
        html.element("svg", [.role("img"), .label(words(known.map(\.0.title))), .svg("width", "100%"), .svg("height", "34")]) { html in
            line("axis", "0%", "100%", 20, 20, &html)
            if let bid = value("benchmark_bid"), let ask = value("benchmark_ask") { line("spread", place(bid), place(ask), 20, 20, &html) }
            for (price, value) in known where price.shade != "fill" { line(price.shade, place(value), place(value), 12, 28, &html) }
            guard let fill = value("fill_price") else { return }
            html.element("circle", [.class("fill"), .svg("cx", place(fill)), .svg("cy", "20"), .svg("r", "6")]) { _ in }
        }
    }

    private func line(_ shade: String, _ from: String, _ to: String, _ top: Int, _ bottom: Int, _ html: inout HTMLWriter) {
        html.element(
            "line", [.class(shade), .svg("x1", from), .svg("x2", to), .svg("y1", "\(top)"), .svg("y2", "\(bottom)")]
        ) { _ in }
    }

    private func words(_ titles: [String]) -> String {
        "\(titles.joined(separator: ", ")) on one axis; the figures are below"
    }
}
