import LedgerJSON

/// The outcomes of one trade, a cell for each horizon: its P&L, coloured as gain or loss, and its state. A figure that is
/// absent has its reason in its place.
struct HorizonStrip {
    /// The P&L to show, a column of the outcomes.
    var field = "pnl_before_fees_usd"
    let title: String
    /// The explanations of a row's figure; nil if the figures link to nothing.
    var explained: Explained?

    /// Writes the rows of one trade's outcomes, in the given order.
    func write(_ rows: some Collection<JSONValue>, to html: inout HTMLWriter) {
        html.element("figure", [.class("horizons")]) { html in
            html.element("figcaption") { html in
                html.text(title)
                if let remark = Polarity.of(field).remark {
                    html.text(" ")
                    html.element("small", text: remark)
                }
            }
            if rows.isEmpty { return html.element("p", [.class("quiet")], text: "No horizon is due yet.") }
            html.element("ol") { html in
                for row in rows {
                    html.element("li") { html in
                        html.element("strong", text: row["horizon_key"]?.string ?? "?")
                        html.element("span") { Cell.figure(row, field, .money, explained, to: &$0) }
                        if let state = row["outcome_state"]?.string { Badge.write(state, to: &html) }
                    }
                }
            }
        }
    }
}
