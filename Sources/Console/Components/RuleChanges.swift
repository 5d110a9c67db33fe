import LedgerJSON

/// What the rules of two versions say differently, value by value: a document of `/api/ledger/projections/{name}/rules`.
enum RuleChanges {
    /// - Parameter limit: the largest number of changes shown
    static func write(_ diff: JSONValue, limit: Int = .max, to html: inout HTMLWriter) {
        let files = diff["files"]?.elements.map { $0 } ?? []
        if files.isEmpty { return html.element("p", [.class("quiet")], text: "Both read the same rule files.") }
        var count = 0
        for file in files {
            let names = ["from", "to"].map { file[$0]?["file"]?.string }
            html.element("p") { html in
                html.element("code", text: names[0] ?? names[1] ?? "?")
                switch (names[0], names[1]) {
                case (_?, let new?):
                    html.text(" → ")
                    html.element("code", text: new)
                case (nil, _): html.text(", which only the new version reads")
                case (_, nil): html.text(", which only the old version reads")
                }
            }
            let changes = file["changes"]?.elements.map { $0 } ?? []
            if changes.isEmpty { html.element("p", [.class("quiet")], text: "They say the same.") }
            let shown = changes.prefix(limit - count)
            count += shown.count
            if shown.isEmpty { continue }
            html.element("ul", [.class("rules")]) { html in
                for change in shown { write(change, &html) }
            }
        }
        let hidden = (diff["count"]?.integer ?? 0) - Int64(count)
        if hidden > 0 { html.element("p", [.class("quiet")], text: "\(Figures.count(hidden)) more changes are not shown.") }
    }

    private static func write(_ change: JSONValue, _ html: inout HTMLWriter) {
        html.element("li") { html in
            html.element("code", text: change["path"]?.string ?? "?")
            html.text(": ")
            switch (change["from"]?.string, change["to"]?.string) {
            case (let old?, let new?):
                html.element("del", text: value(old))
                html.text(" → ")
                html.element("ins", text: value(new))
            case (nil, let new?):
                html.text("added ")
                html.element("ins", text: value(new))
            case (let old?, nil):
                html.text("removed ")
                html.element("del", text: value(old))
            case (nil, nil): break
            }
        }
    }

    private static func value(_ text: String) -> String { text.isEmpty ? "\"\"" : text }
}
