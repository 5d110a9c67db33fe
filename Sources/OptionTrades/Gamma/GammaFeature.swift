import LedgerAnalyses

extension MarketAnalysis {
    package static let gamma = MarketAnalysis(
        title: "Gamma regimes", path: "/api/market/gamma",
        source: AnalysisSource(GammaAnalysis.name) { version, read in try GammaAnalysis(rulesVersion: version, read: read) })
}
