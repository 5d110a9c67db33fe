import LedgerEvents
import LedgerPostgres
import LedgerRules
import LedgerValues
import OptionTrades

/// Finds the marks that are wanted at a position and a moment.
struct MarksSearch: Sendable {
    let options: MarksBackfillOptions
    let horizons: [Horizon]
    let rules: OutcomesRules
    let position: Int64
    let now: Instant

    /// The latest mark of an execution's horizon.
    private struct Known: Sendable {
        let version: Int64
        let content: Digest32
        let basis: Basis
        let isQuoted: Bool
        let error: String?
        /// Present only for directly mapped symbols, whose spot and realized vol can change.
        let payload: ForwardMarkPayload?
    }

    /// A matured horizon of an execution, before its spot is known.
    private struct Candidate {
        let execution: WantedExecution
        let horizon: Horizon
        let target: HorizonTarget
        let known: Known?
        let problem: String?
        let isRefresh: Bool
    }

    func items(_ session: PostgresSession) throws -> [MarkItem] {
        let candidates = try candidates(session)
        let series = try series(of: candidates, session)
        let items = candidates.compactMap { candidate -> MarkItem? in
            let market = market(of: candidate.execution).flatMap { series[ByteKey($0)] }
            return item(candidate, market)
        }
        return limited(items)
    }

    // MARK: - Reading the log

    private func candidates(_ session: PostgresSession) throws -> [Candidate] {
        let executions = WantedExecutions(position: position, tradeIDs: options.tradeIDs)
        var marks: [ByteKey: Known] = [:]
        try executions.forEachMark(horizons: horizons, session) { version, payload in
            guard let horizon = Horizon(parsing: payload.horizonKey), horizons.contains(horizon) else { return }
            marks[ByteKey(stream(payload.source, payload.sourceTradeID, horizon))] = known(payload, horizon, version)
        }
        var candidates: [Candidate] = []
        try executions.forEach(rules.trades, session) { row in
            let execution = WantedExecution(row, rules.trades)
            for horizon in horizons {
                let target = HorizonTarget(of: row, horizon: horizon, rules: rules)
                guard target.isMatured(at: now) else { continue }
                let known = marks[ByteKey(stream(row.source, row.sourceTradeID, horizon))]
                if let candidate = candidate(execution, horizon, target, known) { candidates.append(candidate) }
            }
        }
        return candidates
    }

    private func stream(_ source: String, _ id: String, _ horizon: Horizon) -> String {
        Streams.mark(source: source, id: id, horizonKey: horizon.key)
    }

    private func known(_ payload: ForwardMarkPayload, _ horizon: Horizon, _ version: Int64) -> Known {
        let target = payload.basis.target ?? payload.basis.tradeDate
        return Known(
            version: version, content: payload.contentDigest, basis: payload.basis,
            isQuoted: JudgedMark(of: payload.quote, horizon: horizon, target: target, rules: rules).quality == .quoted,
            error: payload.error, payload: rules.isDirectlyMapped(payload.basis.underlyingSymbol) ? payload : nil)
    }

    /// The horizon if it wants a mark. Nil for a settled mark.
    private func candidate(
        _ execution: WantedExecution, _ horizon: Horizon, _ target: HorizonTarget, _ known: Known?
    ) -> Candidate? {
        let problem = execution.problem(adjustedRoots: options.adjustedRoots)
        var isRefresh = false
        if let known, known.basis == execution.basis(target: target.instant),
            !LookupProblem.isOpen(known.error, isUsable: known.isQuoted, retry: options.retry, now: problem)
        {
            if known.payload == nil { return nil }
            isRefresh = true
        }
        return Candidate(
            execution: execution, horizon: horizon, target: target, known: known, problem: problem,
            isRefresh: isRefresh)
    }

    /// The market that is the execution's symbol itself. Nil for any other symbol, whether or not it is mapped to a proxy.
    private func market(of execution: WantedExecution) -> String? {
        let symbol = execution.basis.underlyingSymbol
        return rules.isDirectlyMapped(symbol) ? rules.trades.marketProxy.mapping(of: symbol).marketProxy : nil
    }

    private func series(
        of candidates: [Candidate], _ session: PostgresSession
    ) throws -> [ByteKey: MarketSeries] {
        var builder = MarketSeriesBuilder()
        for market in Set(candidates.compactMap { market(of: $0.execution).map { ByteKey($0) } }).sorted() {
            try ObservationReader().forEach(
                kinds: [.spot, .gexHourly], subject: market.text, upTo: position, session
            ) { position, payload in builder.add(payload, at: position) }
        }
        return builder.finish()
    }

    // MARK: - Items

    private func item(_ candidate: Candidate, _ series: MarketSeries?) -> MarkItem? {
        guard let target = candidate.target.instant else { return nil }
        let tradeDate = candidate.execution.basis.tradeDate
        let spot = series.flatMap { HorizonSpotLookup.nearest(series: $0, target: target, rules: rules) }
        let realized = series.flatMap {
            RealizedVolatility.afterTrade(gex: $0.gex, from: tradeDate, through: target, rules: rules)
        }
        let market = MarketByHorizon(name: market(of: candidate.execution), spot: spot, realizedVol: realized)
        let latest = candidate.known.map { ($0.version, $0.content) }
        if candidate.isRefresh {
            guard let recorded = candidate.known?.payload,
                recorded.spot != spot?.spot || recorded.realizedVol != realized?.value
            else { return nil }
            return MarkItem(
                execution: candidate.execution, horizon: candidate.horizon, target: target, problem: nil,
                market: market,
                latest: latest, recorded: recorded, lookup: nil, rules: rules)
        }
        return MarkItem(
            execution: candidate.execution, horizon: candidate.horizon, target: target, problem: candidate.problem,
            market: market, latest: latest, recorded: nil, lookup: lookup(candidate, target), rules: rules)
    }

    private func lookup(_ candidate: Candidate, _ target: Instant) -> QuoteLookup? {
        guard candidate.problem == nil, let contract = candidate.execution.contract else { return nil }
        let endsThere = candidate.horizon == .expiry
        return QuoteLookup(
            contract: contract, target: target,
            window: QuoteWindow(around: target, minutes: rules.freshMinutes, endsThere: endsThere),
            widened: QuoteWindow(around: target, minutes: rules.widenedMinutes, endsThere: endsThere))
    }

    /// The items of the earliest executions, up to the limit.
    private func limited(_ items: [MarkItem]) -> [MarkItem] {
        guard let limit = options.limit else { return items }
        var executions: [ByteKey: WantedExecution] = [:]
        for item in items { executions[item.execution.key] = item.execution }
        let chosen = Set(executions.values.sorted(by: WantedExecution.precedes).prefix(limit).map(\.key))
        return items.filter { chosen.contains($0.execution.key) }
    }
}

extension WantedExecution {
    func basis(target: Instant?) -> Basis {
        var basis = basis
        basis.target = target
        return basis
    }
}
