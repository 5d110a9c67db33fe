import LedgerJSON
import OptionTrades

/// The overview of the trades' performance: coverage, alignment, execution and outcomes, each with its unknowns.
package struct PerformancePage: Sendable {
    package var context: PageContext
    package var alignment: Loaded
    package var executionQuality: Loaded
    package var outcomes: Loaded
    /// Totals of outcomes by horizon, state and target date.
    package var outcomesOverTime: Loaded
    /// Totals of lifecycles by state and quality.
    package var lifecycles: Loaded
    /// Totals of lifecycles by state and expiry.
    package var expiries: Loaded
    /// Totals of context by portfolio and quality.
    package var marketContext: Loaded
    /// The reason for the absence of rows, if there are no rows and it is known.
    package var emptiness: String?

    /// What the page's totals are grouped by. Those over time have a coarser grouping for more groups than an answer may have.
    package static var outcomesOverTime: [String] { OutcomesOverTime.groupings }
    package static var expiries: String { OpenPositions.grouping }

    package init(
        context: PageContext, alignment: Loaded, executionQuality: Loaded, outcomes: Loaded, outcomesOverTime: Loaded,
        lifecycles: Loaded, expiries: Loaded, marketContext: Loaded, emptiness: String? = nil
    ) {
        self.emptiness = emptiness
        self.context = context
        self.alignment = alignment
        self.executionQuality = executionQuality
        self.outcomes = outcomes
        self.outcomesOverTime = outcomesOverTime
        self.lifecycles = lifecycles
        self.expiries = expiries
        self.marketContext = marketContext
    }

    package func html() -> [UInt8] {
        let bases = [alignment, executionQuality, outcomes].compactMap { (try? $0.get()).flatMap { Basis($0) } }
        var context = context
        context.time.shown = bases.first?.shown
        return Page(title: "Performance", context: context, basis: bases).html { html in
            PerformanceTabs.write(current: nil, context, to: &html)
            FilterForm(
                fields: [
                    .text(name: "portfolio", label: "Portfolio", placeholder: "IMST"),
                    .text(name: "underlying", label: "Underlying", placeholder: "MSTR"),
                    .text(name: "from", label: "Traded from", placeholder: "2025-09-01"),
                    .text(name: "to", label: "before", placeholder: "2026-02-01"),
                ], context: context
            ).write(to: &html)
            if let emptiness { html.element("p", [.class("notice hint")], text: emptiness) }
            html.element("h2", text: "P&L over time")
            OutcomesOverTime(totals: outcomesOverTime, context: context).write(to: &html)
            html.element("h2", text: "Open positions by expiry")
            OpenPositions(totals: expiries, context: context).write(to: &html)
            section("Outcomes", outcomes, &html) { outcomesSection($0, &$1) }
            section("Opportunity alignment", alignment, &html) { alignmentSection($0, &$1) }
            section("Source quality", executionQuality, &html) { sourceSection($0, &$1) }
            lifecycleSection(&html)
            unavailable(&html)
        }
    }

    private func section(
        _ title: String, _ loaded: Loaded, _ html: inout HTMLWriter, _ write: (JSONValue, inout HTMLWriter) -> Void
    ) {
        html.element("h2", text: title)
        switch loaded {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            guard let aggregates = document.root["aggregates"], !aggregates.isNull else {
                return html.element("p", text: "No sums were answered.")
            }
            html.element("div", [.class("grid")]) { write(aggregates, &$0) }
        }
    }

    private func outcomesSection(_ aggregates: JSONValue, _ html: inout HTMLWriter) {
        let series = ["unrealized_mark", "terminal_mark", "pending", "unavailable"]
        let horizons = Aggregates.byHorizon(aggregates).map { ($0.horizon, $0.groups["by_portfolio"]?.elements.map { $0 } ?? []) }
        Plots.stackedBars(
            "Outcome states per horizon", series: series,
            horizons.map { horizon, entries in
                (label: horizon, counts: series.map { name in entries.reduce(0) { $0 + ($1[name]?.integer ?? 0) } })
            }, to: &html)
        for (horizon, groups) in Aggregates.byHorizon(aggregates) {
            Plots.signedBars(
                "P&L before fees USD by alignment label, \(horizon)", field: "sum_pnl_before_fees_usd",
                groups["by_alignment_label"]?.elements.map { (entry: $0, note: Aggregates.coverage($0, "priced") ?? "") } ?? [],
                places: .money, to: &html)
        }
    }

    private func alignmentSection(_ aggregates: JSONValue, _ html: inout HTMLWriter) {
        for name in ["by_month", "by_regime"] {
            Plots.stackedBars(
                "Labels \(Aggregates.words(name))", series: AlignmentLabel.allCases.map(\.rawValue),
                aggregates[name]?.elements.map { entry in
                    (label: Aggregates.key(entry), counts: AlignmentLabel.allCases.map { entry["labels"]?[$0.rawValue]?.integer ?? 0 })
                } ?? [], to: &html)
        }
        let series = ["drivers", "detractors", "neutral", "missing"]
        Plots.stackedBars(
            "Signals over scored rows", series: series,
            aggregates["by_signal"]?.elements.map { entry in
                (label: Aggregates.key(entry), counts: series.map { entry[$0]?.integer ?? 0 })
            } ?? [], to: &html)
    }

    private func sourceSection(_ aggregates: JSONValue, _ html: inout HTMLWriter) {
        let series = ["quoted", "stale", "estimated", "unavailable"]
        for name in ["by_portfolio", "by_month"] {
            Plots.stackedBars(
                "Execution benchmarks \(Aggregates.words(name))", series: series,
                aggregates[name]?.elements.map { entry in
                    (label: Aggregates.key(entry), counts: series.map { entry[$0]?.integer ?? 0 })
                } ?? [], to: &html)
        }
        counts(
            "Market context by portfolio", marketContext, ["available", "proxy_mapped", "stale", "unavailable", "unmapped"], &html)
    }

    private func counts(_ title: String, _ totals: Loaded, _ series: [String], _ html: inout HTMLWriter) {
        switch totals {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document): Plots.stackedBars(title, series: series, Totals(document).counts(series), to: &html)
        }
    }

    private func lifecycleSection(_ html: inout HTMLWriter) {
        html.element("h2", text: "Lifecycles")
        html.element("div", [.class("grid")]) { html in
            counts("Quality by state", lifecycles, ["clean", "open", "incomplete_economics", "ambiguous"], &html)
        }
    }

    /// The figures that this ledger deliberately does not offer.
    private func unavailable(_ html: inout HTMLWriter) {
        html.element("h2", text: "Not available, on purpose")
        html.element("dl", [.class("facts")]) { html in
            for (name, reason) in [
                ("Realized P&L", "withheld until validated against accounting; lifecycles show a derived figure"),
                ("Smile at trade time", "not sourced for these underlyings"),
                ("24 h volume and open interest in context", "not sourced at trade time"),
                ("Expiry without a sourced mark", "no intrinsic or model value ever stands in"),
            ] {
                Fact.text(name, nil, none: reason, to: &html)
            }
        }
    }
}
