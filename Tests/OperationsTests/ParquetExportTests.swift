import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Exports of a real ledger: sixty trades of three underlyings in three months, some corrected, and observations of every kind.
@Suite(.serialized) struct ParquetExportTests {
    private static func withExports(_ body: (_ ledger: Ledger, _ uri: String, _ directory: String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withDatabase { uri in
            let ledger = try await openLedger(uri)
            let result: Result<Void, any Error>
            do {
                try await fill(ledger)
                result = .success(try await body(ledger, uri, directory))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    private static func fill(_ ledger: Ledger) async throws {
        let rows = try (0..<60).map { number in
            var row = try sampleRow(
                "t\(number)", quantity: 1 + number, price: "\(number % 7).\(number)", notes: number % 3 == 0 ? "é \"q\"\n" : nil)
            row.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: number % 3 * 31 * 86_400)
            row.underlyingSymbol = ["MSTR", "CO/IN", "BTC"][number % 3]
            if number % 11 == 0 { row.underlyingSymbol = nil }
            return row
        }
        try await ledger.log.append(rows.map(recorded), runID: UniqueID(high: 9, low: 9))
        for row in rows.prefix(5) {
            var changed = row
            changed.price = try FixedDecimal("13.25")
            changed.sourceUpdatedAt = try instant("2026-01-10T15:00:00Z", plusSeconds: 60)
            try await ledger.log.append([updated(changed, from: row, previous: 1)], runID: UniqueID(high: 9, low: 8))
        }
        try await ledger.log.append(try sampleObservations(), runID: UniqueID(high: 9, low: 7))
    }

    private static func export(
        _ ledger: Ledger, _ table: ExportTable, at position: Int64? = nil, to directory: String, by partition: String? = nil,
        filters: [(name: String, value: String)] = [], rowGroup: Int = 16
    ) async throws -> ExportManifest {
        let head = try await ledger.pool.run { session in try LogReader().head(session).position }
        var request = ParquetExport(table: table, asOfPosition: position ?? head, directory: directory, program: "tests version 1")
        request.partitionBy = partition
        request.filters = filters
        request.rowGroup = rowGroup
        return try await ledger.exportParquet(request)
    }

    /// All files below a directory, with their bytes.
    private static func files(_ directory: String) throws -> [String: Data] {
        let paths = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        var found: [String: Data] = [:]
        for path in paths {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(directory)/\(path)", isDirectory: &isDirectory)
            if !isDirectory.boolValue { found[path] = try Data(contentsOf: URL(filePath: "\(directory)/\(path)")) }
        }
        return found
    }

    @Test func `every table is exported and verified at every kind of position, and has the digest of its receipt`() async throws {
        try await Self.withExports { ledger, _, directory in
            let tables = View.all.map(ExportTable.view) + [.events, .observations]
            for (number, table) in tables.enumerated() {
                let out = "\(directory)/\(number)"
                let manifest = try await Self.export(ledger, table, to: out)
                let report = try ExportVerifier.verify([out])
                #expect(report.isVerified && report.hasManifest, "\(table.name): \(report.faults)")
                #expect(report.rows == manifest.rows && report.digest == manifest.digest, "\(table.name)")
                #expect(report.basis?.isComplete == true)
                if case .events = table { #expect(report.root == manifest.basis.root && report.rows == manifest.basis.position) }
                guard case .view(let view) = table else { continue }
                var request = ViewRequest()
                request.asOfPosition = manifest.basis.position
                request.limit = 1000
                request.hasReceipt = true
                let page = try await ViewReader(ledger, isBounded: false).page(view, request)
                #expect(Int64(page.rows.count) == manifest.rows, "\(view.name)")
                // The other views' rows depend on the reader's now, and the receipt is of what is stored.
                if view.isOfTrades && view.name != "trades" { continue }
                #expect(page.receipt?.digest == manifest.digest && page.receipt?.rootHash == manifest.basis.root, "\(view.name)")
            }
            for position in [0, 1, activations, activations + 30] {
                for table in [ExportTable.view(.trades), .view(.outcomes), .events] {
                    let out = "\(directory)/\(table.name)-\(position)"
                    let manifest = try await Self.export(ledger, table, at: position, to: out)
                    let report = try ExportVerifier.verify([out])
                    #expect(report.isVerified && manifest.basis.position == position, "\(table.name) at \(position): \(report.faults)")
                }
            }
        }
    }

    @Test func `the same position and options give the same bytes, before and after later events, divided or not`() async throws {
        try await Self.withExports { ledger, _, directory in
            let head = try await ledger.pool.run { session in try LogReader().head(session).position }
            var first: [String: [String: Data]] = [:]
            let cases: [(ExportTable, String?)] = [
                (.view(.trades), nil), (.view(.trades), "trade_month"), (.view(.trades), "underlying"), (.view(.outcomes), "trade_month"),
                (.view(.lifecycles), "state"), (.events, "type"), (.observations, "kind"),
            ]
            for round in 0..<2 {
                for (table, partition) in cases {
                    let name = "\(table.name)-\(partition ?? "whole")"
                    let out = "\(directory)/\(name)-\(round)"
                    let manifest = try await Self.export(ledger, table, at: head, to: out, by: partition, rowGroup: 4)
                    let report = try ExportVerifier.verify([out])
                    #expect(report.isVerified, "\(name): \(report.faults)")
                    let files = try Self.files(out)
                    #expect(files.count == manifest.files.count + 1)
                    // What is divided has the same rows and digest as what is not.
                    if partition != nil {
                        let whole = try await Self.export(ledger, table, at: head, to: out + "-undivided")
                        #expect(whole.rows == manifest.rows && whole.digest == manifest.digest, "\(name)")
                        #expect(manifest.files.allSatisfy { $0.path.hasPrefix("by_\(partition ?? "")=") })
                    }
                    if round == 0 { first[name] = files } else { #expect(first[name] == files, "\(name)") }
                }
                try await ledger.log.append([recorded(try sampleRow("later\(round)"))], runID: ledger.newID())
            }
            let underlyings = Set((first["trades-underlying"] ?? [:]).keys.compactMap { $0.split(separator: "/").first })
            #expect(
                underlyings.isSuperset(of: [
                    "by_underlying=MSTR", "by_underlying=CO%2FIN", "by_underlying=BTC", "by_underlying=__HIVE_DEFAULT_PARTITION__",
                ]))
        }
    }

    @Test func `a flipped byte anywhere, a missing file and a file twice are found`() async throws {
        try await Self.withExports { ledger, _, directory in
            let out = directory + "/trades"
            _ = try await Self.export(ledger, .view(.trades), to: out, by: "trade_month", rowGroup: 7)
            let files = try Self.files(out)
            #expect(files.count == 4)
            var random = SeededGenerator(seed: 7)
            for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
                let places = (0..<40).map { _ in Int.random(in: bytes.indices, using: &random) }
                for place in places {
                    var altered = bytes
                    altered[place] ^= 1 << UInt8(place % 8)
                    try altered.write(to: URL(filePath: "\(out)/\(path)"))
                    #expect(try !ExportVerifier.verify([out]).isVerified, "\(path), byte \(place)")
                }
                try bytes.write(to: URL(filePath: "\(out)/\(path)"))
            }
            #expect(try ExportVerifier.verify([out]).isVerified)
            // Without the manifest the files alone say what is missing.
            let paths = files.keys.filter { $0.hasSuffix(".parquet") }.sorted().map { "\(out)/\($0)" }
            let all = try ExportVerifier.verify(paths.reversed())
            #expect(all.isVerified && !all.hasManifest && all.rows == 60)
            for missing in paths.indices {
                var rest = paths
                rest.remove(at: missing)
                let report = try ExportVerifier.verify(rest)
                #expect(report.faults.count == 1, "\(missing): \(report.faults)")
            }
            #expect(try ExportVerifier.verify(paths + [paths[1]]).faults.first?.problem.contains("which another file has") == true)
            // A file of another partition, position or table does not belong to them.
            try FileManager.default.moveItem(atPath: paths[0], toPath: paths[0] + ".away")
            try FileManager.default.moveItem(atPath: paths[1], toPath: paths[0])
            #expect(try !ExportVerifier.verify([paths[0]] + [paths[2], paths[0] + ".away"]).isVerified)
            #expect(throws: ExportPathError.noFiles(path: directory + "/none")) { try ExportVerifier.verify([directory + "/none"]) }
        }
    }

    @Test func `filters select, are named in the files, and what a table does not have is refused`() async throws {
        try await Self.withExports { ledger, uri, directory in
            let some = try await Self.export(
                ledger, .view(.trades), to: directory + "/mstr", filters: [("underlying", "mstr"), ("from", "2026-01-01")])
            #expect(some.rows > 0 && some.rows < 60 && !some.basis.isComplete)
            #expect(some.basis.filters == #"{"from":"2026-01-01","underlying":"mstr"}"#)
            let spots = try await Self.export(
                ledger, .observations, to: directory + "/spots", filters: [("kind", "spot"), ("currency", "btc")])
            #expect(spots.rows == 3)
            let promotions = try await Self.export(ledger, .events, to: directory + "/promoted", filters: [("type", "ProjectionPromoted")])
            #expect(promotions.rows == activations)
            for name in ["mstr", "spots", "promoted"] {
                let report = try ExportVerifier.verify(["\(directory)/\(name)"])
                #expect(report.isVerified && report.root == nil, "\(report.faults)")
            }
            for (table, filters, partition, part) in [
                (ExportTable.view(.trades), [("label", "x")], nil, "one of the view's filters"),
                (.events, [("kind", "spot")], nil, "type, stream, from, to"),
                (.events, [("type", "MarketObservd")], nil, "did you mean `MarketObserved`?"),
                (.view(.trades), [], "price", "one of source, "),
                (.view(.trades), [], "trade_moth", "did you mean `trade_month`?"),
            ] as [(ExportTable, [(String, String)], String?, String)] {
                let error = await #expect(throws: ViewError.self) {
                    try await Self.export(ledger, table, to: directory + "/none", by: partition, filters: filters.map { ($0.0, $0.1) })
                }
                #expect(error.map { "\($0)".contains(part) } == true, "\(String(describing: error))")
            }
            // A figure that fits no column ends the export, and nothing is left.
            let database = try LedgerDatabase(uri: uri)
            try await database.asSuperuser { session in
                try session.executeScript(
                    "UPDATE projection.trades_v1_c1 SET document = regexp_replace(document, '\"strike\":\"350\"', '\"strike\":\"1000000000000000000\"') WHERE source_trade_id = 't7'"
                )
            }
            await database.close()
            let error = await #expect(throws: ExportError.self) { try await Self.export(ledger, .view(.trades), to: directory + "/none") }
            #expect(
                error == .doesNotFit(row: "alpha_sync|t7", column: "strike", value: "\"1000000000000000000\"", type: "DECIMAL(28,10)"))
            let target = await #expect(throws: BundleError.self) { try await Self.export(ledger, .events, to: directory + "/mstr") }
            #expect(target?.exitCode == 2)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["mstr", "promoted", "spots"])
        }
    }

    @Test(.enabled(if: parquetPython != nil, "no Python with pyarrow and duckdb: run scripts/python-tools"))
    func `pyarrow and DuckDB read the exports, and work out sums, counts, the digest of a view and the root of the log`() async throws {
        try await Self.expectEqual(engine: "arrow", parquetPython)
    }

    @Test(.enabled(if: sparkPython != nil, "no Python with pyspark, or no Java"))
    func `Spark reads the exports, and works out the same`() async throws { try await Self.expectEqual(engine: "spark", sparkPython) }

    private static func expectEqual(engine: String, _ python: String?) async throws {
        try await withExports { ledger, _, directory in
            let events = try await export(ledger, .events, to: directory + "/events")
            let trades = try await export(ledger, .view(.trades), to: directory + "/trades", by: "underlying", rowGroup: 4)
            var all = ViewRequest()
            all.asOfPosition = trades.basis.position
            let prices = try await ViewReader(ledger, isBounded: false).totals(.trades, all, by: [])
            let sums = try JSONDocument(parsing: prices.json()).root["total"]?["sums"]?["entry_premium_usd"]
            let given = JSONNode.object([
                ("engine", .string(engine)), ("columns", .string(trades.basis.columns)),
                ("events", .string(directory + "/events")), ("root", .string(events.basis.root)), ("positions", .integer(events.rows)),
                ("trades", .string(directory + "/trades")), ("rows", .integer(trades.rows)), ("digest", .string(trades.digest)),
                ("sum", .string(try #require(sums?["sum"]?.sourceText))), ("count", .integer(try #require(sums?["count"]?.integer))),
            ]).httpBytes()
            #expect(try runPython("OperationsTests/read_exports.py", given, with: python) == 0)
        }
    }

    @Test(.enabled(if: motoPython != nil, "no Python with moto: run scripts/python-tools"))
    func `An export goes to an object store and comes back whole, and nothing there is replaced`() async throws {
        let server = try ObjectServer()
        try await Self.withExports { ledger, _, directory in
            let settings = try Settings(environment: server.environment)
            let place = try #require(try ExportedObjects("s3://\(ObjectServer.bucket)/daily/trades", settings))
            let trades = try await Self.export(ledger, .view(.trades), to: directory + "/trades", by: "underlying", rowGroup: 4)
            try await place.send(trades, in: directory + "/trades")
            try await place.send(trades, in: directory + "/trades")
            try await place.fetch(into: directory + "/copy")
            let report = try ExportVerifier.verify([directory + "/copy"])
            #expect(report.isVerified)
            #expect(report.digest == trades.digest)
            #expect(report.files == trades.files.count)

            let fewer = try await Self.export(ledger, .view(.trades), to: directory + "/fewer", rowGroup: 4)
            let error = await #expect(throws: ExportError.self) {
                try await place.send(fewer, in: directory + "/fewer")
            }
            #expect(error?.description.contains("is there already with other bytes") == true)
            let empty = try #require(try ExportedObjects("s3://\(ObjectServer.bucket)/none", settings))
            await #expect(throws: ExportError.objects(problem: "object store: s3://exports/none has no files")) {
                try await empty.fetch(into: directory + "/none")
            }
            #expect(!FileManager.default.fileExists(atPath: directory + "/none"))
        }
        #expect(
            throws: SettingProblem("s3://b/a: expected s3://bucket/prefix, with letters, digits and -_.!*'()= in the parts of the prefix")
        ) {
            try ExportedObjects("s3://b/a", try Settings(environment: server.environment))
        }
    }
}
