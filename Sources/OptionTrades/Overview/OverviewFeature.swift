import LedgerAnalyses

extension MarketAnalysis {
    package static let overview = MarketAnalysis(
        title: "Market overview", path: "/api/market/overview",
        source: AnalysisSource(OverviewAnalysis.name) { version, read in try OverviewAnalysis(rulesVersion: version, read: read) })
}
