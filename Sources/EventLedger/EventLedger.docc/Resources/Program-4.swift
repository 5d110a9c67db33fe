// MARK: The program

@main
struct Accounts {
    static let model = LedgerModel(
        names: LedgerNames("accounts"),
        events: EventRegistry([MoneyMoved.definition]),
        projections: [ProjectionSource("balances") { try Balances(version: $0, read: $1) }])

    static func main() async throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let files = LedgerFiles(engine: here.appending(path: "../../schema").path, domain: here.path)
        let directory = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID())").path
        let server = try await EmbeddedPostgres.start(.init(dataDirectory: directory))
        do {
            let ledger = try await Ledger.open(server.uri, model, files)
            try await run(ledger)
            await ledger.close()
        } catch {
            print("error: \(error)")
        }
        await server.stop()
        try FileManager.default.removeItem(atPath: directory)
    }

    static func run(_ ledger: Ledger) async throws {
        let payments = [("ann", "120", "p1"), ("bob", "30.5", "p2"), ("ann", "-45", "p3"), ("bob", "-100", "p4")]
        try await ledger.append(
            try payments.map { MoneyMoved(account: $0.0, amount: try FixedDecimal($0.1), reference: $0.2).event() })
        // A repetition changes nothing.
        try await ledger.append([MoneyMoved(account: "ann", amount: try FixedDecimal("120"), reference: "p1").event()])
    }
}
