import LedgerEvents
package import LedgerValues

/// The key of a lifecycle: a contract in a portfolio. A null differs from every other value. Texts compare by their bytes.
package struct LifecycleKey: Sendable, Equatable {
    package let source: String
    package let sourcePortfolio: String?
    package let underlyingSymbol: String?
    /// `option_symbol`, else `instrument`.
    package let contractKey: String?
    package let optionType: OptionType?
    package let strike: FixedDecimal?
    package let expiry: CalendarDate?

    package init(
        source: String, sourcePortfolio: String?, underlyingSymbol: String?, contractKey: String?,
        optionType: OptionType?, strike: FixedDecimal?, expiry: CalendarDate?
    ) {
        self.source = source
        self.sourcePortfolio = sourcePortfolio
        self.underlyingSymbol = underlyingSymbol
        self.contractKey = contractKey
        self.optionType = optionType
        self.strike = strike
        self.expiry = expiry
    }

    package init(of row: ExecutionRow) {
        self.init(
            source: row.source, sourcePortfolio: row.sourcePortfolio, underlyingSymbol: row.underlyingSymbol,
            contractKey: row.contractKey, optionType: row.optionType, strike: row.strike, expiry: row.expiry)
    }

    package static func == (left: LifecycleKey, right: LifecycleKey) -> Bool {
        left.source.isBytewiseEqual(to: right.source) && left.sourcePortfolio.isBytewiseEqual(to: right.sourcePortfolio)
            && left.underlyingSymbol.isBytewiseEqual(to: right.underlyingSymbol)
            && left.contractKey.isBytewiseEqual(to: right.contractKey)
            && left.optionType == right.optionType && left.strike == right.strike && left.expiry == right.expiry
    }
}

/// A trade of a group, of any status: the fields of its latest row that a lifecycle may depend on.
package struct LifecycleMember: Sendable {
    package let tradeID: String
    /// The position of the event with the latest row.
    package let position: Int64
    package let tradeDate: Instant
    package let sourceCreatedAt: Instant?
    package let status: TradeStatus
    package let direction: Direction?
    package let quantity: FixedDecimal?
    package let price: FixedDecimal?
    package let priceCurrency: String?
    package let contractMultiplier: FixedDecimal?
    package let quantityUnit: String?
    package let premiumUSD: FixedDecimal?
    package let feesUSD: FixedDecimal?
    package let isSynthetic: Bool?

    package init(of row: ExecutionRow, position: Int64) {
        tradeID = row.sourceTradeID
        self.position = position
        tradeDate = row.tradeDate
        sourceCreatedAt = row.sourceCreatedAt
        status = row.tradeStatus
        direction = row.direction
        quantity = row.quantity
        price = row.price
        priceCurrency = row.priceCurrency
        contractMultiplier = row.contractMultiplier
        quantityUnit = row.quantityUnit
        premiumUSD = row.premiumUSD
        feesUSD = row.feesUSD
        isSynthetic = row.isSynthetic
    }

    /// The order of executions; see ``ExecutionOrder``.
    func precedes(_ other: LifecycleMember) -> Bool {
        if tradeDate != other.tradeDate { return tradeDate < other.tradeDate }
        if sourceCreatedAt == other.sourceCreatedAt { return tradeID.isBytewiseLess(than: other.tradeID) }
        guard let created = sourceCreatedAt else { return false }
        return other.sourceCreatedAt.map { created < $0 } ?? true
    }
}

/// The trades that share a ``LifecycleKey``, each with its latest row.
package struct LifecycleGroup: Sendable {
    package let key: LifecycleKey
    /// In the order of executions. Each trade occurs once.
    package private(set) var members: [LifecycleMember]

    /// - Parameter members: members of different trades, in any order
    package init(key: LifecycleKey, members: [LifecycleMember] = []) {
        self.key = key
        self.members = members.sorted { $0.precedes($1) }
    }

    package var isEmpty: Bool { members.isEmpty }

    /// Adds a trade or replaces its member. Linear in the members.
    package mutating func record(_ member: LifecycleMember) {
        remove(tradeID: member.tradeID)
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].precedes(member) { low = middle + 1 } else { high = middle }
        }
        members.insert(member, at: low)
    }

    /// Removes a trade if the group holds it. Linear in the members.
    package mutating func remove(tradeID: String) {
        if let index = members.firstIndex(where: { $0.tradeID.isBytewiseEqual(to: tradeID) }) {
            members.remove(at: index)
        }
    }

    /// The group without trades dated after an instant.
    package func effective(by instant: Instant) -> LifecycleGroup {
        var group = self
        group.members.removeAll { $0.tradeDate > instant }
        return group
    }
}
