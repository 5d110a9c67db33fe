import LedgerJSON

/// The explanation of a figure: the inputs with their events, the rule lines, and the arithmetic that leads to it.
package struct ExplainPage: Sendable {
    package var context: PageContext
    /// The answer of `/api/ledger/explain`.
    package var explanation: Loaded

    package init(context: PageContext, explanation: Loaded) {
        self.context = context
        self.explanation = explanation
    }

    package func html() -> [UInt8] {
        let field = context.address["field"].map { $0.replacing("_", with: " ") } ?? "the whole row"
        var context = context
        let basis = (try? explanation.get()).flatMap { Basis($0) }
        context.time.shown = basis?.shown
        return Page(title: "Why: \(field)", context: context, basis: basis.map { [$0] } ?? []).html { html in
            html.element("p", [.class("quiet")], text: "\(context.address["view"] ?? "?") · \(context.address["key"] ?? "?")")
            if let view = context.address["view"], let key = context.address["key"] {
                let address = Address(["steps"], [("view", view), ("key", key)] + context.time.parameters + context.time.rulesParameter)
                html.element("p") { html in
                    html.element("a", [.href(address)], text: "Step through its events")
                    // What is served is proven; other rules and another valid time have no rows to prove.
                    guard context.time.rules == nil, context.time.effectiveAt == nil else { return }
                    let proof = [("view", view), ("key", key)] + (context.address["field"].map { [("field", $0)] } ?? [])
                    let position = context.time.shown.map { [("as_of_position", "\($0.position)")] } ?? []
                    html.text(" · ")
                    html.element("a", [.href(Address(["prove"], proof + position))], text: "Prove this to someone")
                }
            }
            switch explanation {
            case .failure(let problem):
                ProblemBox.write(problem, to: &html)
            case .success(let document): write(document.root, &html)
            }
        }
    }

    private func write(_ explanation: JSONValue, _ html: inout HTMLWriter) {
        if let value = explanation["value"], value.kind != .object {
            html.element("p", [.class("result")]) { html in
                switch value.kind {
                case .null: Unavailable.write("unavailable", to: &html)
                case .number:
                    let shown = Figures.decimal(value.sourceText, .exact).text
                    html.element("span", [.class(Polarity.of(context.address["field"] ?? "").classes(shown))], text: shown)
                default: JSONOutline(time: context.time).inline(value, &html)
                }
            }
        }
        for mismatch in explanation["mismatches"]?.elements.map({ $0 }) ?? [] {
            html.element("div", [.class("notice refused"), .role("alert")]) { html in
                html.element(
                    "p",
                    text:
                        "Worked out anew, \(mismatch["field"]?.string ?? "the figure") is another: published \(mismatch["published"]?.sourceText ?? "?"), computed \(mismatch["computed"]?.sourceText ?? "?")."
                )
            }
        }
        for note in explanation["notes"]?.elements.compactMap(\.string) ?? [] {
            html.element("p", [.class("notice hint")], text: note)
        }
        steps(explanation["steps"], &html)
        inputs(explanation["inputs"], &html)
        rules(explanation["rules"], &html)
        if explanation["steps"] == nil && explanation["inputs"] == nil {
            html.element("h2", text: "The row")
            JSONOutline(time: context.time).write(explanation, to: &html)
        }
    }

    private func steps(_ steps: JSONValue?, _ html: inout HTMLWriter) {
        guard let steps, steps.count > 0 else { return }
        html.element("h2", text: "The arithmetic")
        html.element("ol", [.class("steps")]) { html in
            for step in steps.elements {
                html.element("li") { html in
                    html.element("p", text: step["text"]?.string ?? "")
                    html.element("p") { html in
                        html.element("code", text: step["formula"]?.string ?? "")
                        html.text(" = ")
                        html.element("strong", [.class("figure")]) { html in
                            if let result = step["result"] { JSONOutline(time: context.time).inline(result, &html) }
                        }
                    }
                }
            }
        }
    }

    private func inputs(_ inputs: JSONValue?, _ html: inout HTMLWriter) {
        guard let inputs, inputs.count > 0 else { return }
        html.element("h2", text: "Made from")
        Table(
            caption: "Inputs and the events that hold them",
            columns: [
                Column("Input") { row, html in html.text(row["name"]?.string ?? "?") },
                Column("Value", isNumber: true) { row, html in
                    if let value = row["value"] { JSONOutline(time: context.time).inline(value, &html) }
                },
                Column("Event") { row, html in
                    guard let position = row["position"]?.integer else { return Unavailable.write("no event holds it", to: &html) }
                    html.element("a", [.href(EventLink.address(position, context.time))], text: "#\(Figures.count(position))")
                },
                Column("Type") { row, html in
                    guard let type = row["type"]?.string else { return Unavailable.write("none", to: &html) }
                    html.text(type)
                },
                Column("Recorded") { row, html in
                    guard row["recorded_at"]?.string != nil else { return Unavailable.write("not recorded", to: &html) }
                    Cell.instant(row, "recorded_at", to: &html)
                },
                Column("Effective") { row, html in
                    guard row["effective_at"]?.string != nil else { return Unavailable.write("not in the world", to: &html) }
                    Cell.instant(row, "effective_at", to: &html)
                },
            ]
        ).write(inputs.elements.map { $0 }, to: &html)
    }

    private func rules(_ rules: JSONValue?, _ html: inout HTMLWriter) {
        guard let rules, rules.count > 0 else { return }
        html.element("h2", text: "By the rules")
        html.element("ul", [.class("rules")]) { html in
            for rule in rules.elements {
                html.element("li") { html in
                    html.element("code", text: rule["text"]?.string ?? rule["key"]?.string ?? "?")
                    html.element(
                        "small", text: " \(rule["file"]?.string ?? "?"), line \(rule["line"]?.integer.map { "\($0)" } ?? "?")")
                }
            }
        }
    }
}
