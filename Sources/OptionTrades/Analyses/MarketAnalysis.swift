public import Analyses
import Values

/// An analysis of recorded observations: its folder makes it, and its line in ``MarketAnalysis/all`` registers it.
public struct MarketAnalysis: Sendable {
    public let title: String
    /// Its address over HTTP.
    public let path: StaticString
    public let source: AnalysisSource

    public var name: String { source.name }

    public static let all: [MarketAnalysis] = [.stationarity]

    /// The analysis that a user names.
    public static func named(_ name: String) -> MarketAnalysis? { all.first { $0.name.isBytewiseEqual(to: name) } }
}

extension AnalysisParameter {
    /// Which market is asked about.
    static let currency = AnalysisParameter("currency", expected: "a currency as its observations name it, for example BTC")
}
