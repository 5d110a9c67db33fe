import LedgerJSON
import LedgerValues
package import OptionTrades

/// The changes of a view between two moments, grouped by row, with the money that they moved.
package struct ChangesPage: Sendable {
    /// One of the two moments.
    package struct Moment: Sendable {
        /// The position or the instant that was asked for, as text.
        package var asked: String
        /// What the rows stand on, after they were read.
        package var shown: TimeFrame.Shown?

        package init(asked: String, shown: TimeFrame.Shown? = nil) {
            self.asked = asked
            self.shown = shown
        }

        /// Nil if an instant was asked for.
        var position: String? { asked.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? asked : nil }
    }

    package var context: PageContext
    package var view: View
    package var from: Moment
    package var to: Moment
    package var changes: Result<RowChanges, PageProblem>

    package init(context: PageContext, view: View, from: Moment, to: Moment, changes: Result<RowChanges, PageProblem>) {
        self.context = context
        self.view = view
        self.from = from
        self.to = to
        self.changes = changes
    }

    package func html() -> [UInt8] {
        Page(title: "What changed in \(view.title.lowercased())", context: context, hasTime: false).html { html in
            form(&html)
            switch changes {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let changes): write(changes, &html)
            }
        }
    }

    // MARK: The moments

    private func form(_ html: inout HTMLWriter) {
        html.element("form", [.class("filters"), .method("get"), .action(Address(["changes"])), .label("Two moments")]) { html in
            html.element("span", [.class("field")]) { html in
                html.element("label", [.for("view")], text: "View")
                html.element("select", [.id("view"), .name("view")]) { html in
                    for known in View.all {
                        html.element("option", [.value(known.name)] + (known.name == view.name ? [.selected] : []), text: known.title)
                    }
                }
            }
            fields("from", "From", from, &html)
            fields("to", "To", to, &html)
            html.element("button", [.type("submit"), .class("strong")], text: "Compare")
            if let last = to.shown {
                html.element("a", [.href(Address(["log"], [("before", "\(last.position + 1)")]))], text: "The events up to then")
            }
        }
    }

    private func fields(_ name: String, _ title: String, _ moment: Moment, _ html: inout HTMLWriter) {
        html.element("fieldset") { html in
            html.element("legend", text: title)
            html.void("input", [.type("hidden"), .name("was_\(name)"), .value(moment.asked)])
            html.element("span", [.class("field")]) { html in
                html.element("label", [.for("changes-\(name)")], text: "after event")
                html.void(
                    "input",
                    [
                        .type("text"), .id("changes-\(name)"), .name(name), .value(moment.position ?? ""), .inputMode("numeric"),
                        .pattern("[0-9]*"), .class("short"), .autocomplete("off"),
                    ])
            }
            html.element("span", [.class("field")]) { html in
                html.element("label", [.for("changes-\(name)-at")], text: "or at, \(context.clock.title)")
                let picked = moment.position == nil ? context.clock.picked(moment.asked) : nil
                html.void(
                    "input",
                    [
                        .type("datetime-local"), .step("1"), .id("changes-\(name)-at"), .name("\(name)_at"), .value(picked ?? ""),
                    ])
            }
        }
    }

    // MARK: The changes

    private func write(_ changes: RowChanges, _ html: inout HTMLWriter) {
        html.element("dl", [.class("counts")]) { html in
            for (title, count) in [
                ("Added", changes.added), ("Removed", changes.removed), ("Changed", changes.changed), ("Unchanged", changes.unchanged),
            ] {
                html.element("div") { html in
                    html.element("dt", text: title)
                    html.element("dd", [.class("number")], text: Figures.count(count))
                }
            }
        }
        if changes.isPartial {
            html.element(
                "p", [.class("notice hint")],
                text: "Only the first \(Figures.count(changes.compared)) rows were compared; the command line compares them all.")
        }
        if changes.sample.isEmpty { return html.element("p", text: "Nothing changed between the two.") }
        totals(changes.totals, &html)
        rows(changes, &html)
    }

    private func totals(_ totals: [RowChanges.Totals], _ html: inout HTMLWriter) {
        let moved = totals.filter(\.hasMoved)
        if moved.isEmpty { return }
        let titles = Dictionary(Self.columns(view, TimeFrame()).map { ($0.field ?? "", $0.title) }) { first, _ in first }
        html.element("h2", text: "The money that moved")
        html.element("div", [.class("scroll"), .role("region"), .label("The money that moved"), .tabIndex(0)]) { html in
            html.element("table") { html in
                html.element("caption", text: "Sums over all compared rows that have the figure")
                html.element("thead") { html in
                    html.element("tr") { html in
                        html.element("th", [.scope("col")], text: "Field")
                        for title in ["Before", "After", "Moves by"] {
                            html.element("th", [.scope("col"), .class("number")], text: title)
                        }
                    }
                }
                html.element("tbody") { html in
                    for total in moved {
                        html.element("tr") { html in
                            html.element("th", [.scope("row")], text: titles[total.field] ?? "\(Self.words(total.field)), \(total.unit)")
                            for side in [total.old, total.new] { sum(side, total.field, &html) }
                            html.element("td", [.class("number")]) { html in
                                guard let move = total.move else { return Unavailable.write("not in both", to: &html) }
                                Cell.move(move, total.field, .money, to: &html)
                            }
                        }
                    }
                }
            }
        }
    }

    private func sum(_ total: RowChanges.Total, _ field: String, _ html: inout HTMLWriter) {
        html.element("td", [.class("number")]) { html in
            guard let sum = total.sum else { return Unavailable.write("no row has it", to: &html) }
            let shown = Figures.decimal(sum.description, .money).text
            html.element("span", [.class(Polarity.of(field).classes(shown))], text: shown)
            html.text(" ")
            html.element("small", [.class("over")], text: "\(Figures.count(total.count)) \(total.count == 1 ? "row" : "rows")")
        }
    }

    private func rows(_ changes: RowChanges, _ html: inout HTMLWriter) {
        html.element("h2", text: "Row by row")
        let all = changes.added + changes.removed + changes.changed
        html.element("div", [.class("scroll"), .role("region"), .label("Changed rows"), .tabIndex(0)]) { html in
            html.element("table", [.class("rows changes"), .role("table")]) { html in
                html.element(
                    "caption",
                    text: changes.sample.count < all ? "The first \(changes.sample.count) rows that differ" : "The rows that differ")
                html.element("thead", [.role("rowgroup")]) { html in
                    html.element("tr", [.role("row")]) { html in
                        html.element("th", [.scope("col"), .role("columnheader")], text: "Field")
                        for moment in [from, to] {
                            html.element("th", [.scope("col"), .role("columnheader"), .class("number")]) { head(of: moment, &$0) }
                        }
                        html.element("th", [.scope("col"), .role("columnheader"), .class("number")], text: "Moves by")
                    }
                }
                let (old, new) = (Self.columns(view, time(from)), Self.columns(view, time(to)))
                let money = changes.totals.map(\.field)
                for change in changes.sample {
                    Group(change: change, old: old, new: new, money: money, time: time(to)).write(to: &html)
                }
            }
        }
    }

    /// `After event 50`, and when that was.
    private func head(of moment: Moment, _ html: inout HTMLWriter) {
        html.text("After event \(moment.shown.map { Figures.count($0.position) } ?? moment.asked)")
        guard let shown = moment.shown else { return }
        html.text(" ")
        html.element("small") { $0.time(shown.asOf, inSentence: true) }
    }

    private func time(_ moment: Moment) -> TimeFrame {
        var time = TimeFrame()
        time.shown = moment.shown
        return time
    }

    /// `fees_usd` as `fees usd`, for a field without a column.
    fileprivate static func words(_ field: String) -> String { field.replacing("_", with: " ") }

    /// A view's columns, whose figures lead to their explanations at a moment.
    private static func columns(_ view: View, _ time: TimeFrame) -> [Column] {
        let visitor = Visitor(role: .anonymous, formToken: nil, canAdminister: false)
        return ViewColumns.of(view, PageContext(address: Address([]), visitor: visitor, time: time))
    }
}

/// One row that differs: its name, and a line for each field, by the columns of the view's own table.
private struct Group {
    let change: RowChanges.Change
    let old: [Column]
    let new: [Column]
    /// The members that hold amounts of money.
    let money: [String]
    /// The later of the two moments.
    let time: TimeFrame

    func write(to html: inout HTMLWriter) {
        html.element("tbody", [.role("rowgroup")]) { html in
            html.element("tr", [.role("row"), .class("group")]) { html in
                html.element("th", [.scope("rowgroup"), .role("rowheader"), .columnSpan(4)]) { html in
                    name(&html)
                    html.text(" ")
                    html.element("span", [.class("badge plain")], text: change.kind.rawValue)
                }
            }
            for (index, column) in new.enumerated() where isShown(column) {
                line(column.title, isNumber: column.isNumber, column.field, { old[index].write($0, &$1) }, { column.write($0, &$1) }, &html)
            }
            for field in change.fields where !new.contains(where: { $0.field == field }) {
                func value(_ row: JSONValue, _ html: inout HTMLWriter) {
                    guard let value = row[field] else { return Unavailable.write("not in the row", to: &html) }
                    JSONOutline(time: time).inline(value, name: field, &html)
                }
                line(ChangesPage.words(field), isNumber: false, field, value, value, &html)
            }
        }
    }

    private func name(_ html: inout HTMLWriter) {
        guard let row = change.new ?? change.old, let first = new.first else { return html.text(change.key.joined(separator: " · ")) }
        first.write(row, &html)
        // The name of an outcome is its trade and its horizon.
        if let horizon = row["horizon_key"]?.string { html.element("span", [.class("contract")], text: "horizon \(horizon)") }
    }

    /// Whether a column has a line: one that changed, or the money of a row that came or went.
    private func isShown(_ column: Column) -> Bool {
        guard let field = column.field else { return false }
        return (change.kind == .changed ? change.fields : money).contains { $0.isBytewiseEqual(to: field) }
    }

    private func line(
        _ title: String, isNumber: Bool, _ field: String?, _ before: (JSONValue, inout HTMLWriter) -> Void,
        _ after: (JSONValue, inout HTMLWriter) -> Void, _ html: inout HTMLWriter
    ) {
        let number: [Attribute] = [.class("number")]
        html.element("tr", [.role("row")]) { html in
            html.element("th", [.scope("row"), .role("rowheader")], text: title)
            html.element("td", [.role("cell"), .data("data-label", "Before")] + number) { html in
                if let row = change.old { html.element("del") { before(row, &$0) } }
            }
            html.element("td", [.role("cell"), .data("data-label", "After")] + number) { html in
                if let row = change.new { html.element("ins") { after(row, &$0) } }
            }
            html.element("td", [.role("cell"), .data("data-label", "Moves by")] + number) { html in
                guard isNumber, let field, let move = move(field) else { return }
                Cell.move(move, field, .exact, to: &html)
            }
        }
    }

    /// New − old of a number that both sides have.
    private func move(_ field: String) -> FixedDecimal? {
        guard let old = change.old?[field]?.publishedDecimal, let new = change.new?[field]?.publishedDecimal else { return nil }
        return (ExactNumber(new) - ExactNumber(old)).rounded()
    }
}
