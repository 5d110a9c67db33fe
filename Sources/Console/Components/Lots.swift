import LedgerJSON

/// The columns of a position's parts.
enum LotColumns {
    /// Of the lots that executions consumed.
    static func matches(_ context: PageContext) -> [Column] {
        [trade("Opened by", "open_trade_id", context), trade("Closed by", "close_trade_id", context)] + matchFigures
    }

    /// Of a match, wherever its two trades are named.
    static var matchFigures: [Column] {
        [
            .figure("Contracts", "quantity", .quantity), .figure("Open price", unit: "per contract", "open_price", .price),
            .figure("Close price", unit: "per contract", "close_price", .price),
            .figure("P&L before fees USD", unit: "derived", "pnl_before_fees_usd", .money),
        ]
    }

    /// Of the lots that are open.
    static func open(_ context: PageContext) -> [Column] {
        [
            trade("Opened by", "trade_id", context), .text("Side", "side"), .figure("Contracts left", "remaining_quantity", .quantity),
            .figure("Price", unit: "per contract", "price", .price), .figure("Multiplier", "contract_multiplier", .quantity),
        ]
    }

    private static func trade(_ title: String, _ field: String, _ context: PageContext) -> Column {
        Column(title) { row, html in link(row[field], context, to: &html) }
    }

    /// A trade's id, linked to its story.
    static func link(_ id: JSONValue?, _ context: PageContext, to html: inout HTMLWriter) {
        guard let id = id?.string else { return html.text("?") }
        html.element("a", [.href(Address(["trade"], [("id", id)] + context.time.pin))], text: id)
    }
}

/// The lots that an execution consumed, and the lots still open, behind their numbers.
enum MatchDetails {
    /// The number of parts of each kind in a list; the position's page has all.
    private static let limit = 10

    static func write(_ row: JSONValue, _ context: PageContext, to html: inout HTMLWriter) {
        let matches = row["matches"]?.elements.map { $0 } ?? []
        let lots = row["open_lots"]?.elements.map { $0 } ?? []
        if matches.isEmpty && lots.isEmpty { return html.element("span", [.class("quiet")], text: "none") }
        html.element("details") { html in
            html.element("summary", text: "\(matches.count) matched, \(lots.count) open")
            if !matches.isEmpty {
                SmallTable(caption: "Matches, first in first out", columns: LotColumns.matches(context))
                    .write(Array(matches.prefix(limit)), to: &html)
            }
            if !lots.isEmpty {
                SmallTable(caption: "Open lots", columns: LotColumns.open(context)).write(Array(lots.prefix(limit)), to: &html)
            }
            if max(matches.count, lots.count) > limit {
                html.element("p") { html in
                    html.text("The first \(limit) of each. ")
                    html.element("a", [.href(PositionLink.address(row, context))], text: "All of the position")
                }
            }
        }
    }
}
