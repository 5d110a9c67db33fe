import LedgerJSON

/// An event of the log: its type, time and stream, its changes, and its payload on demand.
struct EventCard {
    let event: JSONValue
    let time: TimeFrame
    var showsPayload = true
    /// Whether a link leads to what the event changed in the views.
    var leadsToImpact = true

    func write(to html: inout HTMLWriter) {
        let position = event["position"]?.integer ?? 0
        html.element("article", [.class("event"), .id("event-\(position)"), .data("data-position", "\(position)")]) { html in
            html.element("h3") { html in
                html.element("a", [.class("position"), .href(EventLink.address(position, time))], text: "#" + Figures.count(position))
                html.text(" ")
                html.text(event["type"]?.string ?? "?")
            }
            html.element("p", [.class("meta")]) { html in
                html.element("code", text: event["stream"]?.string ?? "?")
                html.text(" v\(event["stream_version"]?.integer ?? 0) · recorded ")
                Cell.instant(event, "recorded_at", to: &html)
                if let effective = event["effective_at"]?.string {
                    html.text(" · effective ")
                    html.time(effective)
                }
            }
            if let changes = event["payload"]?["changed_fields"]?.elements.map({ $0 }), !changes.isEmpty {
                FieldChanges.write(changes, to: &html)
            }
            if leadsToImpact {
                html.element("p") { html in
                    html.element("a", [.href(Address(["impact"], [("position", "\(position)")]))], text: "What it changed")
                }
            }
            Self.writeHash(event["leaf_hash"]?.string ?? "", &html)
            if showsPayload { Self.writePayload(event["payload"].map { Indented.text($0) } ?? "", &html) }
        }
    }

    /// An event card without content, which the page's script fills in.
    static func blank(_ html: inout HTMLWriter) {
        html.element("article", [.class("event fresh")]) { html in
            html.element("h3") { html in
                html.element("a", [.class("position"), .href(Address(["log"]))]) { _ in }
                html.text(" ")
                html.element("span", [.class("type")]) { _ in }
            }
            html.element("p", [.class("meta")]) { html in
                html.element("code") { _ in }
                html.text(" ")
                html.element("span") { _ in }
            }
            EventCard.writeHash("", &html)
            EventCard.writePayload("", &html)
        }
    }

    private static func writeHash(_ hash: String, _ html: inout HTMLWriter) {
        html.element("p", [.class("hash")]) { html in
            html.text("leaf ")
            html.element("code", [.class("leaf")], text: hash)
            html.text(" ")
            html.element("button", [.type("button"), .class("plain prove"), .hidden], text: "Check inclusion")
        }
        html.element("div", [.class("proof"), .live("polite")]) { _ in }
    }

    private static func writePayload(_ text: String, _ html: inout HTMLWriter) {
        html.element("details") { html in
            html.element("summary", text: "Payload")
            html.element("pre", [.tabIndex(0), .label("Payload")], text: text)
        }
    }
}

/// The fields that an update changed at the source, before and after.
enum FieldChanges {
    static func write(_ changes: [JSONValue], to html: inout HTMLWriter) {
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
