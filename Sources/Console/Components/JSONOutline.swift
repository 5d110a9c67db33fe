import LedgerJSON
import LedgerValues

/// Any JSON document in readable form: members as facts, lists of similar objects as tables. It suits documents of
/// which the console shows every member, without knowing them.
struct JSONOutline {
    /// The page's moment, which links to events keep.
    let time: TimeFrame
    /// The largest number of rows shown of a list.
    private static let limit = 200

    func write(_ value: JSONValue, to html: inout HTMLWriter) {
        let members = value.members.map { ($0.key, $0.value) }
        let plain = members.filter { $0.1.kind != .object && $0.1.kind != .array }
        if !plain.isEmpty {
            html.element("dl", [.class("facts")]) { html in
                for (name, value) in plain { Fact.write(Self.words(name), to: &html) { scalar(name, value, &$0) } }
            }
        }
        for (name, value) in members where value.kind == .object && value.count > 0 {
            html.element("section", [.class("outline")]) { html in
                html.element("h3", text: Self.words(name))
                write(value, to: &html)
            }
        }
        for (name, value) in members where value.kind == .array { list(name, value, &html) }
    }

    private static func words(_ name: String) -> String { name.replacing("_", with: " ") }

    private func scalar(_ name: String, _ value: JSONValue, _ html: inout HTMLWriter) {
        switch value.kind {
        case .null: html.element("span", [.class("none")], text: "null")
        case .number:
            let position = value.integer
            if let position, name == "position" || name.hasSuffix("_position") {
                html.element("a", [.href(EventLink.address(position, time))], text: Figures.count(position))
            } else {
                let shown = Figures.decimal(value.sourceText, .exact).text
                html.element("span", [.class(Polarity.of(name).classes(shown))], text: shown)
            }
        default:
            let text = value.string ?? value.sourceText
            if text.utf8.count == 64, text.utf8.allSatisfy({ !$0.isWhitespace }) {
                html.element("code", text: text)
            } else if Instant(text) != nil {
                html.time(text)
            } else {
                html.text(text)
            }
        }
    }

    private func list(_ name: String, _ value: JSONValue, _ html: inout HTMLWriter) {
        html.element("section", [.class("outline")]) { html in
            html.element("h3", text: "\(Self.words(name)) (\(value.count))")
            if value.count == 0 { return html.element("p", [.class("quiet")], text: "none") }
            let elements = value.elements.prefix(Self.limit)
            guard elements.allSatisfy({ $0.kind == .object }) else {
                html.element("ul") { html in
                    for element in elements { html.element("li") { inline(element, &$0) } }
                }
                return
            }
            var columns: [String] = []
            for element in elements {
                for member in element.members where !columns.contains(member.key) { columns.append(member.key) }
            }
            html.element("div", [.class("scroll"), .role("region"), .label(Self.words(name)), .tabIndex(0)]) { html in
                html.element("table") { html in
                    html.element("thead") { html in
                        html.element("tr") { html in
                            for column in columns { html.element("th", [.scope("col")], text: Self.words(column)) }
                        }
                    }
                    html.element("tbody") { html in
                        for element in elements {
                            html.element("tr") { html in
                                for column in columns {
                                    html.element("td") { html in
                                        if let value = element[column] { inline(value, name: column, &html) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            if value.count > Self.limit { html.element("p", [.class("quiet")], text: "\(value.count - Self.limit) more are not shown.") }
        }
    }

    func inline(_ value: JSONValue, name: String = "", _ html: inout HTMLWriter) {
        switch value.kind {
        case .object where value.count > 0:
            html.element("dl", [.class("inline")]) { html in
                for (name, value) in value.members.map({ ($0.key, $0.value) }) {
                    html.element("div") { html in
                        html.element("dt", text: Self.words(name))
                        html.element("dd") { inline(value, name: name, &$0) }
                    }
                }
            }
        case .array where value.count > 0:
            html.element("ul", [.class("plain-list")]) { html in
                for element in value.elements { html.element("li") { inline(element, &$0) } }
            }
        case .object, .array: html.element("span", [.class("quiet")], text: "none")
        default: scalar(name, value, &html)
        }
    }
}

extension UInt8 {
    fileprivate var isWhitespace: Bool { self == 0x20 || 0x09...0x0D ~= self }
}
