import LedgerAnalyses

extension MarketAnalysis {
    package static let stationarity = MarketAnalysis(
        title: "Stationarity", path: "/api/market/stationarity",
        source: AnalysisSource(StationarityAnalysis.name) { version, read in
            try StationarityAnalysis(rulesVersion: version, read: read)
        })
}
