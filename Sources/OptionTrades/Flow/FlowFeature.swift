import LedgerAnalyses

extension MarketAnalysis {
    package static let flow = MarketAnalysis(
        title: "Flow", path: "/api/market/flow",
        source: AnalysisSource(FlowAnalysis.name) { version, read in try FlowAnalysis(rulesVersion: version, read: read) })
}
