import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues

extension Dispatcher {
    /// The most candidates that are recorded.
    static let mostCandidates = 60

    /// Takes an intent a step further.
    func step(_ key: ByteKey) async throws(StepError) {
        guard let state = book.intents[key] else { return }
        if state.isUnresolved { return try await resolve(key) }
        let now = try await now()
        if now >= state.intent.expiresAt {
            try await append(
                IntentExpiredPayload(source: source, intentID: state.intent.intentID, now: now, reason: "expires_at"), state)
            return
        }
        if let retry = retries[key], now < retry {
            round.waiting["retry", default: 0] += 1
            return sleepUntil(retry)
        }
        if book.isHalted || !isAccountRight { return wait("halted", key, until: DispatchTimings.after(now, 1)) }
        let later = DispatchTimings.after(now, timings.consultEvery)
        guard isOpen(now) else { return wait("session", key, until: later) }
        if state.intent.action == .sell {
            let open = Decider.closable(state.intent, book.holdings())
            guard open.count == 1 else {
                let reason = open.isEmpty ? "nothing_to_close" : "ambiguous_close"
                try await append(
                    IntentCancelledPayload(source: source, intentID: state.intent.intentID, requestedBy: "dispatcher", reason: reason),
                    state)
                return
            }
        }
        retries[key] = later
        let clock = try await ask { () async throws(BrokerFailure) in try await self.broker.clock() }
        if isSkewed(clock, now) { return wait("clock_skew", key, until: later) }
        guard clock.isOpen else { return wait("session", key, until: later) }
        try await decide(key, state, clock, since: now)
    }

    // MARK: - What if

    /// The decision on an intent that nobody gave, from the market and the account of now. Nothing is sent and nothing recorded.
    package func whatIf(_ intent: TradeIntent) async throws(ReconcileError) -> (facts: DecisionFacts, decision: Decision) {
        do throws(StepError) {
            try await read { () async throws(DispatchLogError) in try await self.refresh() }
            let clock = try await ask { () async throws(BrokerFailure) in try await self.broker.clock() }
            let state = IntentState(TradeIntendedPayload(intent: intent, requestedBy: ""), at: try await now())
            let market = try await consultMarket(state, clock)
            let found = try await ask { () async throws(BrokerFailure) in try await self.broker.account() }
            let day = book.day(for: intent, now: try await now(), newYork: rules.newYork)
            let facts = DecisionFacts(
                intent: intent, market: market, account: found.facts, day: day, isHalted: book.isHalted)
            return (facts, Decider(rules).decide(facts))
        } catch {
            switch error {
            case .log(let problem): throw ReconcileError(description: "\(problem)")
            case .broker(let failure): throw ReconcileError(description: failure.message)
            }
        }
    }

    // MARK: - Consulting

    /// - Parameter begun: a time that the broker's clock has confirmed.
    private func decide(
        _ key: ByteKey, _ before: IntentState, _ clock: BrokerClock, since begun: Instant
    ) async throws(StepError) {
        let market = try await consultMarket(before, clock)
        let found = try await ask { () async throws(BrokerFailure) in try await self.broker.account() }
        account = found
        let consultedAt = try await now()
        guard isAccountRight else { return try await halt("account_changed") }
        let consulted = AccountConsultedPayload(
            source: source, intentID: before.intent.intentID, now: consultedAt, account: found.facts)
        try await append([market.event(previousVersion: before.version), consulted.event(previousVersion: before.version + 1)])
        guard let state = book.intents[key], state.isPending else { return }

        let decidedAt = try await now()
        // If the clock was set back meanwhile, the submission would seem older than it is, and missing too early.
        guard begun <= market.now, market.now <= decidedAt, decidedAt < DispatchTimings.after(market.now, timings.factsFreshFor),
            decidedAt < state.intent.expiresAt, isOpen(decidedAt)
        else { return wait("stale_facts", key, until: decidedAt) }
        let day = book.day(for: state.intent, now: decidedAt, newYork: rules.newYork)
        let decider = Decider(rules)
        let decision = decider.decide(state.facts(day: day, isHalted: book.isHalted))
        switch decision.verdict {
        case .submit: try await submit(key, state, decision, day, found, decidedAt)
        case .simulate: try await simulate(state, decision, day, decidedAt)
        case .cancel:
            try await append(
                IntentCancelledPayload(
                    source: source, intentID: state.intent.intentID, requestedBy: "dispatcher",
                    reason: decision.reasons.first ?? "cancelled"),
                state)
        case .wait, .insufficientFacts:
            wait(decision.reasons.first ?? "wait", key, until: DispatchTimings.after(decidedAt, timings.consultEvery))
        }
    }

    /// The market as it is recorded: the candidates that decide, and a digest of all rows.
    private func consultMarket(_ state: IntentState, _ clock: BrokerClock) async throws(StepError) -> MarketConsultedPayload {
        let intent = state.intent
        var payload = MarketConsultedPayload()
        (payload.source, payload.intentID) = (source, intent.intentID)
        let underlyingOnly = ChainQuestion(ticker: intent.ticker, filters: nil)
        var found = try await ask { () async throws(BrokerFailure) in try await self.broker.market(underlyingOnly) }
        var spot = Self.spot(found.underlying)
        if let type = intent.instrument.optionType {
            let started = try await now()
            var filters = ChainFilters()
            if intent.action == .sell {
                filters.optionSymbol = Decider.closable(intent, book.holdings()).first?.symbol
            } else if let spot, let today = rules.newYork.date(at: started), let strikes = rules.strikes(around: spot) {
                filters.optionType = type
                filters.root = Decider.root(of: intent.ticker)
                let window = rules[intent.strategy].daysToExpiry
                filters.expiryFrom = today.advanced(byDays: window.lowerBound)
                filters.expiryThrough = today.advanced(byDays: window.upperBound)
                (filters.strikeFrom, filters.strikeThrough) = (strikes.lowerBound, strikes.upperBound)
                filters.targetStrike = rules.targetStrike(intent.strategy, type, spot: spot)
            }
            if filters.optionSymbol != nil || filters.targetStrike != nil {
                let question = ChainQuestion(ticker: intent.ticker, filters: filters)
                let pages = found.pages
                found = try await ask { () async throws(BrokerFailure) in try await self.broker.market(question) }
                found.pages += pages
            }
            payload.filters = filters
            spot = Self.spot(found.underlying)
        }
        payload.now = try await now()
        payload.underlying = found.underlying
        payload.spot = spot
        let session = session(at: payload.now)
        payload.calendar = SessionFacts(sessionOpen: session?.open, sessionClose: session?.close, brokerIsOpen: clock.isOpen)
        payload.pages = found.pages
        payload.contractsSeen = Int64(found.rows.count)
        payload.rowsDigest = Digest32(
            sha256Of: JSONWriter.bytes(reservingCapacity: 512 * found.rows.count) { FieldCoder.write(found.rows, to: &$0) })
        choose(from: found.rows, intent, &payload)
        return payload
    }

    static func spot(_ quote: UnderlyingQuote) -> FixedDecimal? { BrokerFigures.mid(quote.bid, quote.ask)?.rounded() ?? quote.last }

    /// Keeps the candidates in the order of the decision, and counts what is left out.
    private func choose(from rows: [ContractRow], _ intent: TradeIntent, _ payload: inout MarketConsultedPayload) {
        if intent.action == .sell {
            payload.candidates = rows.filter { $0.optionSymbol == payload.filters.optionSymbol }
            return
        }
        guard let spot = payload.spot, let strikes = rules.strikes(around: spot), let today = rules.newYork.date(at: payload.now),
            let type = intent.instrument.optionType, let target = rules.targetStrike(intent.strategy, type, spot: spot)
        else { return }
        let decider = Decider(rules)
        var leftOut: [ByteKey: Int64] = [:]
        // Rows are large: their places are sorted.
        var fit: [Int] = []
        for (index, row) in rows.enumerated() {
            if let reason = decider.fitness(row, intent, strikes, today) {
                leftOut[ByteKey(reason), default: 0] += 1
            } else {
                fit.append(index)
            }
        }
        fit.sort { Decider.precedes(rows[$0], rows[$1], target: target) }
        payload.filters.targetStrike = target
        payload.truncated = fit.count > Self.mostCandidates
        payload.candidates = fit.prefix(Self.mostCandidates).map { rows[$0] }
        payload.leftOut = leftOut.sorted { $0.key < $1.key }.map { LeftOut(reason: $0.key.text, count: $0.value) }
    }

    // MARK: - Deciding

    private var reference: DecisionRulesReference { DecisionRulesReference(version: Int64(rules.file.version), digest: rules.file.digest) }

    private func simulate(_ state: IntentState, _ decision: Decision, _ day: DayFacts, _ now: Instant) async throws(StepError) {
        var payload = ExecutionSimulatedPayload()
        (payload.source, payload.intentID, payload.now) = (source, state.intent.intentID, now)
        (payload.rules, payload.decision, payload.day) = (reference, decision, day)
        payload.optionSymbol = decision.optionSymbol
        payload.side = state.intent.action == .buy ? "buy" : "sell"
        payload.quantity = decision.size.quantity
        if decision.mid != nil {
            payload.price = state.intent.action == .buy ? decision.ask : decision.bid
            payload.priceSource = state.intent.action == .buy ? "ask" : "bid"
        }
        try await append(payload, state)
        round.simulated += 1
    }

    private func submit(
        _ key: ByteKey, _ state: IntentState, _ decision: Decision, _ day: DayFacts, _ account: BrokerAccount, _ now: Instant
    ) async throws(StepError) {
        let id = Self.clientOrderID(source: source, accountID: account.id, intentID: state.intent.intentID)
        guard let body = Decider(rules).order(decision, state.intent, clientOrderID: id) else { return }
        var payload = OrderSubmittedPayload()
        (payload.source, payload.intentID, payload.now, payload.dispatcher) = (source, state.intent.intentID, now, dispatcher)
        (payload.body, payload.rules, payload.decision, payload.day) = (body, reference, decision, day)
        // The day's figures are those through this position: the transaction fails if an order or a halt came since.
        let submission = SubmissionGuard(source: source, throughPosition: day.throughPosition)
        let isNew = try await append([payload.event(previousVersion: state.version)], guardedBy: submission)
        guard isNew, book.intents[key]?.submission?.dispatcher == dispatcher else { return }
        round.submitted += 1
        try await post(key, body)
    }
}
