import LedgerJSON
package import OptionTrades

/// The explanation of a figure: the inputs with their events, the rule lines, and the arithmetic that leads to it.
package struct ExplainPage: Sendable {
    /// Whose figure is explained.
    package enum Subject: Sendable {
        /// The row of a view, as the address names it.
        case row
        /// The document of an analysis of a market, with what the reference says of its figures.
        case analysis(MarketAnalysis, currency: String, references: FigureReferences)
    }

    package var context: PageContext
    package var subject: Subject
    /// The answer of `/api/ledger/explain`, or of the analysis's own `explain`.
    package var explanation: Loaded

    package init(context: PageContext, subject: Subject = .row, explanation: Loaded) {
        self.context = context
        self.subject = subject
        self.explanation = explanation
    }

    private var title: String {
        switch (subject, context.address["field"]) {
        case (.row, let field): field.map { $0.replacing("_", with: " ") } ?? "the whole row"
        case (.analysis(let analysis, _, _), let path): path.flatMap(Self.member).map(MarketColumn.title) ?? analysis.title
        }
    }

    /// The name of the figure at a path; nil if it has none.
    private static func member(_ path: String) -> String? {
        path.split(separator: ".").last { $0.contains { !$0.isNumber } }.map(String.init)
    }

    package func html() -> [UInt8] {
        var context = context
        let basis = (try? explanation.get()).flatMap { Basis($0) }
        context.time.shown = basis?.shown
        return Page(title: "Why: \(title)", context: context, basis: basis.map { [$0] } ?? []).html { html in
            switch subject {
            case .row: row(context, &html)
            case .analysis(let analysis, let currency, let references): figure(of: analysis, currency, references, context, &html)
            }
            switch explanation {
            case .failure(let problem):
                ProblemBox.write(problem, to: &html)
            case .success(let document): write(document.root, &html)
            }
        }
    }

    // MARK: - Whose figure it is

    private func row(_ context: PageContext, _ html: inout HTMLWriter) {
        html.element("p", [.class("quiet")], text: "\(context.address["view"] ?? "?") · \(context.address["key"] ?? "?")")
        guard let view = context.address["view"], let key = context.address["key"] else { return }
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

    private func figure(
        of analysis: MarketAnalysis, _ currency: String, _ references: FigureReferences, _ context: PageContext, _ html: inout HTMLWriter
    ) {
        let path = context.address["field"]
        html.element("p", [.class("quiet")], text: "\(analysis.name) · \(currency) · \(path ?? "all figures")")
        let name = path.flatMap(Self.member)
        html.element("p") { html in
            if let screen = MarketScreen.all.first(where: { $0.analyses.contains { $0.name == analysis.name } }) {
                let asked = screen.parameters.compactMap { name in context.address[name].map { (name: name, value: $0) } }
                let address = Address([screen.segment], [(name: "currency", value: currency)] + asked + context.time.parameters)
                html.element("a", [.href(address)], text: screen.title)
                html.text(" · ")
            }
            html.element("a", [.href(name.map(references.address) ?? MarketPage.reference(of: analysis))], text: "What it says")
            html.text(" · ")
            let interface = "\(analysis.path)".split(separator: "/").map(String.init) + ["explain"]
            let asked = [(name: "currency", value: currency)] + context.address.query.filter { $0.name != "currency" }
            html.element("a", [.href(Address(interface, asked))], text: "JSON")
        }
    }

    // MARK: - The explanation

    private func write(_ explanation: JSONValue, _ html: inout HTMLWriter) {
        if let value = explanation["value"], value.kind != .object {
            html.element("p", [.class("result")]) { html in
                switch value.kind {
                case .null: Unavailable.write("unavailable", to: &html)
                case .number:
                    let shown = Figures.decimal(value.sourceText, .exact).text
                    html.element("span", [.class(Polarity.of(context.address["field"] ?? "").classes(shown))], text: shown)
                default: shown(value, &html)
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
                            if let result = step["result"] { shown(result, &html) }
                        }
                    }
                }
            }
        }
    }

    /// A longer list is counted, and opens.
    private static let shownElements = 20

    private func shown(_ value: JSONValue, _ html: inout HTMLWriter) {
        let outline = JSONOutline(time: context.time)
        guard value.kind == .array, value.count > Self.shownElements else { return outline.inline(value, &html) }
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "\(Figures.count(Int64(value.count))) values")
            outline.inline(value, &html)
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
