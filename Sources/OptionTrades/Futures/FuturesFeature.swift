import LedgerAnalyses

extension MarketAnalysis {
    package static let futures = MarketAnalysis(
        title: "Futures and carry", path: "/api/market/futures",
        source: AnalysisSource(FuturesAnalysis.name) { version, read in try FuturesAnalysis(rulesVersion: version, read: read) })
}
