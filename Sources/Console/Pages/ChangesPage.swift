package import LedgerJSON
import LedgerValues
package import OptionTrades

/// The changes of a view between two positions, row by row and field by field.
package struct ChangesPage: Sendable {
    package var context: PageContext
    package var view: View
    package var from: Int64
    package var to: Int64
    package var changes: Result<RowChanges, PageProblem>

    package init(context: PageContext, view: View, from: Int64, to: Int64, changes: Result<RowChanges, PageProblem>) {
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
            for (name, label, value) in [("from", "From event", from), ("to", "to event", to)] {
                html.element("span", [.class("field")]) { html in
                    html.element("label", [.for("changes-\(name)")], text: label)
                    html.void(
                        "input",
                        [
                            .type("text"), .id("changes-\(name)"), .name(name), .value("\(value)"), .inputMode("numeric"),
                            .pattern("[0-9]+"),
                            .required, .class("short"), .autocomplete("off"),
                        ])
                }
            }
            html.element("button", [.type("submit")], text: "Compare")
            html.element("a", [.href(Address(["log"], [("before", "\(to + 1)")]))], text: "The events up to then")
        }
    }

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
        html.element("div", [.class("scroll"), .role("region"), .label("Changed rows"), .tabIndex(0)]) { html in
            html.element("table", [.class("rows"), .role("table")]) { html in
                html.element(
                    "caption",
                    text: changes.sample.count < changes.added + changes.removed + changes.changed
                        ? "The first \(changes.sample.count) rows that differ" : "The rows that differ")
                html.element("thead", [.role("rowgroup")]) { html in
                    html.element("tr", [.role("row")]) { html in
                        for title in ["Row", "Change", "Field", "After event \(Figures.count(from))", "After event \(Figures.count(to))"] {
                            html.element("th", [.scope("col"), .role("columnheader")], text: title)
                        }
                    }
                }
                html.element("tbody", [.role("rowgroup")]) { html in
                    for change in changes.sample { rows(change, &html) }
                }
            }
        }
    }

    private func rows(_ change: RowChanges.Change, _ html: inout HTMLWriter) {
        let fields = change.fields.isEmpty ? [RowChanges.Field(name: "", old: nil, new: nil)] : change.fields
        for (index, field) in fields.enumerated() {
            html.element("tr", [.role("row")]) { html in
                html.element("th", [.scope("row"), .role("rowheader")]) { html in
                    if index == 0 || change.fields.count > 1 { html.text(change.key.joined(separator: " · ")) }
                }
                cell("Change", &html) { $0.text(change.kind.rawValue) }
                cell("Field", &html) { html in
                    if field.name.isEmpty { html.element("span", [.class("quiet")], text: "the whole row") } else { html.text(field.name) }
                }
                cell("After event \(Figures.count(from))", &html) { html in
                    if change.kind == .changed {
                        html.element("del") { ValueText.write(field.old, name: field.name, to: &$0) }
                    } else {
                        html.text("")
                    }
                }
                cell("After event \(Figures.count(to))", &html) { html in
                    if change.kind == .changed {
                        html.element("ins") { ValueText.write(field.new, name: field.name, to: &$0) }
                    } else {
                        html.text("")
                    }
                }
            }
        }
    }

    private func cell(_ label: String, _ html: inout HTMLWriter, _ write: (inout HTMLWriter) -> Void) {
        html.element("td", [.role("cell"), .data("data-label", label)]) { write(&$0) }
    }
}

/// The differences between a view's rows at two positions. Both lists are compared in a single pass, in the order of
/// their keys.
package struct RowChanges: Sendable {
    package enum Kind: String, Sendable { case added, removed, changed }

    /// A field that differs. A side that lacks the field is nil.
    package struct Field: Sendable {
        package let name: String
        package let old: JSONValue?
        package let new: JSONValue?
    }

    package struct Change: Sendable {
        package let key: [String]
        package let kind: Kind
        /// The changed fields. Only for changed rows.
        package let fields: [Field]
    }

    /// The largest number of changes shown.
    package static let sampleLimit = 100

    package private(set) var added: Int64 = 0
    package private(set) var removed: Int64 = 0
    package private(set) var changed: Int64 = 0
    package private(set) var unchanged: Int64 = 0
    package private(set) var sample: [Change] = []
    /// Whether the comparison stopped before the end of the lists.
    package var isPartial = false
    private let key: [String]

    /// Fields about a row's origin, which do not count as changes.
    private static let provenance: Set<String> = ["event_positions", "inputs"]

    /// - Parameter key: the members that identify a row
    package init(key: [String]) { self.key = key }

    /// The number of keys compared, on either side or both.
    package var compared: Int64 { added + removed + changed + unchanged }

    /// Takes the next row of each list and returns which lists to advance. A row whose key comes later than the other
    /// side's stays.
    package mutating func take(old: JSONValue?, new: JSONValue?) -> (old: Bool, new: Bool) {
        guard let old else {
            guard let new else { return (false, false) }
            add(.added, new)
            return (false, true)
        }
        guard let new else {
            add(.removed, old)
            return (true, false)
        }
        if precedes(old, new) {
            add(.removed, old)
            return (true, false)
        }
        if precedes(new, old) {
            add(.added, new)
            return (false, true)
        }
        compare(old, new)
        return (true, true)
    }

    /// Whether a row comes before another in their list: by its key, figures by value and texts by their bytes.
    private func precedes(_ left: JSONValue, _ right: JSONValue) -> Bool {
        for name in key {
            if let a = left[name], let b = right[name], a.kind == .number, b.kind == .number {
                let (one, other) = (a.decimal ?? .zero, b.decimal ?? .zero)
                if one != other { return one < other }
            } else {
                let (one, other) = (left[name]?.string ?? "", right[name]?.string ?? "")
                if !one.isBytewiseEqual(to: other) { return one.isBytewiseLess(than: other) }
            }
        }
        return false
    }

    private mutating func add(_ kind: Kind, _ row: JSONValue, _ fields: [Field] = []) {
        switch kind {
        case .added: added += 1
        case .removed: removed += 1
        case .changed: changed += 1
        }
        if sample.count < Self.sampleLimit {
            sample.append(Change(key: key.map { name in row[name].map { $0.string ?? $0.sourceText } ?? "" }, kind: kind, fields: fields))
        }
    }

    private mutating func compare(_ old: JSONValue, _ new: JSONValue) {
        var fields: [Field] = []
        for member in new.members where !Self.provenance.contains(member.key) {
            let before = old[member.key]
            if before.map({ $0.sourceText.utf8.elementsEqual(member.value.sourceText.utf8) }) != true {
                fields.append(Field(name: member.key, old: before, new: member.value))
            }
        }
        if fields.isEmpty { unchanged += 1 } else { add(.changed, new, fields) }
    }
}
