import LedgerValues

/// Parts of a sum in SVG, each from where the one before it ended. The exact figures are in a table below.
struct Waterfall {
    struct Step {
        let name: String
        /// Nil if it is not known; then the rest of the sum is not either, and nothing more is drawn.
        let value: FixedDecimal?
    }

    let title: String
    let steps: [Step]

    func write(to html: inout HTMLWriter) {
        let known = steps.prefix { $0.value != nil }.compactMap { step in step.value.map { (step.name, Double($0.description) ?? 0) } }
        var ends = [0.0]
        for (_, value) in known { ends.append(ends[ends.count - 1] + value) }
        let (low, high) = (ends.min() ?? 0, ends.max() ?? 0)
        let span = high - low == 0 ? 1 : high - low
        func y(_ value: Double) -> String { Self.rounded((high - value) / span * 100) }
        let width = 100 / Double(max(known.count, 1))
        html.element("figure", [.class("plot")]) { html in
            html.element("figcaption", text: title)
            if known.isEmpty { return html.element("p", [.class("quiet")], text: "Nothing is priced.") }
            html.element(
                "svg",
                [
                    .role("img"), .label("\(title); the figures are in the table below"), .svg("width", "100%"), .svg("height", "120"),
                    .svg("viewBox", "0 0 100 100"), .svg("preserveAspectRatio", "none"),
                ]
            ) { html in
                for (index, (name, value)) in known.enumerated() {
                    let shade = value == 0 ? Series.identity(0) : Polarity.shade(isGain: value > 0)
                    html.element(
                        "rect",
                        [
                            .class(shade), .svg("x", Self.rounded(Double(index) * width + width * 0.1)),
                            .svg("width", Self.rounded(width * 0.8)),
                            .svg("y", y(max(ends[index], ends[index + 1]))),
                            .svg("height", Self.rounded(max(abs(value) / span * 100, 0.5))),
                        ]
                    ) { $0.element("title", text: name) }
                }
                html.element("line", [.class("zero"), .svg("x1", "0"), .svg("x2", "100"), .svg("y1", y(0)), .svg("y2", y(0))]) { _ in }
            }
        }
    }

    private static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
