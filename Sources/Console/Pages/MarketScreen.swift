package import OptionTrades

/// A screen of a market: where it stands, and the analyses that it shows.
package struct MarketScreen: Sendable {
    package let path: StaticString
    package let title: String
    let group: String
    package let analyses: [MarketAnalysis]
    /// The fields of its form, beside the market.
    let fields: [FilterForm.Field]

    /// The one segment of its path.
    var segment: String { String("\(path)".dropFirst()) }

    /// Names of the parameters of its form.
    package var parameters: [String] { fields.map(\.name) }

    /// The markets that a reader switches between.
    static let currencies = ["BTC", "ETH", "SOL"]
    package static let defaultCurrency = "BTC"

    package static let all = [
        MarketScreen(path: "/signal-explorer", title: "Model Explorer", group: "Model", analyses: [.thesis], fields: []),
        MarketScreen(
            path: "/analytics", title: "Model Diagnostics", group: "Model", analyses: [.gexLevels, .gamma, .spotVol, .stationarity],
            fields: []),
        MarketScreen(
            path: "/probability", title: "Probability", group: "Model", analyses: [.probability],
            fields: [
                .text(name: "dte", label: "Days to expiry", placeholder: "30"),
                .text(name: "strikes", label: "Strikes", placeholder: "90000,100000"),
                .text(name: "levels", label: "Levels", placeholder: "85000,110000"),
            ]),
        MarketScreen(path: "/overview", title: "Market Overview", group: "Market Setup", analyses: [.overview], fields: []),
        MarketScreen(
            path: "/flow", title: "Flow & Positioning", group: "Market Setup", analyses: [.flow],
            fields: [
                .text(name: "from", label: "From", placeholder: "2026-01-01T00:00:00Z"),
                .text(name: "to", label: "before", placeholder: "2026-01-02T00:00:00Z"),
            ]),
        MarketScreen(path: "/futures", title: "Futures & Carry", group: "Market Setup", analyses: [.futures], fields: []),
        MarketScreen(path: "/yields", title: "Yield Screener", group: "Market Setup", analyses: [.yields], fields: []),
    ]
}
