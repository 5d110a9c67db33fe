import LedgerAnalyses

extension MarketAnalysis {
    package static let gexLevels = MarketAnalysis(
        title: "Magnets and repellers", path: "/api/market/gex-levels",
        source: AnalysisSource(GexLevelsAnalysis.name) { version, read in try GexLevelsAnalysis(rulesVersion: version, read: read) })
}
