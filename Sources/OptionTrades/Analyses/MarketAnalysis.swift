package import LedgerAnalyses
import LedgerValues

/// An analysis of recorded observations: its folder makes it, and its line in ``MarketAnalysis/all`` registers it.
package struct MarketAnalysis: Sendable {
    package let title: String
    /// Its address over HTTP.
    package let path: StaticString
    package let source: AnalysisSource

    package var name: String { source.name }

    package static let all: [MarketAnalysis] = [
        .flow, .futures, .gamma, .gexLevels, .overview, .probability, .spotVol, .stationarity, .thesis, .yields,
    ]

    /// All whose rules are installed as those of an analysis: these, and those of research.
    package static let sources: [AnalysisSource] = all.map(\.source) + [LevelsRules.source, ScenarioRules.source]

    /// The analysis that a user names.
    package static func named(_ name: String) -> MarketAnalysis? { all.first { $0.name.isBytewiseEqual(to: name) } }
}

extension AnalysisParameter {
    /// Which market is asked about.
    static let currency = AnalysisParameter("currency", expected: "a currency as its observations name it, for example BTC")
}
