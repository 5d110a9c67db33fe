package import LedgerJSON
import OptionTrades

/// The overview of the trades' performance: coverage, alignment, execution and outcomes, each with its unknowns.
package struct PerformancePage: Sendable {
    package var context: PageContext
    package var alignment: Loaded
    package var executionQuality: Loaded
    package var outcomes: Loaded
    /// Lifecycles by state and quality, and context by quality and portfolio, counted from the rows.
    package var lifecycles: Result<Tally, PageProblem>
    package var marketContext: Result<Tally, PageProblem>
    /// The reason for the absence of rows, if there are no rows and it is known.
    package var emptiness: String?

    package init(
        context: PageContext, alignment: Loaded, executionQuality: Loaded, outcomes: Loaded,
        lifecycles: Result<Tally, PageProblem>, marketContext: Result<Tally, PageProblem>, emptiness: String? = nil
    ) {
        self.emptiness = emptiness
        self.context = context
        self.alignment = alignment
        self.executionQuality = executionQuality
        self.outcomes = outcomes
        self.lifecycles = lifecycles
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
        switch marketContext {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let tally):
            let series = ["available", "proxy_mapped", "stale", "unavailable", "unmapped"]
            Plots.stackedBars(
                "Market context by portfolio" + tally.remark, series: series,
                tally.groups.map { group in
                    (label: group.key, counts: series.map { group.counts[$0] ?? 0 })
                }, to: &html)
        }
    }

    private func lifecycleSection(_ html: inout HTMLWriter) {
        html.element("h2", text: "Lifecycles")
        switch lifecycles {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let tally):
            let series = ["clean", "open", "incomplete_economics", "ambiguous"]
            html.element("div", [.class("grid")]) { html in
                Plots.stackedBars(
                    "Quality by state" + tally.remark, series: series,
                    tally.groups.map { group in
                        (label: group.key, counts: series.map { group.counts[$0] ?? 0 })
                    }, to: &html)
            }
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

/// Counts of rows by group and state.
package struct Tally: Sendable {
    package private(set) var groups: [(key: String, counts: [String: Int64])] = []
    /// The number of rows counted.
    package private(set) var rows: Int64 = 0
    /// Whether there are more rows than were counted.
    package var isPartial = false

    package init() {}

    package mutating func add(_ row: JSONValue, group: String, state: String) {
        let key = row[group]?.string ?? "not named"
        let state = row[state]?.string ?? "not named"
        rows += 1
        if let index = groups.firstIndex(where: { $0.key == key }) {
            groups[index].counts[state, default: 0] += 1
        } else {
            groups.append((key, [state: 1]))
        }
    }

    var remark: String { isPartial ? ", the first \(Figures.count(rows)) rows" : "" }
}
