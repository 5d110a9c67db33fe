import LedgerAnalyses

extension MarketAnalysis {
    package static let thesis = MarketAnalysis(
        title: "Model Explorer", path: "/api/market/thesis",
        source: AnalysisSource(ThesisAnalysis.name) { version, read in try ThesisAnalysis(rulesVersion: version, read: read) })
}
