import LedgerJSON

/// The gates of a decision in a row: a mark, the name, the figure and what it was held against.
enum GateLights {
    static func write(_ gates: JSONValue?, to html: inout HTMLWriter) {
        guard let gates, gates.count > 0 else { return html.element("span", [.class("quiet")], text: "not judged") }
        html.element("ul", [.class("lights")]) { html in
            for gate in gates.elements {
                let passes = gate["pass"]?.bool == true
                let name = (gate["name"]?.string ?? "?").replacing("_", with: " ")
                let value = gate["value"]?.string
                let reason = gate["reason"]?.string.map { ": \($0)" } ?? ""
                html.element("li", [.class("badge \(passes ? "q-full" : "q-poor")"), .title("\(passes ? "passes" : "fails")\(reason)")]) {
                    html in
                    html.text("\(name) ")
                    html.element("span", [.class("figure")], text: value.map(Self.short) ?? "missing")
                    html.text(" \(passes ? "passes" : "fails") ")
                    html.element("small", text: gate["threshold"]?.string ?? "")
                }
            }
        }
    }

    /// A figure with at most four decimal places; other values as they are.
    private static func short(_ value: String) -> String {
        guard value.contains("."), value.utf8.allSatisfy({ $0 == 0x2e || $0 == 0x2d || 0x30...0x39 ~= $0 }) else { return value }
        return Figures.decimal(value, .price).text
    }
}
