import LedgerEvents
import LedgerRules
package import LedgerValues

/// The executions of one contract in one portfolio, from opening to close, as they follow from a group's trades
/// (docs/contract/lifecycles.md, "Columns"). For internal investigation: realized figures are derived, not accounting.
///
/// US dollar figures are computed exactly and rounded once, half to even, to 10 digits.
package struct Lifecycle: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case closed
        case openLong = "open_long"
        case openShort = "open_short"
        /// No execution has both a direction and a quantity.
        case indeterminate
    }

    package struct Match: Sendable, Equatable {
        package let openTradeID: String
        package let closeTradeID: String
        package let quantity: FixedDecimal
        package let openPrice: FixedDecimal?
        package let closePrice: FixedDecimal?
        /// The side of the lot that was closed.
        package let openSide: Direction
        /// See ``FIFOMatching/Match/profit``.
        package let profitBeforeFeesUSD: FixedDecimal?
    }

    package struct OpenLot: Sendable, Equatable {
        package let tradeID: String
        package let side: Direction
        package let remainingQuantity: FixedDecimal
        package let price: FixedDecimal?
        package let contractMultiplier: FixedDecimal?
        package let openedAt: Instant
    }

    package let key: LifecycleKey
    /// All executions, in order.
    package let tradeIDs: [String]
    /// The executions without a direction or a quantity.
    package let unmatchedTradeIDs: [String]
    /// Sorted bytewise, each once.
    package let missingFields: [String]
    /// Contracts of the executions that match.
    package let totalBuyQuantity: FixedDecimal
    package let totalSellQuantity: FixedDecimal
    /// Bought less sold.
    package let netQuantity: FixedDecimal
    /// Contracts matched, each pair counted once.
    package let closedQuantity: FixedDecimal
    package let state: State
    /// Σ(remaining × multiplier × price) ÷ Σ(remaining × multiplier) of the open lots. Nil if no lot is open, if a lot
    /// lacks price or multiplier, or if the lots' price currencies differ. A null currency differs from every other.
    package let averageOpenPrice: FixedDecimal?
    /// Σ(remaining × multiplier × price) of the open lots, 0 without open lots. Nil if a lot lacks price or multiplier
    /// or is not in the rules' currency.
    package let openPremiumUSD: FixedDecimal?
    /// See ``FIFOMatching/realizedProfit``.
    package let realizedProfitBeforeFeesUSD: FixedDecimal?
    package let grossPremiumUSD: CoveredSum
    /// Buys are negative, sells positive. An execution without a direction counts as missing.
    package let netPremiumCashflowUSD: CoveredSum
    package let feesUSD: CoveredSum
    /// The first and the last trade date.
    package let openedAt: Instant
    package let lastExecutionAt: Instant
    /// See ``FIFOMatching/cycleCount``.
    package let cycleCount: Int
    package let matches: [Match]
    /// Oldest first.
    package let openLots: [OpenLot]
    /// Without ``LifecycleFlag/expiredUnresolved``, which depends on the reader's current time.
    package let flags: Set<LifecycleFlag>
    package let quality: String
    /// The positions of the executions' latest events, ascending.
    package let eventPositions: [Int64]

    /// The last trade date, if the lifecycle is closed.
    package var closedAt: Instant? { state == .closed ? lastExecutionAt : nil }

    /// The lifecycle of a group. Nil if none of its trades is an execution. Time is linear in the members, which are
    /// sorted already.
    package init?(of group: LifecycleGroup, rules: LifecyclesRules) {
        let members = group.members.filter { $0.isExecution(rules.trades) }
        guard let first = members.first, let last = members.last else { return nil }
        let matching = LifecycleMatching(members, rules)
        let fifo = matching.fifo
        let premiums = members.map { $0.premium(rules.trades) }

        key = group.key
        tradeIDs = members.map(\.tradeID)
        unmatchedTradeIDs = members.filter { !$0.isMatchable }.map(\.tradeID)
        totalBuyQuantity = fifo.buyQuantity
        totalSellQuantity = fifo.sellQuantity
        netQuantity = fifo.netQuantity
        closedQuantity = fifo.closedQuantity
        state =
            unmatchedTradeIDs.count == members.count
            ? .indeterminate
            : fifo.netQuantity.isZero ? .closed : fifo.netQuantity.isNegative ? .openShort : .openLong
        (averageOpenPrice, openPremiumUSD) = matching.openFigures(rules)
        realizedProfitBeforeFeesUSD = fifo.realizedProfit
        grossPremiumUSD = CoveredSum(premiums.map(\.usd))
        netPremiumCashflowUSD = CoveredSum(
            zip(members, premiums).map { member, premium -> FixedDecimal? in
                guard let direction = member.direction, let usd = premium.usd else { return nil }
                return direction == .buy ? -usd : usd
            })
        feesUSD = CoveredSum(members.map(\.feesUSD))
        openedAt = first.tradeDate
        lastExecutionAt = last.tradeDate
        cycleCount = fifo.cycleCount
        matches = matching.matches
        openLots = matching.openLots
        eventPositions = members.map(\.position).sorted()
        missingFields = Self.missingFields(of: group.key, members, premiums)
        flags = Self.flags(of: group.key, members, premiums, fifo, rules)
        quality = rules.quality(flags: flags, isOpen: !fifo.netQuantity.isZero)
    }

    /// The null fields among the six key fields after `source`, and the members' fields that at least one member lacks.
    private static func missingFields(
        of key: LifecycleKey, _ members: [LifecycleMember], _ premiums: [EntryPremium]
    ) -> [String] {
        var missing: [String] = []
        if key.sourcePortfolio == nil { missing.append("source_portfolio") }
        if key.underlyingSymbol == nil { missing.append("underlying_symbol") }
        if key.contractKey == nil { missing.append("contract_key") }
        if key.optionType == nil { missing.append("option_type") }
        if key.strike == nil { missing.append("strike") }
        if key.expiry == nil { missing.append("expiry") }
        if members.contains(where: { $0.direction == nil }) { missing.append("direction") }
        if members.contains(where: { $0.quantity == nil }) { missing.append("quantity") }
        if members.contains(where: { $0.price == nil }) { missing.append("price") }
        if members.contains(where: { $0.contractMultiplier == nil }) { missing.append("contract_multiplier") }
        if members.contains(where: { $0.priceCurrency == nil }) { missing.append("price_currency") }
        if members.contains(where: { $0.feesUSD == nil }) { missing.append("fees_usd") }
        if premiums.contains(where: { $0.usd == nil }) { missing.append("entry_premium_usd") }
        return missing.sorted { $0.isBytewiseLess(than: $1) }
    }

    private static func flags(
        of key: LifecycleKey, _ members: [LifecycleMember], _ premiums: [EntryPremium], _ fifo: FIFOMatching,
        _ rules: LifecyclesRules
    ) -> Set<LifecycleFlag> {
        var flags: Set<LifecycleFlag> = []
        func raise(_ flag: LifecycleFlag, _ condition: Bool) {
            if condition { flags.insert(flag) }
        }
        raise(.flipped, fifo.isFlipped)
        raise(.reopened, fifo.isReopened)
        raise(.sameTimestampTie, hasTie(members))
        raise(.mixedMultiplier, fifo.hasMixedMultiplier)
        raise(.includesSynthetic, members.contains { $0.isSynthetic == true })
        raise(.premiumMismatch, premiums.contains(where: \.mismatch))
        raise(
            .nonContractUnit,
            members.contains { $0.quantityUnit.map { !rules.trades.contractUnits.contains($0) } ?? false })
        raise(.unmatchedOpeningSell, members.first?.direction == .sell)
        raise(.missingSourcePortfolio, key.sourcePortfolio == nil)
        raise(.missingUnderlyingSymbol, key.underlyingSymbol == nil)
        raise(.missingContractKey, key.contractKey == nil)
        raise(.missingOptionType, key.optionType == nil)
        raise(.missingStrike, key.strike == nil)
        raise(.missingExpiry, key.expiry == nil)
        raise(.missingDirection, members.contains { $0.direction == nil })
        raise(.missingQuantity, members.contains { $0.quantity == nil })
        raise(.incompletePrice, members.contains { !$0.isPriced(rules) })
        raise(.incompletePremium, premiums.contains { $0.usd == nil })
        raise(.incompleteFees, members.contains { $0.feesUSD == nil })
        return flags
    }

    /// Whether two members of opposite direction share a trade date. The members are in the order of trade dates.
    private static func hasTie(_ members: [LifecycleMember]) -> Bool {
        var (buys, sells) = (false, false)
        for (index, member) in members.enumerated() {
            if index > 0, members[index - 1].tradeDate != member.tradeDate { (buys, sells) = (false, false) }
            if member.direction == .buy { buys = true }
            if member.direction == .sell { sells = true }
            if buys && sells { return true }
        }
        return false
    }
}

extension LifecycleMember {
    /// See ``ExecutionRow/isExecution(_:)``.
    func isExecution(_ rules: TradesRules) -> Bool {
        rules.executionStatuses.contains(status.rawValue) && quantity.map { $0 > .zero } ?? true
    }

    func premium(_ rules: TradesRules) -> EntryPremium {
        EntryPremium(
            of: EntryPremium.Terms(
                premiumUSD: premiumUSD, price: price, priceCurrency: priceCurrency, quantity: quantity,
                quantityUnit: quantityUnit, contractMultiplier: contractMultiplier), rules: rules)
    }

    /// Whether an execution takes part in matching.
    fileprivate var isMatchable: Bool { direction != nil && quantity != nil }

    fileprivate func isPriced(_ rules: LifecyclesRules) -> Bool {
        price != nil && contractMultiplier != nil && isInCurrency(rules)
    }

    fileprivate func isInCurrency(_ rules: LifecyclesRules) -> Bool {
        priceCurrency?.isBytewiseEqual(to: rules.priceCurrency) ?? false
    }
}

/// The matching of a group's executions, expressed in its members.
private struct LifecycleMatching {
    /// The members that match. `fifo` refers to them by index.
    let members: [LifecycleMember]
    let fifo: FIFOMatching

    init(_ executions: [LifecycleMember], _ rules: LifecyclesRules) {
        var members: [LifecycleMember] = []
        var matchable: [MatchableExecution] = []
        for member in executions {
            guard let side = member.direction, let quantity = member.quantity else { continue }
            members.append(member)
            matchable.append(
                MatchableExecution(
                    side: side, quantity: quantity, price: member.price, multiplier: member.contractMultiplier,
                    isInPricedCurrency: member.isInCurrency(rules)))
        }
        self.members = members
        fifo = FIFOMatching(matchable)
    }

    var matches: [Lifecycle.Match] {
        fifo.matches.map { match in
            let (open, close) = (members[match.open], members[match.close])
            return Lifecycle.Match(
                openTradeID: open.tradeID, closeTradeID: close.tradeID, quantity: match.quantity,
                openPrice: open.price, closePrice: close.price,
                openSide: close.direction == .buy ? .sell : .buy, profitBeforeFeesUSD: match.profit)
        }
    }

    var openLots: [Lifecycle.OpenLot] {
        fifo.openLots.map { lot in
            let member = members[lot.execution]
            return Lifecycle.OpenLot(
                tradeID: member.tradeID, side: fifo.netQuantity.isNegative ? .sell : .buy,
                remainingQuantity: lot.remaining, price: member.price, contractMultiplier: member.contractMultiplier,
                openedAt: member.tradeDate)
        }
    }

    /// The average price and the premium of the open lots.
    func openFigures(_ rules: LifecyclesRules) -> (average: FixedDecimal?, premium: FixedDecimal?) {
        var (value, weight) = (ExactNumber.zero, ExactNumber.zero)
        var (isOneCurrency, isInCurrency) = (true, true)
        for lot in fifo.openLots {
            let member = members[lot.execution]
            guard let price = member.price, let multiplier = member.contractMultiplier else { return (nil, nil) }
            value += FixedDecimal.product(lot.remaining, multiplier, price)
            weight += FixedDecimal.product(lot.remaining, multiplier, FixedDecimal(1))
            let first = members[fifo.openLots[0].execution].priceCurrency
            if first.map({ ByteKey($0) }) != member.priceCurrency.map({ ByteKey($0) }) { isOneCurrency = false }
            if !member.isInCurrency(rules) { isInCurrency = false }
        }
        let average = isOneCurrency ? value.divided(by: weight)?.rounded() : nil
        return (average, isInCurrency ? value.rounded() : nil)
    }
}
