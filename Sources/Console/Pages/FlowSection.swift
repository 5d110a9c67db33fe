import LedgerJSON
import LedgerValues

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
