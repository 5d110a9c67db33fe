import LedgerJSON
import OptionTrades

/// The trade book: the synced rows at a moment, and the card that syncs them.
package struct TradeBookPage: Sendable {
    package var context: PageContext
    /// The answer of `/api/internal/trades`.
    package var trades: Loaded
    package var sync: SyncCard
    /// The reason for the absence of rows, if there are no rows and it is known.
    package var emptiness: String?

    package init(
        context: PageContext, trades: Loaded, sync: SyncCard, emptiness: String? = nil
    ) {
        self.context = context
        self.trades = trades
        self.sync = sync
        self.emptiness = emptiness
    }

    package func html() -> [UInt8] {
        let basis = (try? trades.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        let page = Page(title: "Trade book", context: context, basis: basis.map { [$0] } ?? [])
        return page.html { html in
            sync.write(context, to: &html)
            html.element("h2", text: "Trades")
            FilterForm(fields: View.trades.filterFields, context: context).write(to: &html)
            switch trades {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let rows = document.root["rows"]
                Table(
                    caption: "Trades, by source and id", columns: ViewColumns.of(.trades, context), id: "trades",
                    empty: emptiness ?? "No trades at this moment."
                ).write(rows?.elements.map { $0 } ?? [], to: &html)
                Pager.write(document.root, shown: rows?.count ?? 0, context, to: &html)
            }
        }
    }
}

/// The label of a row: its id, linked to its history, and the contract.
enum TradeLink {
    static func write(_ row: JSONValue, _ context: PageContext, to html: inout HTMLWriter) {
        let id = row["source_trade_id"]?.string ?? ""
        html.element(
            "a", [.class("name"), .href(Address(["trade"], [("id", id), ("source", row["source"]?.string ?? "")] + context.time.pin))],
            text: id)
        html.element("span", [.class("contract")], text: row["instrument"]?.string ?? row["option_symbol"]?.string ?? "no contract named")
    }
}
