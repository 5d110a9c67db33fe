import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades

/// The state of a directly mapped market by a horizon.
struct MarketByHorizon: Sendable {
    /// Nil for a symbol that is not directly mapped.
    var name: String?
    var spot: (spot: HorizonSpot, position: Int64)?
    var realizedVol: (value: FixedDecimal, positions: [Int64])?

    /// The events behind the spot and the realized volatility.
    var inputs: [EventInput] {
        var inputs: [EventInput] = []
        if let spot { inputs.append(EventInput(field: "spot", position: spot.position)) }
        if let realizedVol { inputs.append(EventInput(field: "realized_vol", positions: realizedVol.positions)) }
        return inputs
    }
}

/// An execution's matured horizon that wants a mark.
struct MarkItem: QuoteItem {
    let execution: WantedExecution
    let horizon: Horizon
    let target: Instant
    let problem: String?
    let market: MarketByHorizon
    /// The stream's version and latest content. Nil for an empty stream.
    let latest: (version: Int64, content: Digest32)?
    /// The recorded mark, if its quote stays unchanged.
    let recorded: ForwardMarkPayload?
    let lookup: QuoteLookup?
    let rules: OutcomesRules

    var isWanted: Bool { recorded == nil }
    var horizonKey: String? { horizon.key }

    var order: (tradeDate: Instant, stream: String) {
        (
            execution.basis.tradeDate,
            Streams.mark(source: execution.source, id: execution.id, horizonKey: horizon.key)
        )
    }

    func settle(
        _ outcome: QuoteOutcome, from source: any QuoteSource, at time: Instant, redact: (String) -> String
    ) -> Settled {
        var payload =
            recorded
            ?? ForwardMarkPayload(
                source: execution.source, sourceTradeID: execution.id, horizonKey: horizon.key,
                horizonDays: horizon.days,
                basis: execution.basis(target: target), lookedUpAt: time)
        payload.spot = market.spot?.spot
        payload.realizedVol = market.realizedVol?.value
        var inputs = payload.inputs.filter { $0.field.isBytewiseEqual(to: "quote") }
        var counted = problem
        if recorded == nil {
            payload.windowFrom = lookup?.window.from
            payload.windowTo = lookup?.window.through
            switch outcome {
            case .notAsked: payload.error = problem
            case .failed(let error):
                payload.error = LookupProblem.text(error, redact: redact)
                payload.notEntitled = error.kind == .notEntitled
                counted = LookupProblem.key(error)
            case .answered(let answer):
                payload.quote = answer.found?.quote
                payload.windowFrom = answer.window.from
                payload.windowTo = answer.window.through
                if answer.found != nil { payload.quoteSource = source.label(for: use(answer)) }
                inputs = answer.found?.position.map { [EventInput(field: "quote", position: $0)] } ?? []
            }
        }
        payload.inputs = inputs + market.inputs
        let judged = JudgedMark(of: payload.quote, horizon: horizon, target: target, rules: rules)
        let isKnown = latest.map { $0.content == payload.contentDigest } ?? false
        var settled = Settled(
            event: isKnown ? nil : payload.event(previousVersion: latest?.version ?? 0),
            quality: judged.quality.rawValue, horizon: horizon.key, error: counted)
        if case .failed = outcome { settled.quality = "failed" }
        return settled
    }

    private func use(_ answer: QuoteAnswer) -> QuoteUse {
        QuoteUse(
            isWidened: answer.isWidened, isExpiry: horizon == .expiry, isAdjustedRoot: execution.hasForeignRoot)
    }
}
