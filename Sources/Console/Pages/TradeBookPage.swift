import LedgerJSON

/// The trade book: the synced rows at a moment, and the card that syncs them.
package struct TradeBookPage: Sendable {
    package var context: PageContext
    package var trades: RowList
    package var sync: SyncCard

    package init(context: PageContext, trades: RowList, sync: SyncCard) {
        self.context = context
        self.trades = trades
        self.sync = sync
    }

    package func html() -> [UInt8] {
        let basis = (try? trades.list.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: "Trade book", context: context, hasRows: true, basis: basis.map { [$0] } ?? []).html { html in
            sync.write(context, to: &html)
            trades.write(context, to: &html)
        }
    }
}

/// The label of a row: its id, linked to its history, and the contract.
enum TradeLink {
    static func address(_ id: String, source: String, _ pin: [(name: String, value: String)]) -> Address {
        Address(["trade"], [("id", id), ("source", source)] + pin)
    }

    static func write(_ row: JSONValue, _ context: PageContext, to html: inout HTMLWriter) {
        let id = row["source_trade_id"]?.string ?? ""
        html.element(
            "a", [.class("name"), .href(address(id, source: row["source"]?.string ?? "", context.time.pin))], text: id)
        html.element("span", [.class("contract")], text: row["instrument"]?.string ?? row["option_symbol"]?.string ?? "no contract named")
    }
}
