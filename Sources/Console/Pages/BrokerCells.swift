import LedgerJSON

/// The steps of a size: formula, figures and result.
enum Arithmetic {
    static func write(_ steps: JSONValue?, to html: inout HTMLWriter) {
        guard let steps, steps.count > 0 else { return }
        let columns: [Column] = [
            Column("Step") { step, html in html.text((step["name"]?.string ?? "?").replacing("_", with: " ")) },
            Column("Formula") { step, html in html.text(step["formula"]?.string ?? "?") },
            Column("Figures") { step, html in
                let inputs = step["inputs"]?.members.map { name, value in
                    "\(name.replacing("_", with: " ")) \(value.isNull ? "missing" : value.string ?? value.sourceText)"
                }
                html.text(inputs?.joined(separator: ", ") ?? "")
            },
            Column("Result", isNumber: true) { step, html in
                guard let value = step["value"], !value.isNull else { return Unavailable.write("not known", to: &html) }
                html.element("span", [.class("figure")], text: value.string ?? value.sourceText)
            },
        ]
        html.element("details", [.open]) { html in
            html.element("summary", text: "How the size comes about")
            SmallTable(caption: "The bounds of the size", columns: columns, scrolls: true).write(steps.elements.map { $0 }, to: &html)
        }
    }
}

/// An intent's id, with the way to its page.
enum DispatchLink {
    static func write(_ row: JSONValue, _ pin: [(name: String, value: String)], to html: inout HTMLWriter) {
        let (id, source) = (row["intent_id"]?.string ?? "?", row["source"]?.string ?? "?")
        html.element("a", [.class("name"), .href(Address(["order"], [("source", source), ("id", id)] + pin))], text: id)
        html.element("span", [.class("over")], text: "\(source), by \(row["requested_by"]?.string ?? "?")")
    }
}

/// Cells of dispatches whose empty value has a reason of its own.
enum BrokerCell {
    static func text(_ title: String, _ field: String, none: String) -> Column {
        Column(title, field: field) { row, html in
            guard let text = row[field]?.string else { return Unavailable.write(none, to: &html) }
            html.text(text)
        }
    }

    /// `BUY CALL`
    static var side: Column {
        Column("Wants", field: "action") { row, html in
            html.text("\(row["action"]?.string ?? "?") \(row["instrument_type"]?.string ?? "?")")
        }
    }
}
