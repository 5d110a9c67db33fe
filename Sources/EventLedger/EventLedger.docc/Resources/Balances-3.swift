// MARK: The projection

/// Every account's balance, and whether the rules count it as overdrawn.
struct Balances: Projection {
    struct Facts: Sendable {
        let account: String
        var balance: FixedDecimal
    }

    static let consumes: [EventType: Set<Int>] = ["MoneyMoved": [1]]

    func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        event.payload(as: MoneyMoved.self).map { [RowKey([$0.account])] } ?? []
    }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let moved = event.payload(as: MoneyMoved.self) else { return }
        facts = Facts(account: moved.account, balance: (facts?.balance ?? .zero) + moved.amount)
    }
}
