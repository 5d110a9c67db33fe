import LedgerJSON
import LedgerValues
import OptionTrades

/// One trade: each event of its stream, with the changes at the source as evidence.
package struct TradePage: Sendable {
    package var context: PageContext
    package var tradeID: String
    /// The answer of `/api/internal/trades/{source_trade_id}/history`.
    package var history: Loaded

    package init(context: PageContext, tradeID: String, history: Loaded) {
        self.context = context
        self.tradeID = tradeID
        self.history = history
    }

    package func html() -> [UInt8] {
        Page(title: "Trade \(tradeID)", context: context).html { html in
            switch history {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let events = (document.root["events"]?.elements.map { $0 } ?? []).filter(isKnown)
                if let latest = events.last(where: { $0["payload"]?["source_trade_id"] != nil && $0["payload"]?["price"] != nil }) {
                    writeFields(latest, &html)
                }
                stepLinks(&html)
                html.element("h2", text: "History")
                if events.isEmpty { html.element("p", text: "Not known yet at this moment.") }
                for event in events { EventCard(event: event, time: context.time, showsPayload: false).write(to: &html) }
            }
        }
    }

    /// A link for each view of single trades, to what each event changed in the trade's rows there.
    private func stepLinks(_ html: inout HTMLWriter) {
        let key = KeyText.of([context.address["source"], tradeID].compactMap { $0 })
        html.element("h2", text: "Step through")
        html.element("ul", [.class("links")]) { html in
            for view in View.all where view.key.prefix(2).elementsEqual(["source", "source_trade_id"]) {
                let address = Address(["steps"], [("view", view.name), ("key", key)] + context.time.parameters)
                html.element("li") { $0.element("a", [.href(address)], text: view.title) }
            }
        }
    }

    /// Whether an event was recorded, and its valid time reached, at the page's moment.
    private func isKnown(_ event: JSONValue) -> Bool {
        func isBy(_ end: String?, _ member: String) -> Bool {
            guard let end = end.flatMap({ Instant($0) }), let instant = event[member]?.string.flatMap({ Instant($0) }) else { return true }
            return instant <= end
        }
        let time = context.time
        return (event["position"]?.integer ?? 0) <= time.asOfPosition.flatMap { Int64($0) } ?? .max
            && (time.asOfPosition != nil || isBy(time.asOf, "recorded_at")) && isBy(time.effectiveAt, "effective_at")
    }

    private func writeFields(_ event: JSONValue, _ html: inout HTMLWriter) {
        html.element("h2", text: "The row as last recorded")
        html.element("dl", [.class("facts fields")]) { html in
            for (name, value) in event["payload"]?.members.map({ ($0.key, $0.value) }) ?? [] where name != "changed_fields" {
                Fact.write(name, to: &html) { html in
                    if value.isNull { return Unavailable.write("not in the source", to: &html) }
                    html.text(value.string ?? value.sourceText)
                }
            }
        }
    }
}
