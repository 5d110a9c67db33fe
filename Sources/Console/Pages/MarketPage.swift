import LedgerJSON
package import OptionTrades

/// A screen of a market: its analyses with their quality, plots and tables.
package struct MarketPage: Sendable {
    package var context: PageContext
    package var screen: MarketScreen
    package var currency: String
    /// The documents of the screen's analyses, in their order.
    package var documents: [Loaded]
    /// What is said of the figures, by the names of the analyses.
    package var references: [String: FigureReferences]

    package init(
        context: PageContext, screen: MarketScreen, currency: String, documents: [Loaded], references: [String: FigureReferences] = [:]
    ) {
        self.context = context
        self.screen = screen
        self.currency = currency
        self.documents = documents
        self.references = references
    }

    package func html() -> [UInt8] {
        let bases = documents.compactMap { (try? $0.get()).flatMap { Basis($0) } }
        var context = context
        context.time.shown = bases.first?.shown
        return Page(title: "\(screen.title) · \(currency)", context: context, basis: bases).html { html in
            currencies(context, &html)
            if !screen.fields.isEmpty { FilterForm(fields: screen.fields, context: context).write(to: &html) }
            for (analysis, loaded) in zip(screen.analyses, documents) {
                html.element("section", [.class("part"), .labelled(by: "\(analysis.name)-title")]) { html in
                    html.references = references[analysis.name]
                    html.element("h2", [.id("\(analysis.name)-title")], text: analysis.title)
                    html.element("p") { $0.element("a", [.href(Self.reference(of: analysis))], text: "What its figures say") }
                    switch loaded {
                    case .failure(let problem): ProblemBox.write(problem, to: &html)
                    case .success(let document):
                        let explained = explained(analysis, context)
                        MarketQuality(document: document.root, explained: explained).write(to: &html)
                        newest(document.root, context, &html)
                        if let data = document.root["data"] {
                            MarketFiguresView(analysis: analysis.name, data: data, explained: explained).write(to: &html)
                        }
                    }
                    html.references = nil
                }
            }
        }
    }

    private func explained(_ analysis: MarketAnalysis, _ context: PageContext) -> ExplainedDocument {
        let asked = screen.parameters.compactMap { name in context.address[name].map { (name: name, value: $0) } }
        return ExplainedDocument(
            analysis: analysis.name, parameters: [(name: "currency", value: currency)] + asked + context.time.pin)
    }

    /// If the sources are too old to be shown as of now: the way to the moment of the newest one.
    private func newest(_ document: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        guard document["status"]?.string != "live", let shown = context.time.shown,
            let moment = document["source_quality"]?.elements.compactMap({ $0["as_of"]?.string }).max(), moment != context.time.asOf
        else { return }
        html.element("p") { html in
            let address = context.address.with([("as_of_position", "\(shown.position)"), ("as_of", moment)])
            html.element("a", [.href(address)]) { html in
                html.text("Read it as of the newest observation, ")
                html.time(moment)
            }
        }
    }

    /// Where the contract says what the figures of an analysis are.
    package static func reference(of analysis: MarketAnalysis) -> Address {
        ReferenceDocument.address("contract/analyses", slug: slug(of: analysis))
    }

    /// The sections that speak of an analysis's figures, the first one first.
    package static func sections(of analysis: MarketAnalysis) -> [(document: String, slug: String)] {
        [
            ("model", slug(of: analysis)), ("model", "the-document-of-a-market"), ("contract/analyses", slug(of: analysis)),
            ("contract/analyses", "the-document-of-a-market"),
        ]
    }

    private static func slug(of analysis: MarketAnalysis) -> String {
        analysis.name == "spot-vol" ? "spot-and-volatility" : analysis.name
    }

    private func currencies(_ context: PageContext, _ html: inout HTMLWriter) {
        html.element("nav", [.class("tabs"), .label("Markets")]) { html in
            html.element("ul") { html in
                for one in MarketScreen.currencies {
                    html.element("li") { html in
                        let address = context.address.with([("currency", one)])
                        html.element("a", [.href(address)] + (one == currency ? [.current("true")] : []), text: one)
                    }
                }
            }
        }
    }
}

/// How good the series behind a document are.
struct MarketQuality {
    let document: JSONValue
    let explained: ExplainedDocument

    func write(to html: inout HTMLWriter) {
        html.element("p") { html in
            MarketColumn.write(document["status"], "status", at: explained.address(["status"]), to: &html)
            html.text(" as of ")
            if let asOf = document["as_of"]?.string { html.time(asOf) } else { Unavailable.write("a series has no observation", to: &html) }
            if let age = document["age_minutes"], !age.isNull {
                html.text(", \(Figures.age(minutes: age.sourceText)) old")
            }
        }
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "Sources")
            let sources = document["source_quality"]?.elements.map { $0 } ?? []
            let places = ListPlaces(sources, at: ["source_quality"], explained)
            SmallTable(
                caption: "Quality of the sources",
                columns: [.text("Series", "series"), .badge("Status", "status"), .instant("As of", "as_of")]
                    + ["age_minutes", "rows"].map { field in MarketColumn.of(field) { places.address($0, [field]) } }, scrolls: true
            ).write(sources, to: &html)
        }
        for warning in document["warnings"]?.elements.compactMap(\.string) ?? [] {
            html.element("p", [.class("notice hint")], text: warning.replacing("_", with: " ").replacing(":", with: ": "))
        }
    }
}
