import LedgerAnalyses
import LedgerProjections
import LedgerRules
import LedgerValues

/// What covered calls and cash-secured puts would yield, beside the basis of the shortest tenor (docs/contract/analyses.md, "Yields").
///
/// Rules v1 read no chains: candidates are null there, and `option_chain` is unavailable.
struct YieldsAnalysis: MarketFigures {
    static let name = "yields"
    static let chain = "option_chain"

    let rules: MarketRules
    /// Nil for rules without chains.
    let candidates: YieldCandidates?

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let hasChains = rulesVersion > 1
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.futuresBasis], others: hasChains ? [OptionChainsTable.name] : [],
            absent: [Self.chain], own: hasChains ? ["candidates"] : [], read)
        self.rules = rules
        candidates = hasChains ? try YieldCandidates(try root.member("candidates")) : nil
    }

    var otherSeries: [String] { candidates == nil ? [] : [Self.chain] }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] {
        [SeriesRange(.futuresBasis, from: now.minutesBefore(rules.needs.usableMinutes(.futuresBasis)))]
    }

    func otherRanges(_ question: MarketQuestion, now: Instant) -> [RowRange] {
        guard candidates != nil else { return [] }
        return [.chains(of: question.currency, from: now.minutesBefore(rules.needs.usableMinutes(Self.chain)), through: now)]
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        let rows = market.usable(.futuresBasis)
        let shortest = rows?.compactMap { $0.integer("tenor_days") }.min()
        let basis = rows.map { rows in TracedValue.latestBasis(rows.filter { $0.integer("tenor_days") == shortest }) }
        guard let candidates, let documents = market.others.first, market.isAvailable(Self.chain) else {
            return MarketData(data: .object([("basis", basis ?? .unavailable(.futuresBasis)), ("candidates", .unavailable(Self.chain))]))
        }
        let (list, warnings) = candidates.work(RecordedChain.latest(documents))
        return MarketData(
            data: .object([("basis", basis ?? .unavailable(.futuresBasis)), ("candidates", .list(list))]), warnings: warnings)
    }
}

extension RowRange {
    /// The chains that count of an underlying, whose readers get them with their rows.
    static func chains(of underlying: String, from: Instant, through now: Instant) -> RowRange {
        RowRange(OptionChainsTable.name, equals: ["underlying": underlying], time: "timestamp", from: min(from, now), through: now)
    }
}

/// Options of a chain that could be sold against shares or cash.
struct YieldCandidates: Sendable {
    let minimumDTE: Int
    let maximumDTE: Int
    let minimumDelta: FixedDecimal
    let maximumDelta: FixedDecimal

    init(_ node: RuleNode) throws {
        try node.allowOnly(["minimum_dte", "maximum_dte", "minimum_delta", "maximum_delta"])
        minimumDTE = try node.whole("minimum_dte", from: 1)
        maximumDTE = try node.whole("maximum_dte", from: minimumDTE)
        minimumDelta = try node.decimal("minimum_delta")
        maximumDelta = try node.decimal("maximum_delta")
    }

    /// The candidates by expiry, calls first, then by strike.
    func work(_ chains: [RecordedChain]) -> (list: [TracedValue], warnings: [String]) {
        var list: [TracedValue] = []
        var warnings: Set<String> = []
        for chain in chains where minimumDTE...maximumDTE ~= chain.dte {
            if chain.isIncomplete { warnings.insert("incomplete_chain") }
            if chain.spot == nil { warnings.insert("missing_spot") }
            for type in [OptionType.call, .put] {
                for row in chain.rows where row.optionType == type {
                    guard let delta = row.soundDelta else {
                        warnings.insert("missing_delta")
                        continue
                    }
                    if delta.magnitude >= minimumDelta, delta.magnitude <= maximumDelta { list.append(candidate(row, chain)) }
                }
            }
        }
        return (list, warnings.sorted { $0.isBytewiseLess(than: $1) })
    }

    private func candidate(_ row: ChainRow, _ chain: RecordedChain) -> TracedValue {
        let isCall = row.optionType == .call
        // A bid of nothing is no bid.
        let bid = row.bid.flatMap { $0 > .zero ? $0 : nil }
        let collateral = isCall ? chain.spot : row.strike
        let yield = bid.flatMap { bid in collateral.flatMap { bid.exact.divided(by: $0.exact) } }
        let annualised = yield.flatMap { ($0 * ExactNumber(365)).divided(by: ExactNumber(chain.dte)) }
        let breakeven = bid.flatMap { bid in collateral.map { $0.exact - bid.exact } }
        let distance = chain.spot.flatMap { row.strike.exact.divided(by: $0.exact) }.map { $0 - ExactNumber(1) }
        let base = isCall ? "spot" : "strike"
        let reason = bid == nil ? "nobody bids" : "the chain has no spot"
        func option(_ columns: [String], spot: Bool = false) -> @Sendable () -> [TracedInput] {
            { columns.map { .chain(chain, row, $0) } + (spot ? [.chain(chain, nil, "spot")] : []) }
        }
        func figure(_ value: ExactNumber?, _ formula: String, _ columns: [String], spot: Bool, because reason: String) -> TracedValue {
            .figure(FigureValue(value), formula, because: reason, from: option(columns, spot: spot))
        }
        let priced = isCall ? ["bid"] : ["bid", "strike"]
        return .object([
            (
                "annualised_pct",
                figure(annualised, "yield_pct × 365 ÷ dte", priced, spot: isCall, because: reason)
            ), ("bid", .figure(FigureValue(row.bid), "bid", because: "bid was not observed", from: option(["bid"]))),
            ("breakeven", figure(breakeven, "\(base) − bid", priced, spot: isCall, because: reason)),
            (
                "delta",
                .figure(
                    FigureValue(row.soundDelta), "delta", rules: [["candidates", "minimum_delta"], ["candidates", "maximum_delta"]],
                    from: option(["delta"]))
            ), ("distance", figure(distance, "strike ÷ spot − 1", ["strike"], spot: true, because: "the chain has no spot")),
            (
                "dte",
                .figure(
                    .integer(chain.dte), "expiry − market date in days",
                    rules: [["candidates", "minimum_dte"], ["candidates", "maximum_dte"]])
            ), ("expiry", .figure(.date(chain.expiry), "the chain's")),
            (
                "spot",
                .figure(FigureValue(chain.spot), "spot", because: "the chain has no spot", from: { [.chain(chain, nil, "spot")] })
            ),
            (
                "status",
                .figure(
                    .text(yield == nil ? "unavailable" : "ok"), "unavailable without a bid, and for a call without a spot",
                    from: option(["bid"]))
            ), ("strategy", .figure(.text(isCall ? "covered_call" : "cash_secured_put"), "by the option's type")),
            ("strike", .figure(.decimal(row.strike), "strike", from: option(["strike"]))),
            ("yield_pct", figure(yield, "bid ÷ \(base)", priced, spot: isCall, because: reason)),
        ])
    }
}
