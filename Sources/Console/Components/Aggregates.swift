import LedgerJSON
import OptionTrades

/// A view's sums over all rows that the filters select, with one table for each grouping.
enum Aggregates {
    static func write(_ view: View, _ aggregates: JSONValue, to html: inout HTMLWriter) {
        html.element("h2", text: "Aggregates over all selected rows")
        if view.name == View.outcomes.name {
            for (horizon, groups) in byHorizon(aggregates) {
                html.element("h3", text: "Horizon \(horizon)")
                html.element("div", [.class("grid")]) { html in
                    for (name, entries) in groups.members.map({ ($0.key, $0.value) }) { outcomes(name, entries, horizon, &html) }
                }
            }
            return
        }
        html.element("div", [.class("grid")]) { html in
            for (name, entries) in aggregates.members.map({ ($0.key, $0.value) }) {
                switch (view.name, name) {
                case (View.alignment.name, "by_signal"): signals(entries, &html)
                case (View.alignment.name, _): alignment(name, entries, &html)
                default: execution(name, entries, &html)
                }
            }
        }
    }

    /// `by_gamma_regime` as `by gamma regime`.
    static func words(_ name: String) -> String { name.replacing("_", with: " ") }

    /// Horizons in order of time: days first, expiry last.
    static func byHorizon(_ aggregates: JSONValue) -> [(horizon: String, groups: JSONValue)] {
        Horizons.inOrder(aggregates.members.map(\.key)).compactMap { name in aggregates[name].map { (name, $0) } }
    }

    private static func outcomes(_ name: String, _ entries: JSONValue, _ horizon: String, _ html: inout HTMLWriter) {
        Plots.signedBars(
            "P&L before fees USD \(words(name)), \(horizon)", field: "sum_pnl_before_fees_usd",
            entries.elements.map { (entry: $0, note: coverage($0, "priced") ?? "") }, places: .money, to: &html)
        if entries.elements.contains(where: { $0["priced"]?.integer != $0["priced_after_fees"]?.integer }) {
            html.element(
                "p", [.class("quiet")],
                text:
                    "Sums after fees are over the rows whose fees are known, those before fees over all that are priced: the two are not one minus the fees of the other."
            )
        }
        group(
            "\(words(name)), \(horizon)", entries,
            [
                ("Sum before fees USD", "sum_pnl_before_fees_usd", .money), ("Sum after fees USD", "sum_pnl_after_fees_usd", .money),
                ("Mean before fees USD", "mean_pnl_before_fees_usd", .money), ("Mean after fees USD", "mean_pnl_after_fees_usd", .money),
                ("Win rate", "win_rate", .ratio), ("Rows", "count", .quantity), ("Priced", "priced", .quantity),
                ("Pending", "pending", .quantity), ("Unavailable", "unavailable", .quantity), ("Positive", "positive", .quantity),
                ("Negative", "negative", .quantity),
            ], &html)
    }

    private static func alignment(_ name: String, _ entries: JSONValue, _ html: inout HTMLWriter) {
        Plots.stackedBars(
            "Labels \(words(name))", series: AlignmentLabel.allCases.map(\.rawValue),
            entries.elements.map { entry in
                (label: key(entry), counts: AlignmentLabel.allCases.map { entry["labels"]?[$0.rawValue]?.integer ?? 0 })
            }, to: &html)
        group(
            words(name), entries,
            [
                ("Rows", "count", .quantity), ("Scored", "scored", .quantity), ("Mean score", "mean_alignment_score", .score),
                ("Mean confidence", "mean_confidence", .ratio),
            ], &html)
    }

    private static func signals(_ entries: JSONValue, _ html: inout HTMLWriter) {
        let series = ["drivers", "detractors", "neutral", "missing"]
        Plots.stackedBars(
            "Signals over scored rows", series: series,
            entries.elements.map { entry in
                (label: key(entry), counts: series.map { entry[$0]?.integer ?? 0 })
            }, to: &html)
        group("by signal", entries, series.map { ($0, $0, .quantity) }, &html)
    }

    private static func execution(_ name: String, _ entries: JSONValue, _ html: inout HTMLWriter) {
        let series = ["quoted", "stale", "estimated", "unavailable"]
        Plots.stackedBars(
            "Source quality \(words(name))", series: series,
            entries.elements.map { entry in
                (label: key(entry), counts: series.map { entry[$0]?.integer ?? 0 })
            }, to: &html)
        group(
            words(name), entries,
            [
                ("Sum fill vs mid USD", "sum_fill_vs_mid_usd", .money), ("Mean fill vs mid bps", "mean_fill_vs_mid_bps", .points),
                ("Covered share", "covered_share", .ratio), ("Rows", "count", .quantity), ("Quoted", "quoted", .quantity),
                ("Stale", "stale", .quantity), ("Estimated", "estimated", .quantity), ("Unavailable", "unavailable", .quantity),
            ], &html)
    }

    /// An entry's key. Null forms a group of its own.
    static func key(_ entry: JSONValue) -> String { entry["key"]?.string ?? "not named" }

    /// The count of the rows behind a sum or mean, by its field. Two sums side by side may cover different rows.
    private static let counted = [
        "sum_pnl_before_fees_usd": "priced", "mean_pnl_before_fees_usd": "priced", "win_rate": "priced",
        "sum_pnl_after_fees_usd": "priced_after_fees", "mean_pnl_after_fees_usd": "priced_after_fees",
        "sum_fill_vs_mid_usd": "with_fill_vs_mid_usd", "mean_fill_vs_mid_bps": "with_fill_vs_mid_bps",
        "mean_alignment_score": "scored", "mean_confidence": "scored",
    ]

    /// `12 of 20 rows`. Nil if the answer does not count them.
    static func coverage(_ entry: JSONValue, _ count: String) -> String? {
        guard let covered = entry[count]?.integer, let all = entry["count"]?.integer else { return nil }
        return "\(Figures.count(covered)) of \(Figures.count(all)) rows"
    }

    private static func group(
        _ title: String, _ entries: JSONValue, _ figures: [(title: String, field: String, places: Figures.Places)], _ html: inout HTMLWriter
    ) {
        html.element("details", [.class("figures")]) { html in
            html.element("summary", text: "Figures \(title)")
            html.element("div", [.class("scroll"), .role("region"), .label("Figures \(title)"), .tabIndex(0)]) { html in
                html.element("table") { html in
                    html.element("thead") { html in
                        html.element("tr") { html in
                            html.element("th", [.scope("col")], text: "Group")
                            for figure in figures {
                                html.element("th", [.scope("col"), .class("number")]) { html in
                                    html.text(figure.title)
                                    guard let remark = Polarity.of(figure.field).remark else { return }
                                    html.text(" ")
                                    html.element("small", text: remark)
                                }
                            }
                        }
                    }
                    html.element("tbody") { html in
                        for entry in entries.elements {
                            html.element("tr") { html in
                                html.element("th", [.scope("row")], text: key(entry))
                                for figure in figures {
                                    html.element("td", [.class("number")]) { html in
                                        guard entry[figure.field]?.isNull == false else {
                                            return Unavailable.write("nothing priced", to: &html)
                                        }
                                        Cell.figure(entry, figure.field, figure.places, nil, to: &html)
                                        guard let over = counted[figure.field].flatMap({ coverage(entry, $0) }) else { return }
                                        html.text(" ")
                                        html.element("small", [.class("over")], text: over)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
