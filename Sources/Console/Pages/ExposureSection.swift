import LedgerJSON
import LedgerValues
import OptionTrades

/// Gamma exposure by strike, with the two levels that it has.
struct ExposureSection {
    let data: JSONValue
    let pin: [(name: String, value: String)]?

    func write(to html: inout HTMLWriter) {
        ResearchSection.facts(
            data,
            [
                "market_date", "spot", "total_net_gex", "total_call_gex", "total_put_gex", "flip_strike", "zero_gamma_level", "slice",
                "expiries", "oi_coverage", "gamma_coverage", "open_interest_date", "convention",
            ], to: &html)
        explanations(&html)
        let bars = (data["strikes"]?.list ?? []).map { row in
            BarPlot.Bar(
                label: row.text("strike") ?? "", place: row.number("strike"),
                values: ["call_gex", "put_gex", "net_gex"].map { row.number($0) })
        }
        BarPlot(
            title: "Gamma exposure by strike", horizontal: "strike", unit: "USD a 1% move",
            series: [
                BarPlot.Series(name: "calls", shade: "i-1"), BarPlot.Series(name: "puts", shade: "i-4"),
                BarPlot.Series(name: "net", shade: "i-5", isDrawn: false),
            ], bars: bars,
            marks: [("spot", "spot"), ("flip", "flip_strike"), ("zero gamma", "zero_gamma_level")].compactMap { name, field in
                data.number(field).map { BarPlot.Mark(name: name, place: $0, text: CurvePlot.number($0)) }
            }
        ).write(to: &html)
        SmallTable(
            caption: "Strikes with the largest exposure",
            columns: ["strike", "call_oi", "put_oi", "call_gex", "put_gex", "net_gex"].map(MarketColumn.of), scrolls: true
        ).write(data["top_levels"]?.list ?? [], to: &html)
    }

    /// A slice adds up rows, each with an explanation of its own.
    private func explanations(_ html: inout HTMLWriter) {
        guard let pin, let underlying = data.text("underlying"), let date = data.text("market_date") else { return }
        let expiries = data["expiries"]?.list.compactMap(\.string) ?? []
        if expiries.isEmpty { return }
        html.element("p", [.class("quiet")]) { html in
            html.text("Why, by expiry:")
            for expiry in expiries {
                html.text(" ")
                html.element(
                    "a", [.href(ResearchSection.explanation(of: .exposure, [underlying, date, expiry], nil, pin))], text: expiry)
            }
        }
    }
}
