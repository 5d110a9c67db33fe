import LedgerJSON
package import LedgerValues

/// The kinds of artifacts of research. Commands, report packs and pages go over all of them.
package enum ResearchKind: String, Sendable, CaseIterable {
    case ivSurface = "iv-surface"
    case exposure
    case flow
    case levels
    case scenarios

    /// Whether it is asked of a portfolio. The others are asked of an underlying.
    package var isOfPortfolio: Bool { self == .scenarios }

    /// The question of its artifact.
    ///
    /// - Parameters:
    ///   - subject: the underlying, or the portfolio.
    ///   - date: the market date. Nil for the latest, and for a surface all. Scenarios are of a moment, not of a date.
    package func question(of subject: String, on date: CalendarDate?) throws(ViewError) -> any ResearchQuestion {
        switch self {
        case .ivSurface:
            var question = IVSurfaceQuestion(underlying: subject)
            (question.from, question.to) = (date, date?.advanced(byDays: 1))
            return question
        case .exposure:
            var question = ExposureQuestion(underlying: subject)
            question.marketDate = date
            return question
        case .flow:
            var question = FlowQuestion(underlying: subject)
            (question.from, question.to) = (date, date?.advanced(byDays: 1))
            return question
        case .levels:
            var question = LevelsQuestion(symbol: subject)
            question.marketDate = date
            return question
        case .scenarios: return try ScenariosQuestion(position: nil, portfolio: subject)
        }
    }

    /// Whether a document of the kind says anything.
    func hasData(_ document: JSONValue) -> Bool {
        switch self {
        case .ivSurface, .flow: (document["rows"]?.count ?? 0) > 0
        case .exposure: (document["strikes"]?.count ?? 0) > 0
        case .levels: document["warnings"]?.elements.contains { $0.string == "no_bars" } == false
        case .scenarios: (document["positions"]?.count ?? 0) > 0
        }
    }
}
