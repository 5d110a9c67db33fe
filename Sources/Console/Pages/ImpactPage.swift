import LedgerJSON
import LedgerValues
import OptionTrades

/// What one event changed: every row of every view that differs before and after it, field by field.
package struct ImpactPage: Sendable {
    package var context: PageContext
    /// The event's.
    package var position: Int64
    /// The answer of `/api/ledger/events/{position}`.
    package var event: Loaded
    /// The rows of all views before the event and after it, as `audit impact --json` has them.
    package var impact: Loaded

    package init(context: PageContext, position: Int64, event: Loaded, impact: Loaded) {
        self.context = context
        self.position = position
        self.event = event
        self.impact = impact
    }

    package func html() -> [UInt8] {
        Page(title: "What event \(Figures.count(position)) changed", context: context, hasTime: false).html { html in
            switch event {
            case .failure(let problem): return ProblemBox.write(problem, to: &html)
            case .success(let document):
                html.element("h2", text: "The event")
                EventCard(event: document.root, time: TimeFrame(), showsPayload: false, leadsToImpact: false).write(to: &html)
            }
            switch impact {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(document.root, &html)
            }
        }
    }

    private func write(_ impact: JSONValue, _ html: inout HTMLWriter) {
        let views = (impact["views"]?.elements.map { $0 } ?? []).compactMap { view in
            View.named(view["view"]?.string ?? "").map { Changed($0, view["changes"]?.elements.map { $0 } ?? []) }
        }
        let changed = views.filter { !$0.rows.isEmpty }
        if changed.isEmpty { html.element("p", text: "No row of a view differs before and after it.") }
        for view in changed { write(view, impact, &html) }
        let same = views.filter { $0.rows.isEmpty }.map(\.view.title)
        if !same.isEmpty && !changed.isEmpty {
            html.element("p", [.class("quiet")], text: "Unchanged: \(same.joined(separator: ", ")).")
        }
    }

    /// A view with the rows that the event changed.
    private struct Changed {
        let view: View
        let rows: [JSONValue]

        init(_ view: View, _ rows: [JSONValue]) {
            self.view = view
            self.rows = rows
        }
    }

    /// The most rows of a view that are shown.
    private static let shownRows = 100

    private func write(_ changed: Changed, _ impact: JSONValue, _ html: inout HTMLWriter) {
        let view = changed.view
        html.element("h2", text: view.title)
        html.element("div", [.class("scroll"), .role("region"), .label("Changed rows of \(view.title.lowercased())"), .tabIndex(0)]) {
            html in
            html.element("table", [.class("rows changes"), .role("table"), .id("changed-\(view.name)")]) { html in
                html.element(
                    "caption",
                    text: changed.rows.count > Self.shownRows
                        ? "The first \(Self.shownRows) of \(Figures.count(Int64(changed.rows.count))) rows that differ"
                        : "The rows that differ")
                html.element("thead", [.role("rowgroup")]) { html in
                    html.element("tr", [.role("row")]) { html in
                        html.element("th", [.scope("col"), .role("columnheader")], text: "Field")
                        for title in ["Before", "After", "Moves by"] {
                            html.element("th", [.scope("col"), .role("columnheader"), .class("number")], text: title)
                        }
                    }
                }
                let titles = Self.titles(of: view)
                for row in changed.rows.prefix(Self.shownRows) {
                    Row(view: view, titles: titles, row: row, before: moment("position_before", impact), after: moment("position", impact))
                        .write(to: &html)
                }
            }
        }
    }

    /// The pin of one of the two sides. Both are read at one moment, as the event's first reader read it.
    private func moment(_ name: String, _ impact: JSONValue) -> TimeFrame.Shown? {
        let position = (impact[name] ?? impact["event"]?[name])?.integer
        return position.flatMap { position in impact["as_of"]?.string.map { TimeFrame.Shown(position: position, asOf: $0) } }
    }

    /// The titles of a view's columns, by their fields.
    private static func titles(of view: View) -> [String: String] {
        let visitor = Visitor(role: .anonymous, formToken: nil, canAdminister: false)
        let columns = ViewColumns.of(view, PageContext(address: Address([]), visitor: visitor, time: TimeFrame()))
        return Dictionary(columns.compactMap { column in column.field.map { ($0, column.title) } }) { first, _ in first }
    }
}

/// One row that differs: its key, and a line for each field, whose figures lead to their explanations on both sides.
private struct Row {
    let view: View
    let titles: [String: String]
    let row: JSONValue
    let before: TimeFrame.Shown?
    let after: TimeFrame.Shown?

    private var key: [String] { view.key.map { KeyText.part(row["key"]?[$0]) } }

    func write(to html: inout HTMLWriter) {
        html.element("tbody", [.role("rowgroup")]) { html in
            html.element("tr", [.role("row"), .class("group")]) { html in
                html.element("th", [.scope("rowgroup"), .role("rowheader"), .columnSpan(4)]) { html in
                    html.element("span", [.class("name")], text: key.joined(separator: " · "))
                    html.text(" ")
                    html.element("span", [.class("badge plain")], text: row["change"]?.string ?? "?")
                }
            }
            let fields = row["fields"]?.elements.map { $0 } ?? []
            for field in fields { line(field["field"]?.string ?? "?", field["from"], field["to"], &html) }
            // A row that came or went has its members beside the change.
            if fields.isEmpty, let members = row["row"]?.members.map({ ($0.key, $0.value) }) {
                let isNew = row["change"]?.string == "added"
                // A view without columns of its own shows all but its key.
                for (name, value) in members where !value.isNull && (titles.isEmpty ? !view.key.contains(name) : titles[name] != nil) {
                    line(name, isNew ? nil : value, isNew ? value : nil, &html)
                }
            }
        }
    }

    private func line(_ field: String, _ old: JSONValue?, _ new: JSONValue?, _ html: inout HTMLWriter) {
        let number: [Attribute] = [.class("number")]
        html.element("tr", [.role("row")]) { html in
            html.element("th", [.scope("row"), .role("rowheader")], text: titles[field] ?? field.replacing("_", with: " "))
            html.element("td", [.role("cell"), .data("data-label", "Before")] + number) { html in
                if let old { html.element("del") { value(old, field, before, &$0) } }
            }
            html.element("td", [.role("cell"), .data("data-label", "After")] + number) { html in
                if let new { html.element("ins") { value(new, field, after, &$0) } }
            }
            html.element("td", [.role("cell"), .data("data-label", "Moves by")] + number) { html in
                guard let old = old?.publishedDecimal, let new = new?.publishedDecimal,
                    let move = (ExactNumber(new) - ExactNumber(old)).rounded()
                else { return }
                Cell.move(move, field, .exact, to: &html)
            }
        }
    }

    /// A value with the way to its explanation, if it is a figure of a side that there is a position for.
    private func value(_ value: JSONValue, _ field: String, _ side: TimeFrame.Shown?, _ html: inout HTMLWriter) {
        var time = TimeFrame()
        time.shown = side
        let explained = Explained(view: view.name, key: [], pin: time.pin)
        guard let side, side.position > 0, value.kind == .number else {
            return JSONOutline(time: time).inline(value, name: field, &html)
        }
        let shown = Figures.decimal(value.sourceText, .exact).text
        html.element(
            "a", [.class(Polarity.of(field).classes(shown)), .href(explained.address(key: key, field))], text: shown)
    }
}
