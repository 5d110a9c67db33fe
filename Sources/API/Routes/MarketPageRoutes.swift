import Console
import LedgerAnalyses
import OptionTrades

extension Route {
    /// The screens of a market, and the explanations of their figures.
    static let marketPages =
        MarketScreen.all.map { screen in
            Route.page(screen.path) { api, request, _ in try await api.marketPage(request, screen) }
        } + [.page("/explain/{analysis}") { api, request, captures in try await api.explainPage(request, of: captures[0]) }]
}

extension API {
    /// A screen of a market, from the documents of its analyses at one moment.
    func marketPage(_ request: APIRequest, _ screen: MarketScreen) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["currency"] + screen.parameters)
        let currency = asked["currency"] ?? MarketScreen.defaultCurrency
        var documents: [Loaded] = []
        var pin: TimeFrame.Shown?
        for analysis in screen.analyses {
            let segments = "\(analysis.path)".split(separator: "/").map(String.init)
            let document = await asked.view(
                segments, filters: screen.parameters, extra: [("currency", currency)], pin: pin, isUnderRules: false)
            if pin == nil { pin = (try? document.get()).flatMap { Basis($0)?.shown } }
            documents.append(document)
        }
        var references: [String: FigureReferences] = [:]
        for analysis in screen.analyses {
            references[analysis.name] = figureReferences(
                MarketPage.sections(of: analysis), fallback: MarketPage.reference(of: analysis))
        }
        let page = MarketPage(
            context: try asked.context, screen: screen, currency: currency, documents: documents, references: references)
        return asked.answer(page.html(), about: documents[0])
    }

    /// The explanation of a figure of an analysis's document.
    func explainPage(_ request: APIRequest, of name: String) async throws -> PageAnswer {
        guard let analysis = MarketAnalysis.named(name) else {
            throw Problem(.notFound, "there is no such analysis; expected one of \(MarketAnalysis.all.map(\.name).joined(separator: ", "))")
        }
        let own = analysis.source.parameters.map(\.name)
        let asked = try await ConsoleRequest(self, request, parameters: own + ["field"])
        let currency = asked["currency"] ?? MarketScreen.defaultCurrency
        let segments = "\(analysis.path)".split(separator: "/").map(String.init)
        let explanation = await asked.view(
            segments + ["explain"], filters: own.filter { $0 != "currency" } + ["field"], extra: [("currency", currency)],
            isUnderRules: false)
        let references = figureReferences(MarketPage.sections(of: analysis), fallback: MarketPage.reference(of: analysis))
        let page = ExplainPage(
            context: try asked.context, subject: .analysis(analysis, currency: currency, references: references),
            explanation: explanation)
        return asked.answer(page.html(), about: explanation)
    }
}
