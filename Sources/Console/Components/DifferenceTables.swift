import LedgerJSON
import OptionTrades

/// What another version of a projection changes: states, fields, sums and rows. A diff and a trial of rules have these members.
struct DifferenceTables {
    let context: PageContext
    /// Leads to what each event made of a changed row; nil if nothing does.
    var steps: ((JSONValue) -> Address)?

    static func writeCounts(_ diff: JSONValue, to html: inout HTMLWriter) {
        html.element("dl", [.class("counts")]) { html in
            for (label, field) in [("Changed", "changed"), ("Added", "added"), ("Removed", "removed"), ("Unchanged", "unchanged")] {
                Fact.text(label, diff["rows"]?[field]?.integer.map(Figures.count), none: "unknown", to: &html)
            }
        }
    }

    func write(_ diff: JSONValue, to html: inout HTMLWriter) {
        func table(_ caption: String, _ member: String, _ columns: [Column]) {
            guard let rows = diff[member]?.elements.map({ $0 }), !rows.isEmpty else { return }
            html.element("section", [.class("outline")]) { Table(caption: caption, columns: columns).write(rows, to: &$0) }
        }
        let field = Column("Field") { row, html in html.element("span", [.class("name")], text: row["field"]?.string ?? "?") }
        func count(_ title: String, _ name: String) -> Column {
            Column(title, isNumber: true) { row, html in html.text(row[name]?.integer.map(Figures.count) ?? "?") }
        }
        func state(_ title: String, _ name: String) -> Column {
            Column(title) { row, html in
                guard let text = row[name]?.string else { return Unavailable.write("none", to: &html) }
                Badge.write(text, to: &html)
            }
        }
        func value(_ title: String, _ name: String) -> Column {
            Column(title, isNumber: true) { row, html in
                guard let value = row[name], !value.isNull else { return Unavailable.write("no figure", to: &html) }
                JSONOutline(time: context.time).inline(value, name: row["field"]?.string ?? "", &html)
            }
        }
        table(
            "Rows by the state that they leave and enter", "moved",
            [field, state("From", "from"), state("To", "to"), count("Rows", "count")])
        table("Changed fields", "fields", [field, count("Rows", "changed")])
        table(
            "Sums over all rows", "sums",
            [
                field, value("From", "from"), count("Rows", "from_count"), value("To", "to"), count("Rows", "to_count"),
                value("Moves by", "delta"),
            ])
        table(
            "Changes row by row (the first ones)", "sample",
            [
                Column("Row") { row, html in
                    let key = row["key"]?.members.compactMap { $0.value.string } ?? []
                    let text = key.joined(separator: " | ")
                    guard let steps else { return html.element("span", [.class("name")], text: text) }
                    html.element("a", [.class("name"), .href(steps(row))], text: text)
                },
                Column("Change") { row, html in html.text(row["change"]?.string ?? "?") },
                Column("Fields") { row, html in changes(of: row, &html) },
            ])
    }

    private func changes(of row: JSONValue, _ html: inout HTMLWriter) {
        html.element("ul", [.class("plain-list")]) { html in
            for change in row["fields"]?.elements.map({ $0 }) ?? [] {
                html.element("li") { html in
                    html.text("\(change["field"]?.string ?? "?"): ")
                    let name = change["field"]?.string ?? ""
                    if let old = change["from"] { JSONOutline(time: context.time).inline(old, name: name, &html) }
                    html.text(" → ")
                    if let new = change["to"] { JSONOutline(time: context.time).inline(new, name: name, &html) }
                }
            }
        }
    }
}
