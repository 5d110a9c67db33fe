import LedgerJSON
import LedgerValues

extension TracedValue {
    /// Null, since there is no chain that is young enough.
    static let unavailableChain = TracedValue.figure(.null, "option_chain", because: "unavailable:option_chain")
}

extension ProbabilityAnalysis {
    /// The chains of the latest market date; nil if they are too old, or if these rules read none.
    func chains(_ market: MarketReading) -> [RecordedChain]? {
        guard let minutes = own.usableChainMinutes, let documents = market.others.first else { return nil }
        let earliest = market.now.minutesBefore(minutes)
        let chains = RecordedChain.latest(documents).filter { $0.timestamp >= earliest }
        return chains.isEmpty ? nil : chains
    }

    /// The options of the chain whose expiry is nearest to the surface's, in the chain's order: an experiment, and no ranking.
    func candidates(_ work: Work, _ chains: [RecordedChain]) -> TracedValue {
        let asked = work.surface.dte
        func distance(_ chain: RecordedChain) -> FixedDecimal { (FixedDecimal(chain.dte) - asked).magnitude }
        guard let chain = chains.min(by: { (distance($0), $0.expiry) < (distance($1), $1.expiry) }) else { return .list([]) }
        let kernel = work.following?.kernel
        return .list(chain.rows.map { candidate($0, chain, work, kernel) })
    }

    private func candidate(_ row: ChainRow, _ chain: RecordedChain, _ work: Work, _ kernel: KernelDensity?) -> TracedValue {
        let isCall = row.optionType == .call
        let strike = row.strike.model
        let surface = work.surface
        let inputs: @Sendable () -> [TracedInput] = { surface.inputs + [.chain(chain, row, "strike")] }
        func column(_ name: String) -> TracedValue {
            .figure(FigureValue(row.figure(name)), name, because: "\(name) was not observed", from: { [.chain(chain, row, name)] })
        }
        func figure(_ value: Double?, _ formula: String, because reason: String = "it is no number") -> TracedValue {
            .figure(FigureValue(model: value), formula, because: reason, from: inputs)
        }
        let below = work.density.cumulative(strike)
        let above = kernel?.probabilityAbove(strike)
        let missing = "the conditional distribution is insufficient"
        return .object([
            ("ask", column("ask")), ("bid", column("bid")),
            (
                "expected_payoff",
                figure(
                    work.density.expectedPayoff(strike: strike, isCall: isCall),
                    isCall ? "Σ mass × max(0, K − strike)" : "Σ mass × max(0, strike − K)")
            ),
            (
                "expected_payoff_conditional",
                figure(
                    kernel?.expectedPayoff(strike: strike, isCall: isCall), "the mean over the returns' lognormal kernels", because: missing
                )
            ), ("expiry", .figure(.date(chain.expiry), "that nearest to the surface's days, of two the earlier")),
            ("label", .figure(.text("experimental"), "a model's figures beside a market's, and no advice")),
            ("option_type", .figure(.text(row.optionType.rawValue), "the option's")),
            ("p_itm", figure(isCall ? 1 - below : below, isCall ? "1 − cdf" : "cdf")),
            (
                "p_itm_conditional",
                figure(above.map { isCall ? $0 : 1 - $0 }, isCall ? "P(S > K)" : "1 − P(S > K)", because: missing)
            ), ("strike", column("strike")),
        ])
    }
}
