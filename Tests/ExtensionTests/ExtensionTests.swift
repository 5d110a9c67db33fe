import API
import EventLedger
import Foundation
import Operations
import OptionTrades
import TestSupport
import Testing

/// The seams: an event type, a projection and a source of executions that the product does not know, each in its folder.
@Suite struct ExtensionTests {
    private static let here = projectRoot + "/Tests/ExtensionTests"

    private static let model = LedgerModel(
        names: TradeLedger.names, events: EventRegistry(TradeEvents.definitions + [DeskNoted.definition]),
        projections: TradeLedger.model.projections + [NotedTrades.source], patterns: TradeLedger.model.patterns)

    @Test func `an event type takes two files, a projection six and a source of executions one`() throws {
        func files(_ folder: String) throws -> [String] {
            let names = FileManager.default.enumerator(atPath: "\(Self.here)/\(folder)")?.allObjects as? [String] ?? []
            return names.filter { $0.contains(".") && !$0.hasSuffix("fills.csv") }
        }
        #expect(try files("DeskNotes").count == 2)
        #expect(try files("NotedTrades").count <= 6)
        #expect(try files("CSVFills").count == 1)
    }

    @Test func `rows of another source and events of another type are recorded, projected, proved and refused like the product's own`()
        async throws
    {
        try await withExtendedLedger { ledger in
            let fills = try CSVFills(path: Self.here + "/CSVFills/fills.csv")
            let first = try await SyncOperation(ledger: ledger, source: fills).run(SyncOptions(apply: true, fullScope: true))
            #expect(first.summary.inserted == 2 && first.summary.rejected == 1)
            #expect(first.rows.rejected.first?.reasons == ["invalid:side"])
            let again = try await SyncOperation(ledger: ledger, source: fills).run(SyncOptions(apply: true))
            #expect(again.summary.inserted == 0 && again.summary.unchanged == 2)

            let noted = DeskNoted(source: "desk_fills", sourceTradeID: "F-1", note: "rolled").event(number: 1)
            try await ledger.log.append([noted], runID: ledger.newID())
            let types = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1_000, $0).map(\.type) }
            #expect(
                types.filter { $0 != "ProjectionPromoted" } == [
                    "RowRejected", "ExecutionRecorded", "ExecutionRecorded", "SyncCompleted", "SyncCompleted", "DeskNoted",
                ])

            try await ledger.bringUpToDate(ledger.registry.names)
            #expect(try await rows(ledger, "noted_trades") == ["F-1 3 rolled", "F-2 3 -"])
            #expect(try await rows(ledger, "trades").count == 2)
            let scope = try await rows(ledger, "sync_state", "scope_key", "source_name", "last_error")
            #expect(scope == ["source=desk_fills|portfolio_names=DESK|include_pending=false desk_file "])
            for verification in try await ledger.verifyProjections() {
                #expect(verification.matches, "\(verification.name)")
            }

            await #expect(throws: LedgerError.self) {
                let unchecked = NewEvent(
                    identity: "x", stream: "note-a:b", type: "DeskNoted", payload: Array(#"{"note":"n","source":"a"}"#.utf8))
                try await ledger.log.append([unchecked], runID: ledger.newID())
            }
        }
    }

    @Test func `two sources with the same ids and the same portfolio share no trade, no watermark and nothing that went missing`()
        async throws
    {
        try await withExtendedLedger { ledger in
            let file = FileManager.default.temporaryDirectory.appending(path: "fills-\(UUID()).csv").path
            defer { try? FileManager.default.removeItem(atPath: file) }
            func sync(_ source: String, _ lines: String) async throws -> RunSummary {
                try lines.write(toFile: file, atomically: true, encoding: .utf8)
                return try await SyncOperation(ledger: ledger, source: try CSVFills(path: file, source: source))
                    .run(SyncOptions(apply: true, fullScope: true)).summary
            }
            // Names of one length, so that what follows the name in a stream is found at the same place.
            let two = "F-1,2026-03-02T15:00:00Z,buy,3,1.25\nF-2,2026-03-02T15:01:00Z,sell,3,1.5\n"
            for source in ["desk_fills", "west_fills"] { #expect(try await sync(source, two).inserted == 2) }
            // One trade goes missing at one source; the other source still has it.
            let one = "F-1,2026-03-02T15:00:00Z,buy,3,1.25\n"
            #expect(try await sync("west_fills", one).missing == 1)
            let other = try await sync("desk_fills", two)
            #expect(other.missing == 0 && other.reappeared == 0 && other.unchanged == 2)
            #expect(other.comparison?.localRows == 2)
            #expect(try await sync("west_fills", two).reappeared == 1)
            try await ledger.bringUpToDate(["trades", "sync_state"])
            #expect(try await rows(ledger, "trades").count == 4)
            #expect(try await rows(ledger, "sync_state").count == 2)
        }
    }

    @Test func `a sync asks the source that it names, and the first of the registry without a name`() async throws {
        let sources = ExecutionSources(Ingestion.executions.all + [CSVFills.definition])
        try await withExtendedLedger(sources, ["DESK_FILLS_FILE": Self.here + "/CSVFills/fills.csv"]) { ledger in
            let api = API(ledger)
            func sync(_ body: String) async throws -> (status: Int, answer: JSONValue) {
                let response = await api.respond(
                    to: APIRequest(
                        method: "POST", path: "/api/internal/trades/sync",
                        headers: ["host": ["127.0.0.1"], "authorization": ["Bearer \(Self.adminKey)"]], body: Array(body.utf8),
                        isFromLoopback: true))
                return (response.status, try JSONDocument(parsing: response.body).root)
            }
            let named = try await sync(#"{"source":"desk_fills","dry_run":false,"full_scope":true}"#)
            #expect(named.status == 200)
            #expect(named.answer["inserted"]?.integer == 2)
            #expect(named.answer["scope_key"]?.string == "source=desk_fills|portfolio_names=DESK|include_pending=false")

            let first = try await sync("{}")
            #expect(first.answer["code"]?.string == "feed_not_configured")
            #expect(first.answer["detail"]?.string?.hasPrefix("ALPHA_TRADE_FEED_URL is not set") == true)

            for body in [#"{"source":"desk"}"#, #"{"source":1}"#] {
                let unknown = try await sync(body)
                #expect(unknown.status == 400 && unknown.answer["code"]?.string == "bad_body")
                #expect(unknown.answer["detail"]?.string == "source: expected one of alpha_sync, desk_fills")
            }
        }
    }

    @Test func `a run that the source can't answer says so in an event of its own`() async throws {
        try await withExtendedLedger { ledger in
            let fills = try CSVFills(path: "/nowhere/fills.csv")
            await #expect(throws: SyncError.self) {
                try await SyncOperation(ledger: ledger, source: fills).run(SyncOptions(apply: true))
            }
            let last = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1_000, $0).last }
            #expect(last?.type == "SyncFailed")
        }
    }

    @Test func `the library's verification names the row, or the event of a long log, that somebody altered`() async throws {
        try await withExtendedFiles { root in
            try await withDatabase { uri in
                let ledger = try await EventLedger.Ledger.open(
                    uri, Self.model, LedgerFiles(engine: root + "/schema", domain: root))
                // More than a server sends before it hears that the reader stopped.
                let note = String(repeating: "n", count: 2_000)
                try await ledger.append(
                    (0..<10_000).map { DeskNoted(source: "desk", sourceTradeID: "\($0 % 50)", note: "\(note)\($0)").event(number: $0) })
                try await ledger.catchUp()
                #expect(try await ledger.verify().isEmpty)

                let version = try #require(
                    try await ledger.pool.run { try ProjectionCatalog().served("noted_trades", $0) })
                let owner = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
                try await owner.run {
                    try $0.executeScript(
                        "UPDATE projection.\(version.tableName) SET document = replace(document, 'n9999', 'n0') WHERE era IS NULL")
                }
                let altered = try await ledger.verify()
                #expect(altered.contains { $0.hasPrefix("projection noted_trades") }, "\(altered)")

                try await owner.run {
                    try $0.executeScript(
                        """
                        ALTER TABLE ledger.events DISABLE TRIGGER ALL;
                        UPDATE ledger.events SET payload = replace(payload, 'nnn', 'mmm') WHERE position = 40;
                        ALTER TABLE ledger.events ENABLE TRIGGER ALL
                        """)
                }
                await owner.close()
                let faults = try await ledger.verify()
                #expect(faults.count == 1 && faults.first?.hasPrefix("position 40: ") == true, "\(faults)")
                await ledger.close()
            }
        }
    }

    private static let adminKey = "admin-key-of-tests"

    /// A ledger of the product's files and those of the extensions' folders.
    private func withExtendedLedger(
        _ sources: ExecutionSources = Ingestion.executions, _ values: [String: String] = [:],
        _ body: (Operations.Ledger) async throws -> Void
    ) async throws {
        try await withExtendedFiles { root in
            try await withDatabase { uri in
                var settings = try Settings(environment: ledgerEnvironment(uri, ["ALPHA_LEDGER_ADMIN_KEY": Self.adminKey]))
                for (name, value) in values { settings.values[name] = value }
                let ledger = try await Operations.Ledger.open(
                    settings, Resources(root: root), model: Self.model, sources: sources, migration: .always)
                let result: Result<Void, any Error>
                do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
                await ledger.close()
                try result.get()
            }
        }
    }

    /// The product's files and those of the extensions' folders, in one place.
    private func withExtendedFiles(_ body: (String) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "extended-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for folder in ["schema", "projections", "analyses"] {
            try FileManager.default.copyItem(atPath: "\(projectRoot)/\(folder)", toPath: "\(root)/\(folder)")
        }
        try FileManager.default.copyItem(
            atPath: Self.here + "/DeskNotes/schema/events/DeskNoted.v1.json", toPath: root + "/schema/events/DeskNoted.v1.json")
        try FileManager.default.copyItem(
            atPath: Self.here + "/NotedTrades/projections/noted_trades", toPath: root + "/projections/noted_trades")
        try await body(root)
    }

    /// Some fields of a projection's rows in key order; without names, trade, quantity and note.
    private func rows(_ ledger: Operations.Ledger, _ name: String, _ fields: String...) async throws -> [String] {
        let definition = try #require(ledger.registry.firstDefinition(name))
        return try await ledger.pool.run { session in
            guard let version = try ledger.catalog.served(name, session) else { return [] }
            var rows: [String] = []
            try StoredRows(version, definition.columns).forEach(at: version.position, session) { _, bytes in
                let root = try JSONDocument(parsing: bytes).root
                rows.append(
                    (fields.isEmpty ? ["source_trade_id", "quantity", "note"] : fields).map { root[$0]?.string ?? "" }.joined(
                        separator: " "))
            }
            return rows
        }
    }
}
