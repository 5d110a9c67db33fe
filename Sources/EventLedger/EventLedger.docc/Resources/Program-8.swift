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
        try await ledger.catchUp()
        let head = try await ledger.head()
        try await show("balances now", ledger.rows(of: "balances"))

        // Time travel: the balances before the last payment.
        try await show("before the last payment", ledger.rows(of: "balances", at: head - 1))

        // A rule change: built beside the served version, and compared with it.
        try await ledger.rebuild("balances", rules: "v2")
        print("what rules v2 would change")
        for change in try await ledger.differences("balances", to: "v2") {
            let fields = change.fields.map { "\($0.column.name) \($0.from?.sourceText ?? "") → \($0.to?.sourceText ?? "")" }
            print("  \(change.key.compactMap(\.value.string).joined(separator: "/")): \(fields.joined(separator: ", "))")
        }

        // A proof that the last payment is in the log, which anybody can check. The program then verifies the whole
        // ledger.
        let proof = try await ledger.inclusionProof(of: head, size: head)
        let holds = verifyInclusion(
            leaf: proof.leaf, position: proof.position - 1, size: proof.size, path: proof.path, root: proof.root)
        print("the last payment is in the log: \(holds)")
    }

    static func show(_ title: String, _ rows: [JSONDocument]) {
        print(title)
        for row in rows {
            let root = row.root
            print("  \(root["account"]?.string ?? ""): \(root["balance"]?.string ?? "") \(root["state"]?.string ?? "")")
        }
    }
}
