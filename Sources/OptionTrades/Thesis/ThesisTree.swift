import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

/// The reading order of a thesis: five groups of nodes, each with its value, what it follows from, and where its detail stands.
struct ThesisTree {
    let market: MarketReading
    let currency: String
    let summary: [(key: String, value: TracedValue)]
    let signals: [ThesisAnalysis.Signal]
    let stationarity: StationarityTest.Status?
    let gates: [String]

    private struct Node {
        let id: String
        let title: String
        var state: FigureValue = .null
        var value: FigureValue = .null
        var inputs: [TracedInput] = []
        var calculation = ""
        /// The series whose status is the node's quality.
        var series: ObservationTable?
        var link: String?
        var children: [Node] = []
    }

    var value: TracedValue {
        .list(
            [
                ("Decision Summary", decision), ("Market Setup", setup), ("Model Trust", trust), ("Probability Outcomes", outcomes),
                ("Alpha Measurement", measurement),
            ].map { group, nodes in
                let id = group.lowercased().split(separator: " ").joined(separator: "_")
                return write(Node(id: id, title: group, children: nodes), in: group)
            })
    }

    private func write(_ node: Node, in group: String) -> TracedValue {
        let inputs: @Sendable () -> [TracedInput] = { node.inputs }
        let quality = node.series.flatMap { series in market.quality.first { $0.series.isBytewiseEqual(to: series.kind.rawValue) } }
        return .object([
            ("calculation", .figure(.text(node.calculation), "in words")),
            ("children", .list(node.children.map { write($0, in: group) })), ("group", .figure(.text(group), "the node's group")),
            ("id", .figure(.text(node.id), "the node")),
            (
                "inputs",
                .list(
                    node.inputs.prefix(20).map { input in
                        switch input {
                        case .observed(let row, let column):
                            .object([
                                ("as_of", .column(row, "timestamp")), ("name", .figure(.text(column), "the column")),
                                ("position", .figure(.integer(Int(row.position)), "the event's position")),
                                ("value", .column(row, column)),
                            ])
                        case .chain(let chain, let option, let column):
                            .object([
                                ("as_of", .figure(.instant(chain.timestamp), "the chain's")),
                                ("name", .figure(.text(column), "the figure of the chain")),
                                (
                                    "position",
                                    .figure(FigureValue(chain.positions.first.map { Int($0) }), "its first part's", because: "it has none")
                                ),
                                (
                                    "value",
                                    .figure(
                                        FigureValue(option.map { $0.figure(column) } ?? chain.spot), column, because: "it is null",
                                        from: inputs)
                                ),
                            ])
                        case .known(let name, let shown):
                            .object([
                                ("as_of", .figure(.null, "as_of", because: "it is of several events")),
                                ("name", .figure(.text(name), "its name")),
                                ("position", .figure(.null, "position", because: "it is of several events")),
                                ("value", .figure(.text(shown.text), "what the rows say", from: inputs)),
                            ])
                        }
                    })
            ), ("link", .figure(FigureValue(node.link), "the page with the detail", because: "the node itself is the detail")),
            (
                "quality",
                .figure(FigureValue(quality?.status.rawValue), "the status of its series", because: "it follows from no series of its own")
            ), ("state", .figure(node.state, node.calculation, because: "it is not known", from: inputs)),
            ("title", .figure(.text(node.title), "the node's title")),
            ("value", .figure(node.value, node.calculation, because: "it is not known", from: inputs)),
        ])
    }

    private func figure(_ name: String) -> FigureValue {
        summary.first { $0.key == name }?.value.figure(at: [])?.value ?? .null
    }

    private func signal(_ signal: AlignmentSignal, _ title: String, _ series: ObservationTable, _ link: String) -> Node {
        guard let found = signals.first(where: { $0.signal == signal }) else { return Node(id: signal.rawValue, title: title) }
        let impact = found.impact.map { $0.isZero ? "neutral" : $0.isNegative ? "against_long_vol" : "for_long_vol" }
        return Node(
            id: signal.rawValue, title: title, state: FigureValue(impact), value: found.figure, inputs: found.inputs(),
            calculation: found.formula, series: series, link: link)
    }

    private var decision: [Node] {
        [
            Node(
                id: "headline", title: "Thesis", state: figure("headline"), value: figure("score"),
                calculation: "50 + Σ impact of the signals"),
            Node(id: "agreement", title: "Agreement", value: figure("agreement"), calculation: "|Σ impact| ÷ Σ |impact|"),
            Node(
                id: "confidence", title: "Confidence", value: figure("confidence"),
                calculation: "factors of staleness and stationarity × coverage of signals"),
        ]
    }

    private var setup: [Node] {
        let latest = market.usable(.volMetricsSnapshots)?.last
        return [
            signal(.dvolPercentile, "Rank of dvol", .volMetricsSnapshots, "/overview"),
            signal(.vrp, "Volatility premium", .volMetricsSnapshots, "/overview"),
            signal(.termStructure, "Term structure", .volMetricsSnapshots, "/overview"),
            Node(
                id: "skew", title: "Surface shape", value: latest?.value("skew_25d") ?? .null, inputs: latest?.inputs(["skew_25d"]) ?? [],
                calculation: "skew_25d as observed", series: .volMetricsSnapshots, link: "/overview"),
            signal(.gammaRegime, "Dealer gamma", .gexHourly, "/analytics"),
            Node(id: "flow", title: "Flow", calculation: "prints of the last 24 hours", link: "/flow"),
            Node(id: "carry", title: "Leverage, basis and liquidations", calculation: "funding, basis, open interest", link: "/futures"),
            Node(id: "yields", title: "Carry screen", calculation: "covered calls and cash-secured puts", link: "/yields"),
        ]
    }

    private var trust: [Node] {
        let level = market.usable(.gexSnapshots)?.last
        return [
            Node(
                id: "stationarity", title: "Stationarity", state: FigureValue(stationarity?.rawValue),
                calculation: "the last dvol of each of the last 30 days against the 60 before", series: .volMetricsSnapshots,
                link: "/analytics"),
            Node(
                id: "gex_levels", title: "Live GEX levels", value: level?.value("spot") ?? .null, inputs: level?.inputs(["spot"]) ?? [],
                calculation: "the newest snapshot of dealer gamma by strike", series: .gexSnapshots, link: "/analytics"),
            Node(
                id: "gates", title: "Gates", state: .text(gates.isEmpty ? "open" : "closed"), value: .texts(gates),
                calculation: "stationarity that is not stable, and gex series that are not live"),
        ]
    }

    private var outcomes: [Node] {
        let rows = market.usable(.ivSurfaceSnapshots)?.newest ?? []
        return [
            Node(
                id: "vanilla", title: "Density, touch and candidates", value: .integer(rows.count),
                inputs: rows.first?.inputs(["dte", "delta", "iv"]) ?? [], calculation: "points of the newest surface",
                series: .ivSurfaceSnapshots, link: "/probability")
        ]
    }

    /// Counts of the trade views by label and quality.
    private var measurement: [Node] {
        zip(ThesisAnalysis.counted, market.others).flatMap { counted, groups in
            func rows(_ group: JSONDocument) -> Int { Int(group.root[RowCounts.count]?.integer ?? 0) }
            return counted.columns.map { column in
                var counts: [String: Int] = [:]
                for group in groups { counts[group.root[column]?.string ?? "none", default: 0] += rows(group) }
                return Node(
                    id: column, title: column.split(separator: "_").joined(separator: " "),
                    value: .integer(groups.reduce(0) { $0 + rows($1) }),
                    inputs: counts.sorted { $0.key.isBytewiseLess(than: $1.key) }.map { .known($0.key, Shown(Int64($0.value))) },
                    calculation: "rows of \(counted.view) by \(column)", link: "/performance")
            }
        }
    }
}
