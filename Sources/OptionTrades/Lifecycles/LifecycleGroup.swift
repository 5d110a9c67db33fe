import Events
public import Values

/// The key of a lifecycle: a contract in a portfolio. A null differs from every other value. Texts compare by their bytes.
public struct LifecycleKey: Sendable, Equatable {
    public let source: String
    public let sourcePortfolio: String?
    public let underlyingSymbol: String?
    /// `option_symbol`, else `instrument`.
    public let contractKey: String?
    public let optionType: OptionType?
    public let strike: FixedDecimal?
    public let expiry: CalendarDate?

    public init(
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

    public init(of row: ExecutionRow) {
        self.init(
            source: row.source, sourcePortfolio: row.sourcePortfolio, underlyingSymbol: row.underlyingSymbol,
            contractKey: row.contractKey, optionType: row.optionType, strike: row.strike, expiry: row.expiry)
    }

    public static func == (left: LifecycleKey, right: LifecycleKey) -> Bool {
        func same(_ a: String?, _ b: String?) -> Bool {
            guard let a, let b else { return a == nil && b == nil }
            return a.isBytewiseEqual(to: b)
        }
        return left.source.isBytewiseEqual(to: right.source) && same(left.sourcePortfolio, right.sourcePortfolio)
            && same(left.underlyingSymbol, right.underlyingSymbol) && same(left.contractKey, right.contractKey)
            && left.optionType == right.optionType && left.strike == right.strike && left.expiry == right.expiry
    }
}

/// A trade of a group, of any status: the fields of its latest row that a lifecycle may depend on.
public struct LifecycleMember: Sendable {
    public let tradeID: String
    /// The position of the event with the latest row.
    public let position: Int64
    public let tradeDate: Instant
    public let sourceCreatedAt: Instant?
    public let status: TradeStatus
    public let direction: Direction?
    public let quantity: FixedDecimal?
    public let price: FixedDecimal?
    public let priceCurrency: String?
    public let contractMultiplier: FixedDecimal?
    public let quantityUnit: String?
    public let premiumUSD: FixedDecimal?
    public let feesUSD: FixedDecimal?
    public let isSynthetic: Bool?

    public init(of row: ExecutionRow, position: Int64) {
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
public struct LifecycleGroup: Sendable {
    public let key: LifecycleKey
    /// In the order of executions. Each trade occurs once.
    public private(set) var members: [LifecycleMember]

    /// - Parameter members: members of different trades, in any order
    public init(key: LifecycleKey, members: [LifecycleMember] = []) {
        self.key = key
        self.members = members.sorted { $0.precedes($1) }
    }

    public var isEmpty: Bool { members.isEmpty }

    /// Adds a trade or replaces its member. Linear in the members.
    public mutating func record(_ member: LifecycleMember) {
        remove(tradeID: member.tradeID)
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].precedes(member) { low = middle + 1 } else { high = middle }
        }
        members.insert(member, at: low)
    }

    /// Removes a trade if the group holds it. Linear in the members.
    public mutating func remove(tradeID: String) {
        if let index = members.firstIndex(where: { $0.tradeID.isBytewiseEqual(to: tradeID) }) {
            members.remove(at: index)
        }
    }

    /// The group without trades dated after an instant.
    public func effective(by instant: Instant) -> LifecycleGroup {
        var group = self
        group.members.removeAll { $0.tradeDate > instant }
        return group
    }
}
