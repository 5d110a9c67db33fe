// MARK: The program

@main
struct Accounts {
    static let model = LedgerModel(
        names: LedgerNames("accounts"),
        events: EventRegistry([MoneyMoved.definition]),
        projections: [ProjectionSource("balances") { try Balances(version: $0, read: $1) }])
}
