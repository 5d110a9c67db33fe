import LedgerAnalyses

extension MarketAnalysis {
    package static let yields = MarketAnalysis(
        title: "Yields", path: "/api/market/yields",
        source: AnalysisSource(YieldsAnalysis.name) { version, read in try YieldsAnalysis(rulesVersion: version, read: read) })
}
