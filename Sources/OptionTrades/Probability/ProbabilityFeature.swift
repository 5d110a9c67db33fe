import LedgerAnalyses

extension MarketAnalysis {
    package static let probability = MarketAnalysis(
        title: "Probability", path: "/api/market/probability",
        source: AnalysisSource(ProbabilityAnalysis.name) { version, read in try ProbabilityAnalysis(rulesVersion: version, read: read) })
}
