import LedgerAnalyses

extension MarketAnalysis {
    package static let spotVol = MarketAnalysis(
        title: "Spot and volatility", path: "/api/market/spot-vol",
        source: AnalysisSource(SpotVolAnalysis.name) { version, read in try SpotVolAnalysis(rulesVersion: version, read: read) })
}
