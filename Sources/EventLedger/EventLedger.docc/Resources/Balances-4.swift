// MARK: The projection

/// Every account's balance, and whether the rules count it as overdrawn.
struct Balances: Projection {
    struct Facts: Sendable {
        let account: String
        var balance: FixedDecimal
    }

    static let consumes: [EventType: Set<Int>] = ["MoneyMoved": [1]]
    let identity: ProjectionIdentity
    private let limit: FixedDecimal

    init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "balances/rules.v\(version).yaml", kind: "balances", read: read)
        try document.root.allowOnly(["rules", "version", "limit"])
        limit = try document.root.decimal("limit")
        identity = ProjectionIdentity(name: "balances", codeVersion: 1, ownRules: document.file, rules: [document.file])
    }

    func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        event.payload(as: MoneyMoved.self).map { [RowKey([$0.account])] } ?? []
    }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let moved = event.payload(as: MoneyMoved.self) else { return }
        facts = Facts(account: moved.account, balance: (facts?.balance ?? .zero) + moved.amount)
    }
}
