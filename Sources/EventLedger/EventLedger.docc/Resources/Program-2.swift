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
            await ledger.close()
        } catch {
            print("error: \(error)")
        }
        await server.stop()
        try FileManager.default.removeItem(atPath: directory)
    }
}
