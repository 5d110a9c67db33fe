import LedgerJSON
import LedgerValues

/// Levels of an underlying: prices from anchors on, and the volume at each price.
struct LevelsSection {
    let data: JSONValue

    func write(to html: inout HTMLWriter) {
        let summary = data["summary"]
        if let summary { ResearchSection.facts(summary, summary.members.map(\.key), to: &html) }
        let anchors = data["anchored_vwaps"]?.list ?? []
        let bins = data["volume_profile"]?.list ?? []
        var marks: [BarPlot.Mark] = []
        for (name, field) in [("spot", "spot"), ("close before", "prev_close"), ("open", "session_open")] {
            if let place = summary?.number(field) { marks.append(BarPlot.Mark(name: name, place: place, text: CurvePlot.number(place))) }
        }
        for anchor in anchors {
            guard let place = anchor.number("anchored_vwap") else { continue }
            marks.append(
                BarPlot.Mark(
                    name: "VWAP from \((anchor.text("anchor_id") ?? "").replacing("_", with: " "))", place: place,
                    text: CurvePlot.number(place)))
        }
        BarPlot(
            title: "Volume by price on \(data.text("market_date") ?? "")", horizontal: "price", unit: "traded",
            series: [BarPlot.Series(name: "volume", shade: "i-5")],
            bars: bins.map { bin in
                let (low, high) = (bin.number("price_bin_low"), bin.number("price_bin_high"))
                let place = low.flatMap { low in high.map { (low + $0) / 2 } }
                return BarPlot.Bar(label: place.map(CurvePlot.number) ?? "", place: place, values: [bin.number("volume")])
            }, marks: marks
        ).write(to: &html)
        SmallTable(
            caption: "Prices weighted by volume from an anchor on",
            columns: [
                .text("Anchor", "anchor_id"),
                Column("From", field: "anchor_ts_utc") { row, html in
                    guard let time = row["anchor_ts_utc"]?.string else { return Unavailable.write("no such bar", to: &html) }
                    html.time(time)
                },
            ] + ["anchor_price", "anchored_vwap", "distance_from_spot_pct"].map(MarketColumn.of), scrolls: true
        ).write(anchors, to: &html)
        let marked = bins.filter { bin in ["is_poc", "is_hvn", "is_lvn"].contains { bin[$0]?.bool == true } }
        if !marked.isEmpty {
            SmallTable(
                caption: "Prices that stand out: point of control, high and low volume",
                columns: ["price_bin_low", "price_bin_high", "volume", "volume_pct", "is_poc", "is_hvn", "is_lvn"].map(MarketColumn.of),
                scrolls: true
            ).write(marked, to: &html)
        }
    }
}
