import LedgerJSON
import LedgerValues
import OptionTrades

/// The events of one entity, step by step: what each changed in the rows, under one version or two side by side.
package struct StepsPage: Sendable {
    package var context: PageContext
    /// The answer of `/api/ledger/steps`.
    package var steps: Loaded

    package init(context: PageContext, steps: Loaded) {
        self.context = context
        self.steps = steps
    }

    package func html() -> [UInt8] {
        var context = context
        let basis = (try? steps.get()).flatMap { Basis($0) }
        context.time.shown = basis?.shown
        let title = "Step by step: \((context.address["view"] ?? "?").replacing("_", with: " "))"
        return Page(title: title, context: context, basis: basis.map { [$0] } ?? []).html { html in
            html.element("p", [.class("quiet")], text: context.address["key"] ?? "?")
            form(&html)
            switch steps {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let walk = Walked(document.root)
                summary(walk, &html)
                html.element("h2", text: "Steps")
                pager(walk, &html)
                if walk.steps.isEmpty { html.element("p", text: "No event of it comes later.") }
                for step in walk.steps { write(step, walk, &html) }
                if !walk.steps.isEmpty { pager(walk, &html) }
            }
        }
    }

    /// The document in the terms of the page.
    private struct Walked {
        let root: JSONValue
        let steps: [JSONValue]
        /// `v1/c1` of each version.
        let versions: [String]
        let count: Int64
        let firstDifference: JSONValue?
        /// The columns of a row's key, in order.
        let key: [String]

        init(_ root: JSONValue) {
            self.root = root
            steps = root["steps"]?.elements.map { $0 } ?? []
            versions = root["versions"]?.elements.map { VersionName.reference($0) } ?? []
            count = root["count"]?.integer ?? 0
            firstDifference = root["first_difference"].flatMap { $0.isNull ? nil : $0 }
            key = View.named(root["view"]?.string ?? "")?.key ?? []
        }
    }

    // MARK: - What is walked

    private func form(_ html: inout HTMLWriter) {
        html.element("form", [.class("filters"), .method("get"), .action(Address(["steps"])), .label("Versions")]) { html in
            for (name, value) in context.address.query where !["rules", "against", "from", "cursor"].contains(name) {
                html.void("input", [.type("hidden"), .name(name), .value(value)])
            }
            for (name, label, placeholder) in [("rules", "Rules", "served"), ("against", "beside", "v2")] {
                html.element("span", [.class("field")]) { html in
                    html.element("label", [.for("steps-\(name)")], text: label)
                    html.void(
                        "input",
                        [
                            .type("text"), .id("steps-\(name)"), .name(name), .value(context.address[name] ?? ""),
                            .placeholder(placeholder), .class("short"), .autocomplete("off"),
                        ])
                }
            }
            html.element("button", [.type("submit")], text: "Walk")
        }
    }

    private func summary(_ walk: Walked, _ html: inout HTMLWriter) {
        html.element("p") { html in
            let events = walk.count == 1 ? "1 event" : "\(Figures.count(walk.count)) events"
            html.text("\(events) under \(walk.versions.joined(separator: " and ")). ")
            guard walk.versions.count == 2 else { return }
            guard let first = walk.firstDifference, let position = first["position"]?.integer else {
                return html.text("The two versions never differ.")
            }
            html.text("The versions first differ after ")
            html.element("a", [.href(start(at: position))], text: "step \(Figures.count(first["step"]?.integer ?? 0))")
            html.text(".")
        }
    }

    /// The walk from an event on.
    private func start(at position: Int64?) -> Address {
        context.address.with([("from", position.map { "\($0)" }), ("cursor", nil)])
    }

    private func pager(_ walk: Walked, _ html: inout HTMLWriter) {
        html.element("nav", [.class("pager"), .label("Steps")]) { html in
            if let first = walk.steps.first?["step"]?.integer, let last = walk.steps.last?["step"]?.integer {
                html.element("span", text: "Steps \(Figures.count(first)) to \(Figures.count(last)) of \(Figures.count(walk.count))")
            }
            if let previous = walk.root["previous_from"]?.integer {
                html.element("a", [.href(start(at: nil))], text: "First step")
                html.element("a", [.href(start(at: previous)), .relation("prev")], text: "Previous")
            }
            if let cursor = walk.root["next_cursor"]?.string {
                html.element("a", [.href(context.address.with([("cursor", cursor)])), .relation("next")], text: "Next")
            }
            if let position = walk.firstDifference?["position"]?.integer {
                html.element("a", [.href(start(at: position))], text: "First difference")
            }
        }
    }

    // MARK: - A step

    private func write(_ step: JSONValue, _ walk: Walked, _ html: inout HTMLWriter) {
        let event = step["event"]
        let position = event?["position"]?.integer ?? 0
        let number = step["step"]?.integer ?? 0
        let differences = step["differences"]?.elements.map { $0 } ?? []
        let isFirst = walk.firstDifference?["step"]?.integer == number
        html.element("article", [.class("event"), .id("step-\(number)")]) { html in
            html.element("h3") { html in
                html.text("\(Figures.count(number)). ")
                let address = EventLink.address(position, context.time)
                html.element("a", [.class("position"), .href(address)], text: "#\(Figures.count(position))")
                html.text(" \(event?["type"]?.string ?? "?") ")
                if isFirst {
                    html.element("span", [.class("badge current")], text: "first difference")
                } else if !differences.isEmpty {
                    html.element("span", [.class("badge plain")], text: "versions differ")
                }
            }
            html.element("p", [.class("meta")]) { html in
                html.element("code", text: event?["stream"]?.string ?? "?")
                html.text(" v\(event?["stream_version"]?.integer ?? 0) · recorded ")
                if let event { Cell.instant(event, "recorded_at", to: &html) }
                if let effective = event?["effective_at"]?.string {
                    html.text(" · effective ")
                    html.time(effective)
                }
            }
            let rows = RowSides.all(step, key: walk.key)
            if rows.isEmpty { html.element("p", [.class("quiet")], text: "Changes nothing in the row.") }
            for row in rows { write(row, number, walk.versions, &html) }
            write(differences, isOpen: isFirst, number, walk, &html)
        }
    }

    /// A row that the event changed under some version.
    private func write(_ row: RowSides, _ step: Int64, _ versions: [String], _ html: inout HTMLWriter) {
        let title = row.title(versions)
        let sides = row.isAlike ? Array(row.sides.prefix(1)) : row.sides
        scroll("Step \(step): \(title)", &html) { html in
            html.element("caption", text: title)
            html.element("thead") { html in
                html.element("tr") { html in
                    html.element("th", [.scope("col")], text: "Field")
                    for (version, _) in zip(versions, sides) {
                        for word in ["Before", "After"] {
                            html.element("th", [.scope("col")]) { html in
                                html.text(word)
                                if sides.count > 1 { html.element("small", text: version) }
                            }
                        }
                    }
                }
            }
            html.element("tbody") { html in
                for field in row.fields {
                    html.element("tr") { html in
                        html.element("th", [.scope("row")], text: field)
                        for side in sides { cells(side, field, &html) }
                    }
                }
            }
        }
        let unchanged = row.unchanged
        if unchanged.isEmpty { return }
        html.element("details") { html in
            html.element("summary", text: "\(unchanged.count) unchanged \(unchanged.count == 1 ? "field" : "fields")")
            html.element("dl", [.class("facts")]) { html in
                for (name, value) in unchanged { Fact.write(name, to: &html) { outline(value, name, &$0) } }
            }
        }
    }

    private func cells(_ side: RowSides.Side?, _ field: String, _ html: inout HTMLWriter) {
        guard let change = side?.changed[field] else {
            return html.element("td", [.columnSpan(2), .class("quiet")]) { html in
                guard let side else { return html.text("no change") }
                html.text("stays ")
                outline(side.unchanged[field], field, &html)
            }
        }
        html.element("td") { html in html.element("del") { outline(change["from"], field, &$0) } }
        html.element("td") { html in html.element("ins") { outline(change["to"], field, &$0) } }
    }

    private func outline(_ value: JSONValue?, _ name: String, _ html: inout HTMLWriter) {
        guard let value else { return html.element("span", [.class("none")], text: "null") }
        JSONOutline(time: context.time).inline(value, name: name, &html)
    }

    /// The differences of the two versions after the event.
    private func write(
        _ differences: [JSONValue], isOpen: Bool, _ step: Int64, _ walk: Walked, _ html: inout HTMLWriter
    ) {
        if differences.isEmpty { return }
        html.element("details", isOpen ? [.open] : []) { html in
            html.element("summary", text: "The versions differ after this event")
            scroll("Step \(step): differences of the versions", &html) { html in
                html.element("thead") { html in
                    html.element("tr") { html in
                        for title in ["Row", "Field"] + walk.versions { html.element("th", [.scope("col")], text: title) }
                    }
                }
                html.element("tbody") { html in
                    for change in differences { difference(change, walk.key, &html) }
                }
            }
        }
    }

    private func difference(_ change: JSONValue, _ key: [String], _ html: inout HTMLWriter) {
        let fields = change["fields"]?.elements.map { $0 } ?? []
        let key = RowSides.keyText(change, key)
        if fields.isEmpty {
            return html.element("tr") { html in
                html.element("th", [.scope("row")], text: key)
                html.element("td", text: "the whole row")
                let isNew = change["change"]?.string == "added"
                for isThere in [!isNew, isNew] { html.element("td", text: isThere ? "there" : "no such row") }
            }
        }
        for field in fields {
            let name = field["field"]?.string ?? "?"
            html.element("tr") { html in
                html.element("th", [.scope("row")], text: key)
                html.element("td", text: name)
                for side in ["from", "to"] { html.element("td") { outline(field[side], name, &$0) } }
            }
        }
    }

    private func scroll(_ label: String, _ html: inout HTMLWriter, _ content: (inout HTMLWriter) -> Void) {
        html.element("div", [.class("scroll"), .role("region"), .label(label), .tabIndex(0)]) { html in
            html.element("table") { content(&$0) }
        }
    }
}
