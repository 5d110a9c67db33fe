package import LedgerValues

/// Decides on an intent from recorded facts and rules alone.
///
/// Pure: the same facts and rules give the same decision, whenever it is asked for.
package struct Decider: Sendable {
    package let rules: DispatchRules

    package init(_ rules: DispatchRules) { self.rules = rules }

    /// The decision.
    package func decide(_ facts: DecisionFacts) -> Decision {
        var decision = Decision()
        if facts.isHalted { decision.reasons = ["halted"] }
        guard let market = facts.market, let account = facts.account else {
            decision.reasons.append("not_consulted")
            return decision
        }
        decision.spot = market.spot
        if facts.intent.instrument == .stock {
            decideShares(facts, market, account, &decision)
        } else if facts.intent.action == .sell {
            decideClose(facts, market, &decision)
        } else {
            decidePurchase(facts, market, account, &decision)
        }
        settle(facts, market, &decision)
        return decision
    }

    /// The order of a decision to submit; nil for any other.
    package func order(_ decision: Decision, _ intent: TradeIntent, clientOrderID: String) -> OrderBody? {
        guard decision.verdict == .submit, decision.size.quantity > 0 else { return nil }
        var body = OrderBody()
        body.clientOrderID = clientOrderID
        body.symbol = decision.optionSymbol ?? intent.ticker
        body.quantity = decision.size.quantity
        body.side = intent.action == .buy ? "buy" : "sell"
        body.type = rules.orderType.rawValue
        body.limitPrice = rules.orderType == .limit ? decision.limitPrice : nil
        body.positionIntent = intent.action == .buy ? "buy_to_open" : "sell_to_close"
        return body
    }

    // MARK: - Verdict

    /// Gives the verdict that follows from the gates, the size and the reasons so far.
    private func settle(_ facts: DecisionFacts, _ market: MarketConsultedPayload, _ decision: inout Decision) {
        if decision.verdict == .cancel || decision.verdict == .insufficientFacts { return }
        let gates = ContractGates(rules: rules, market: market, action: facts.intent.action)
        let isOpen = gates.session().pass
        let failing = decision.gates.filter { !$0.pass }.map(\.name)
        if !isOpen, !failing.contains("session") { decision.reasons.append("session") }
        // No bound is zero, but none is known: nothing is guessed.
        if decision.reasons.isEmpty, failing.isEmpty, decision.size.quantity == 0 { decision.reasons.append("no_quantity") }
        decision.reasons = decision.reasons.filter { $0 == "halted" } + failing + decision.reasons.filter { $0 != "halted" }
        if facts.isHalted || !isOpen {
            decision.verdict = .wait
        } else if decision.reasons.isEmpty {
            decision.verdict = .submit
        } else {
            decision.verdict = facts.intent.action == .sell ? .wait : .simulate
        }
    }

    // MARK: - A purchase of an option

    private func decidePurchase(
        _ facts: DecisionFacts, _ market: MarketConsultedPayload, _ account: AccountFacts, _ decision: inout Decision
    ) {
        guard let type = facts.intent.instrument.optionType else { return }
        let target = market.spot.flatMap { rules.targetStrike(facts.intent.strategy, type, spot: $0) }
        decision.targetStrike = target
        let candidates = target.map { self.candidates(facts.intent, market, target: $0) } ?? []
        decision.candidatesConsidered = Int64(candidates.count)
        let gates = ContractGates(rules: rules, market: market, action: .buy)
        let judged = candidates.map { (row: $0, gates: gates.ofPurchase($0)) }
        let selected = judged.first { $0.gates.allSatisfy(\.pass) } ?? judged.first
        if let target,
            !isCovered(facts.intent, market, target: target, selected: selected?.row, passes: selected?.gates.allSatisfy(\.pass) ?? false)
        {
            decision.verdict = .insufficientFacts
            decision.reasons.append("insufficient_facts")
            return
        }
        checkAccount(account, needsOptions: true, &decision)
        guard let selected else {
            decision.reasons.append("no_candidate")
            return
        }
        show(selected.row, selected.gates, &decision)
        let tick = rules.optionTick(penny: selected.row.ppind)
        price(selected.row.ask, valid: decision.mid != nil, tick, .buy, &decision)
        sizePurchase(
            facts, account, decision.limitPrice ?? selected.row.ask, mid: BrokerFigures.mid(selected.row.bid, selected.row.ask), &decision)
    }

    /// The candidates under these rules, in their order: distance from the target, expiry, strike.
    package func candidates(_ intent: TradeIntent, _ market: MarketConsultedPayload, target: FixedDecimal) -> [ContractRow] {
        guard let spot = market.spot, let strikes = rules.strikes(around: spot), let today = rules.newYork.date(at: market.now) else {
            return []
        }
        return market.candidates.filter { fitness($0, intent, strikes, today) == nil }
            .sorted { Self.precedes($0, $1, target: target) }
    }

    /// Why a row is no candidate; nil if it is one.
    package func fitness(
        _ row: ContractRow, _ intent: TradeIntent, _ strikes: ClosedRange<FixedDecimal>, _ today: CalendarDate
    ) -> String? {
        let days = Int(row.expiry.daysSinceEpoch) - Int(today.daysSinceEpoch)
        return if row.optionType != intent.instrument.optionType {
            "option_type"
        } else if !row.root.isBytewiseEqual(to: Self.root(of: intent.ticker)) {
            "root"
        } else if row.tradable != true {
            "not_tradable"
        } else if row.multiplier.map({ $0 <= .zero }) ?? true {
            "no_multiplier"
        } else if !rules[intent.strategy].daysToExpiry.contains(days) {
            "expiry"
        } else if !strikes.contains(row.strike) {
            "strike"
        } else {
            nil
        }
    }

    /// The root of a ticker's own contracts: class shares are written without their point.
    package static func root(of ticker: String) -> String {
        ticker.utf8.contains(UInt8(ascii: ".")) ? ticker.replacing(".", with: "") : ticker
    }

    package static func precedes(_ left: ContractRow, _ right: ContractRow, target: FixedDecimal) -> Bool {
        let (near, far) = ((left.strike - target).magnitude, (right.strike - target).magnitude)
        if near != far { return near < far }
        if left.expiry != right.expiry { return left.expiry < right.expiry }
        if left.strike != right.strike { return left.strike < right.strike }
        return left.optionSymbol.isBytewiseLess(than: right.optionSymbol)
    }

    /// Whether the recorded candidates hold all that these rules need: the chain was asked for their window, and none that
    /// would come before the selected one was cut.
    private func isCovered(
        _ intent: TradeIntent, _ market: MarketConsultedPayload, target: FixedDecimal, selected: ContractRow?, passes: Bool
    ) -> Bool {
        guard let spot = market.spot, let strikes = rules.strikes(around: spot), let today = rules.newYork.date(at: market.now) else {
            return true
        }
        let window = rules[intent.strategy].daysToExpiry
        let (first, last) = (today.advanced(byDays: window.lowerBound), today.advanced(byDays: window.upperBound))
        guard let first, let last else { return true }
        let filters = market.filters
        if let from = filters.expiryFrom, from > first { return false }
        if let through = filters.expiryThrough, through < last { return false }
        if let from = filters.strikeFrom, from > strikes.lowerBound { return false }
        if let through = filters.strikeThrough, through < strikes.upperBound { return false }
        guard market.truncated else { return true }
        guard let center = filters.targetStrike else { return false }
        // Of the window that was asked for, the nearest are all there. They are those of these rules if window and target are.
        let isAsAsked =
            filters.expiryFrom == first && filters.expiryThrough == last && filters.strikeFrom == strikes.lowerBound
            && filters.strikeThrough == strikes.upperBound && center == target
        if isAsAsked { return true }
        guard passes, let selected, let furthest = market.candidates.last else { return false }
        let reach = (furthest.strike - center).magnitude
        let distance = (selected.strike - target).magnitude
        return (target - center).magnitude + distance < reach
    }

    // MARK: - A sale that closes

    private func decideClose(_ facts: DecisionFacts, _ market: MarketConsultedPayload, _ decision: inout Decision) {
        guard let holding = holding(facts.intent, facts.day.holdings, &decision) else { return }
        guard let row = market.candidates.first(where: { $0.optionSymbol.isBytewiseEqual(to: holding.symbol) }) else {
            decision.reasons.append("no_candidate")
            return
        }
        decision.candidatesConsidered = 1
        show(row, ContractGates(rules: rules, market: market, action: .sell).ofClose(row), &decision)
        price(row.bid, valid: decision.mid != nil, rules.optionTick(penny: row.ppind), .sell, &decision)
        sizeClose(facts.intent, holding, &decision)
    }

    /// The one position that a SELL closes; nil ends the intent.
    private func holding(_ intent: TradeIntent, _ holdings: [Holding], _ decision: inout Decision) -> Holding? {
        let open = Self.closable(intent, holdings)
        guard open.count == 1 else {
            decision.verdict = .cancel
            decision.reasons = [open.isEmpty ? "nothing_to_close" : "ambiguous_close"]
            return nil
        }
        return open[0]
    }

    /// The open positions that a SELL can mean, less what is being closed already.
    package static func closable(_ intent: TradeIntent, _ holdings: [Holding]) -> [Holding] {
        holdings.filter { holding in
            guard holding.quantity > holding.closing else { return false }
            guard let type = intent.instrument.optionType else { return holding.symbol.isBytewiseEqual(to: intent.ticker) }
            if let named = intent.optionSymbol { return holding.symbol.isBytewiseEqual(to: named) }
            guard let symbol = OptionSymbol(holding.symbol) else { return false }
            return symbol.optionType == type && symbol.root.isBytewiseEqual(to: root(of: intent.ticker))
        }
    }

    private func sizeClose(_ intent: TradeIntent, _ holding: Holding, _ decision: inout Decision) {
        decision.size.byIntent = intent.quantity
        decision.size.byPosition = holding.quantity - holding.closing
        decision.size.settle()
    }

    // MARK: - Shares

    private func decideShares(
        _ facts: DecisionFacts, _ market: MarketConsultedPayload, _ account: AccountFacts, _ decision: inout Decision
    ) {
        let quote = market.underlying
        (decision.bid, decision.ask) = (quote.bid, quote.ask)
        decision.mid = BrokerFigures.mid(quote.bid, quote.ask)?.rounded()
        decision.spreadPct = BrokerFigures.spreadPct(quote.bid, quote.ask)?.rounded()
        decision.multiplier = FixedDecimal(1)
        decision.gates = ContractGates(rules: rules, market: market, action: facts.intent.action).ofShares()
        if facts.intent.action == .sell {
            guard let holding = holding(facts.intent, facts.day.holdings, &decision) else { return }
            price(quote.bid, valid: quote.isValid, rules.stockTick, .sell, &decision)
            sizeClose(facts.intent, holding, &decision)
        } else {
            checkAccount(account, needsOptions: false, &decision)
            price(quote.ask, valid: quote.isValid, rules.stockTick, .buy, &decision)
            sizePurchase(
                facts, account, decision.limitPrice ?? quote.ask, mid: quote.isValid ? quote.ask.map { ExactNumber($0) } : nil, &decision)
        }
    }

    // MARK: - Parts

    private func show(_ row: ContractRow, _ gates: [Gate], _ decision: inout Decision) {
        decision.optionSymbol = row.optionSymbol
        decision.gates = gates
        (decision.bid, decision.ask) = (row.bid, row.ask)
        decision.mid = BrokerFigures.mid(row.bid, row.ask)?.rounded()
        decision.spreadPct = BrokerFigures.spreadPct(row.bid, row.ask)?.rounded()
        (decision.delta, decision.theta, decision.iv) = (row.delta, row.theta, row.iv)
        (decision.openInterest, decision.volume, decision.multiplier) = (row.openInterest, row.volume, row.multiplier)
    }

    private func price(
        _ side: FixedDecimal?, valid: Bool, _ tick: DispatchRules.Tick, _ action: IntentAction, _ decision: inout Decision
    ) {
        guard valid, let side else {
            decision.reasons.append("no_price")
            return
        }
        decision.limitPrice = BrokerFigures.onTick(side, tick, action)
    }

    private func checkAccount(_ account: AccountFacts, needsOptions: Bool, _ decision: inout Decision) {
        let power = needsOptions ? account.optionsBuyingPower ?? account.buyingPower : account.buyingPower
        if account.equity == nil || power == nil || needsOptions && account.optionsLevel == nil || account.accountBlocked == nil
            || account.tradingBlocked == nil
        {
            decision.reasons.append("account_incomplete")
        }
        if account.status != "ACTIVE" || account.accountBlocked == true || account.tradingBlocked == true
            || account.tradeSuspendedByUser == true
        {
            decision.reasons.append("account_blocked")
        }
        if needsOptions, let level = account.optionsLevel, level < Int64(rules.optionsLevelFrom) {
            decision.reasons.append("options_level")
        }
    }

    /// Sizes a BUY. `cost` is the price that the cap counts: mid of an option, ask of a share.
    private func sizePurchase(
        _ facts: DecisionFacts, _ account: AccountFacts, _ limit: FixedDecimal?, mid cost: ExactNumber?, _ decision: inout Decision
    ) {
        let isOption = facts.intent.instrument != .stock
        let multiplier = ExactNumber(decision.multiplier ?? .zero)
        let cap = rules[facts.intent.strategy].cap
        decision.size.cap = cap
        decision.size.byMaxContracts = isOption ? Int64(rules.maxContracts) : nil
        decision.size.byIntent = isOption ? nil : facts.intent.quantity
        decision.size.byMaxOrders = max(0, Int64(rules.maxOrders) - facts.day.orders)
        if let cost, let equity = account.equity {
            let unit = cost * multiplier
            decision.size.unitCost = unit.rounded()
            decision.size.byCap = BrokerFigures.floor(nonNegative(ExactNumber(equity)) * ExactNumber(cap), unit)
        }
        if let limit, cost != nil {
            let unit = ExactNumber(limit) * multiplier
            decision.size.unitLimitCost = unit.rounded()
            if let power = isOption ? account.optionsBuyingPower ?? account.buyingPower : account.buyingPower {
                let free = nonNegative(ExactNumber(power) - ExactNumber(facts.day.reserved))
                decision.size.byBuyingPower = BrokerFigures.floor(free, unit)
            }
            if let equity = account.equity {
                let left = nonNegative(ExactNumber(equity) * ExactNumber(rules.maxPremiumPct) - ExactNumber(facts.day.premium))
                decision.size.byMaxPremium = BrokerFigures.floor(left, unit)
            }
        }
        if rules.atLeastOneIfAffordable, decision.size.byCap == 0, let affordable = decision.size.byBuyingPower, affordable > 0 {
            decision.size.byCap = 1
        }
        let size = decision.size
        if size.byCap == 0 { decision.reasons.append("over_risk_cap") }
        if size.byBuyingPower == 0 { decision.reasons.append("over_buying_power") }
        if size.byMaxOrders == 0 { decision.reasons.append("max_orders") }
        if size.byMaxPremium == 0 { decision.reasons.append("max_premium") }
        if size.byMaxContracts == 0 { decision.reasons.append("max_contracts") }
        if size.byCap != nil, size.byBuyingPower != nil, size.byMaxPremium != nil { decision.size.settle() }
    }

    private func nonNegative(_ number: ExactNumber) -> ExactNumber { number.isNegative ? .zero : number }
}
