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
                        MarketQuality.write(document.root, to: &html)
                        if let data = document.root["data"] { MarketFiguresView(analysis: analysis.name, data: data).write(to: &html) }
                    }
                    html.references = nil
                }
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
            ("model", slug(of: analysis)), ("contract/analyses", slug(of: analysis)), ("contract/analyses", "the-document-of-a-market"),
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
enum MarketQuality {
    static func write(_ document: JSONValue, to html: inout HTMLWriter) {
        html.element("p") { html in
            Badge.write(document["status"]?.string ?? "unavailable", to: &html)
            html.text(" as of ")
            if let asOf = document["as_of"]?.string { html.time(asOf) } else { Unavailable.write("a series has no observation", to: &html) }
            if let age = document["age_minutes"], !age.isNull {
                html.text(", \(Figures.decimal(age.sourceText, .points).text) minutes old")
            }
        }
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "Sources")
            SmallTable(
                caption: "Quality of the sources",
                columns: [
                    .text("Series", "series"), .badge("Status", "status"), .instant("As of", "as_of"),
                    MarketColumn.of("age_minutes"), MarketColumn.of("rows"),
                ], scrolls: true
            ).write(document["source_quality"]?.elements.map { $0 } ?? [], to: &html)
        }
        for warning in document["warnings"]?.elements.compactMap(\.string) ?? [] {
            html.element("p", [.class("notice hint")], text: warning.replacing("_", with: " ").replacing(":", with: ": "))
        }
    }
}

/// Columns of figures of a market, by the names of their members.
enum MarketColumn {
    private static let units: [String: String] = [
        "iv": "vol points", "forward_iv": "vol points", "dvol": "vol points", "vrp": "vol points", "iv_atm_7d": "vol points",
        "iv_atm_30d": "vol points", "rv_7d": "vol points", "rv_30d": "vol points", "skew_25d": "vol points", "vol_of_vol": "vol points",
        "iv_atm": "vol points", "slope": "vol points", "premium_usd": "USD", "price_usd": "USD", "basis_usd": "USD", "long_usd": "USD",
        "short_usd": "USD", "spot": "USD", "forward": "USD", "expected_move": "USD", "mean": "", "age_minutes": "minutes", "dte": "days",
        "tenor_days": "days", "days_in_regime": "days", "horizon_hours": "hours", "interval_hours": "hours", "missing_hours": "hours",
        "annualised": "a year", "rate": "an interval", "apr": "a year", "distance": "of the spot", "share_positive": "share",
        "expected_move_pct": "share", "mean_error": "share", "probability": "share",
    ]

    static func of(_ field: String) -> Column {
        Column(title(field), unit: unit(field), isNumber: true, field: field) { row, html in
            MarketColumn.write(row[field], field, to: &html)
        }
    }

    static func title(_ field: String) -> String { field.replacing("_", with: " ") }

    static func unit(_ field: String) -> String? { units[field].flatMap { $0.isEmpty ? nil : $0 } }

    /// A value as a person reads it; an absent one says that it is not known.
    static func write(_ value: JSONValue?, _ field: String, to html: inout HTMLWriter) {
        guard let value, !value.isNull else { return Unavailable.write("not known", to: &html) }
        switch value.kind {
        case .number:
            let (text, isRounded) = Figures.decimal(value.sourceText, places(field))
            html.element("span", [.class("figure")] + (isRounded ? [.title("exactly \(value.sourceText)")] : []), text: text)
        case .string:
            let text = value.string ?? ""
            if ["timestamp", "as_of", "hour", "from", "to"].contains(field) {
                html.time(text)
            } else if ["status", "state", "regime", "headline", "quality"].contains(field) {
                Badge.write(text, to: &html)
            } else {
                html.text(text)
            }
        case .bool: html.text(value.bool == true ? "yes" : "no")
        default: html.text(value.elements.compactMap { $0.string ?? $0.sourceText }.joined(separator: ", "))
        }
    }

    private static func places(_ field: String) -> Figures.Places {
        if field.hasSuffix("_usd") { return .money }
        return units[field] == "vol points" ? .score : .exact
    }
}
