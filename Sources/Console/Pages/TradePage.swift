import JSON

/// One trade: each event of its stream, with what changed at the source as evidence.
public struct TradePage: Sendable {
    public var context: PageContext
    public var tradeID: String
    /// The answer of `/api/internal/trades/{source_trade_id}/history`.
    public var history: Loaded

    public init(context: PageContext, tradeID: String, history: Loaded) {
        self.context = context
        self.tradeID = tradeID
        self.history = history
    }

    public func html() -> [UInt8] {
        Page(title: "Trade \(tradeID)", context: context).html { html in
            switch history {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let limit = context.time.asOfPosition.flatMap { Int64($0) } ?? .max
                let events = (document.root["events"]?.elements.map { $0 } ?? [])
                    .filter { ($0["position"]?.integer ?? 0) <= limit }
                if let latest = events.last(where: { $0["payload"]?["source_trade_id"] != nil && $0["payload"]?["price"] != nil }) {
                    writeFields(latest, &html)
                }
                html.element("h2", text: "History")
                if events.isEmpty { html.element("p", text: "Not known yet at this position.") }
                for event in events { EventCard(event: event, showsPayload: false).write(to: &html) }
            }
        }
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

/// An event of the log: what, when, where, its changes, and its payload on demand.
struct EventCard {
    let event: JSONValue
    var showsPayload = true

    func write(to html: inout HTMLWriter) {
        let position = event["position"]?.integer ?? 0
        html.element("article", [.class("event"), .id("event-\(position)"), .data("data-position", "\(position)")]) { html in
            html.element("h3") { html in
                html.element("a", [.class("position"), .href(Address(["log"], [("position", "\(position)")]))], text: "#" + Figures.count(position))
                html.text(" ")
                html.text(event["type"]?.string ?? "?")
            }
            html.element("p", [.class("meta")]) { html in
                html.element("code", text: event["stream"]?.string ?? "?")
                html.text(" v\(event["stream_version"]?.integer ?? 0) · recorded ")
                Cell.instant(event, "recorded_at", to: &html)
                if let effective = event["effective_at"]?.string {
                    html.text(" · effective ")
                    html.element("time", [.dateTime(effective)], text: Figures.instant(effective))
                }
            }
            writeChanges(&html)
            if showsPayload { writePayload(&html) }
        }
    }

    private func writeChanges(_ html: inout HTMLWriter) {
        let changes = event["payload"]?["changed_fields"]?.elements.map { $0 } ?? []
        if changes.isEmpty { return }
        html.element("table", [.class("small")]) { html in
            html.element("caption", text: "Changed at the source")
            html.element("thead") { html in
                html.element("tr") { html in
                    for title in ["Field", "Before", "After"] { html.element("th", [.scope("col")], text: title) }
                }
            }
            html.element("tbody") { html in
                for change in changes {
                    html.element("tr") { html in
                        html.element("th", [.scope("row")], text: change["field"]?.string ?? "?")
                        html.element("td") { ValueText.write(change["old"], to: &$0) }
                        html.element("td") { ValueText.write(change["new"], to: &$0) }
                    }
                }
            }
        }
    }

    private func writePayload(_ html: inout HTMLWriter) {
        html.element("details") { html in
            html.element("summary", text: "Payload")
            html.element("pre", [.tabIndex(0), .label("Payload")], text: event["payload"].map { Indented.text($0) } ?? "")
        }
    }
}

/// A JSON value on several lines, for people.
enum Indented {
    static func text(_ value: JSONValue) -> String {
        var out = ""
        append(value, depth: 0, to: &out)
        return out
    }

    private static func append(_ value: JSONValue, depth: Int, to out: inout String) {
        let inner = String(repeating: "  ", count: depth + 1)
        let outer = String(repeating: "  ", count: depth)
        switch value.kind {
        case .object where value.count > 0:
            out += "{\n"
            for (index, member) in value.memberViews.enumerated() {
                out += (index > 0 ? ",\n" : "") + inner + member.keyValue.sourceText + ": "
                append(member.value, depth: depth + 1, to: &out)
            }
            out += "\n" + outer + "}"
        case .array where value.count > 0:
            out += "[\n"
            for (index, element) in value.elements.enumerated() {
                out += (index > 0 ? ",\n" : "") + inner
                append(element, depth: depth + 1, to: &out)
            }
            out += "\n" + outer + "]"
        default: out += value.sourceText
        }
    }
}
