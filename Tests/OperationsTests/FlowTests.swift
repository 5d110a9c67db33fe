import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

@testable import Amberdata

/// The recorded prints of MSTR options, where they are at hand.
private let recordedPrints: [UInt8]? = {
    let named = ProcessInfo.processInfo.environment["ALPHA_LEDGER_AMBERDATA_BODIES"]
    let folder =
        named.map { URL(filePath: $0) } ?? URL(filePath: projectRoot).deletingLastPathComponent().appending(path: "shared/data/amberdata")
    return try? [UInt8](Data(contentsOf: folder.appending(path: "decorated-trades-tradfi.mstr.json")))
}()

/// Tapes and prints through to the log and back.
@Suite struct FlowTests {
    private static let symbol = "MSTR260220C00100000"

    private struct Bench {
        let ledger: Ledger
        let folder: String

        func write(_ path: String, _ lines: [String]) throws {
            let url = URL(filePath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
        }

        func tape(_ limit: Int = 50) async throws -> [FlowSummary] {
            try FlowPartitions(folder, maximumContracts: limit).summaries(try await ledger.flowRules())
        }

        func states(apply: Bool) async throws -> [String] {
            try await FlowRecorder(ledger).record(try await tape(), apply: apply).rows.map(\.state.rawValue)
        }

        func verify() async throws -> [String] {
            try await FlowRecorder(ledger).verify(try await tape(), isWhole: true).map { "\($0)" }
        }

        func head() async throws -> Int64 { try await ledger.pool.run { session in try LogReader().head(session).position } }
    }

    private func withFlow(_ body: (Bench) async throws -> Void) async throws {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withQuotes { (bench: QuotesBench) async throws -> Void in try await body(Bench(ledger: bench.ledger, folder: folder)) }
    }

    private static let quotes = [#"{"timestamp":"2026-01-30T14:30:00Z","bid":1,"ask":2,"bid_size":1,"ask_size":1}"#]
    private static let trades = [
        #"{"timestamp":"2026-01-30T14:30:01Z","price":2,"size":3,"exchange":"C","conditions":"a","sequence":1}"#,
        #"{"timestamp":"2026-01-30T14:30:02Z","price":1,"size":1,"exchange":"C","conditions":"a","sequence":2}"#,
    ]

    @Test func `a tape is recorded once, and again only where it says something else`() async throws {
        try await withFlow { bench in
            let path = "stream/2026-01-30/\(Self.symbol)"
            try bench.write("\(path)/quotes.ndjson", Self.quotes)
            try bench.write("\(path)/trades.ndjson", Self.trades)
            let before = try await bench.head()
            #expect(try await bench.states(apply: false) == ["new"])
            #expect(try await bench.head() == before)
            #expect(try await bench.verify() == ["stream \(Self.symbol) 2026-01-30: is not in the log"])
            #expect(try await bench.states(apply: true) == ["new"])
            #expect(try await bench.states(apply: true) == ["unchanged"])
            #expect(try await bench.head() == before + 1)
            #expect(try await bench.verify().isEmpty)
            // A file of the same figures is still another file.
            try bench.write("\(path)/trades.ndjson", Self.trades + [""])
            #expect(
                try await bench.verify() == ["stream \(Self.symbol) 2026-01-30: \(path)/trades.ndjson differs from what was summarized"])
            #expect(try await bench.states(apply: true) == ["superseding"])
            #expect(try await bench.verify().isEmpty)
            // Files that are gone are missed as long as their date is there.
            try bench.write("stream/2026-01-30/MSTR260220P00100000/trades.ndjson", Self.trades)
            #expect(try await bench.states(apply: true) == ["unchanged", "new"])
            try FileManager.default.removeItem(atPath: "\(bench.folder)/\(path)")
            #expect(try await bench.verify() == ["stream \(Self.symbol) 2026-01-30: is in the log and has no files"])
            try await bench.ledger.bringUpToDate(bench.ledger.registry.names)
            for verification in try await bench.ledger.verifyProjections() { #expect(verification.matches) }
        }
    }

    @Test func `a compressed file has the digest of its plain bytes`() async throws {
        try await withFlow { bench in
            let path = "rest/2026-01-30/\(Self.symbol)"
            try bench.write("\(path)/trades.ndjson", Self.trades)
            let plain = try #require(try await bench.tape().first).payload
            let gzip = Process()
            gzip.executableURL = URL(filePath: "/usr/bin/env")
            gzip.arguments = ["gzip", "\(bench.folder)/\(path)/trades.ndjson"]
            try gzip.run()
            gzip.waitUntilExit()
            let packed = try #require(try await bench.tape().first).payload
            guard case .files(let before) = plain.inputs, case .files(let after) = packed.inputs else {
                Issue.record("a tape has files")
                return
            }
            #expect(before.map(\.sha256) == after.map(\.sha256) && before.map(\.lines) == [2] && after.map(\.lines) == [2])
            #expect(before.map(\.path) == ["\(path)/trades.ndjson"] && after.map(\.path) == ["\(path)/trades.ndjson.gz"])
            #expect(plain.figures == packed.figures && packed.quoteCoverage == .zero && packed.figures.unknownTradeShare == FixedDecimal(1))
            // A gzip that is cut short is no tape.
            let name = "\(bench.folder)/\(path)/trades.ndjson.gz"
            let bytes = try Data(contentsOf: URL(filePath: name))
            try bytes.dropLast(5).write(to: URL(filePath: name))
            await #expect(throws: FlowProblem.self) { try await bench.tape() }
        }
    }

    @Test(arguments: [
        ("tape/2026-01-30/MSTR260220C00100000/trades.ndjson", "tape: expected stream or rest"),
        ("rest/20260130/MSTR260220C00100000/trades.ndjson", "rest/20260130: expected a date such as 2026-01-30"),
        ("rest/2026-01-30/MSTR/trades.ndjson", "rest/2026-01-30/MSTR: expected an OCC symbol such as MSTR260220C00100000"),
        (
            "rest/2026-01-30/MSTR260220C00100000/bars.ndjson",
            "rest/2026-01-30/MSTR260220C00100000/bars.ndjson: expected quotes.ndjson or trades.ndjson, or either with .gz"
        ),
    ])
    func `what is no part of a tape is refused by name`(path: String, problem: String) throws {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = URL(filePath: "\(folder)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: url)
        #expect(throws: FlowProblem(problem)) { try FlowPartitions(folder, maximumContracts: 50) }
    }

    @Test func `both forms of a file and too many contracts are refused`() throws {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for symbol in ["MSTR260220C00100000", "MSTR260220C00101000"] {
            let path = "\(folder)/rest/2026-01-30/\(symbol)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: "\(path)/trades.ndjson"))
        }
        #expect(try FlowPartitions(folder, maximumContracts: 2).partitions.count == 2)
        #expect(throws: FlowProblem("\(folder) holds 2 contracts, more than --max-contracts 1")) {
            try FlowPartitions(folder, maximumContracts: 1)
        }
        try Data().write(to: URL(filePath: "\(folder)/rest/2026-01-30/MSTR260220C00100000/trades.ndjson.gz"))
        #expect(
            throws: FlowProblem(
                "rest/2026-01-30/MSTR260220C00100000: holds trades.ndjson and trades.ndjson.gz; expected one of both")
        ) { try FlowPartitions(folder, maximumContracts: 2) }
    }

    // MARK: - Prints

    private func print(_ id: String, price: String, usd: String? = nil, strike: Int = 100, version: Int64 = 0) throws -> NewEvent {
        var fields: [(name: String, value: MarketValue)] = [
            ("underlying", .text("MSTR")), ("source", .text("test")), ("print_id", .text(id)),
            ("timestamp", .instant(try instant("2026-01-30T15:00:00Z"))), ("expiry", .date(try #require(CalendarDate("2026-02-20")))),
            ("strike", .decimal(FixedDecimal(strike))), ("option_type", .optionType(.call)), ("price", .decimal(try FixedDecimal(price))),
            ("size", .decimal(FixedDecimal(2))), ("pre_bid", .decimal(FixedDecimal(1))), ("pre_ask", .decimal(FixedDecimal(2))),
        ]
        if let usd { fields.append(("price_usd", .decimal(try FixedDecimal(usd)))) }
        return try #require(MarketObservedPayload(kind: .optionPrint, fields: fields)).event(previousVersion: version)
    }

    private func prints(_ ledger: Ledger, of underlying: String = "MSTR", on date: String = "2026-01-30") async throws -> FlowOfPrints {
        let question = FlowPrints(
            underlying: underlying, marketDate: try #require(CalendarDate(date)), maximumContracts: 1_000)
        try await ledger.bringUpToDate(question.views.map(\.projection))
        return try await ResearchReader(ledger, isBounded: false).flow(ofPrints: question)
    }

    @Test func `a print is judged by the quote before it, and a contract that lost all of them says so`() async throws {
        try await withFlow { bench in
            let run = bench.ledger.newID()
            try await bench.ledger.log.append(
                [try print("1", price: "2", usd: "3"), try print("2", price: "1"), try print("3", price: "1.5", strike: 110)], runID: run)
            let recorder = FlowRecorder(bench.ledger)
            let first = try await prints(bench.ledger).summaries
            let payload = try #require(first.first).payload
            #expect(first.map(\.payload.symbol) == [Self.symbol, "MSTR260220C00110000"])
            // Bought at 3 dollars, sold at 1: each twice a hundred.
            #expect(payload.figures.buyNotional == FixedDecimal(600) && payload.figures.sellNotional == FixedDecimal(200))
            #expect(first[1].payload.figures.unknownVolume == FixedDecimal(2) && first[1].payload.quoteCoverage == FixedDecimal(1))
            #expect(try await recorder.record(first, apply: true).rows.map(\.state) == [.new, .new])
            let again = try await recorder.record(try await prints(bench.ledger).summaries, apply: true)
            #expect(again.rows.map(\.state) == [.unchanged, .unchanged])
            // The only print of the second contract was of the first.
            try await bench.ledger.log.append([try print("3", price: "1.5", strike: 100, version: 1)], runID: run)
            let second = try await prints(bench.ledger).summaries
            #expect(try await recorder.verify(second, isWhole: false).count == 2)
            #expect(second.map(\.payload.figures.tradeCount) == [3, 0])
            #expect(second[1].effectiveAt == Instant("2026-01-31T05:00:00Z") && second[1].payload.inputs == .prints([]))
            #expect(try await recorder.record(second, apply: true).rows.map(\.state) == [.superseding, .superseding])
            #expect(try await recorder.verify(try await prints(bench.ledger).summaries, isWhole: false).isEmpty)
        }
    }

    @Test(.enabled(if: recordedPrints != nil)) func `of 445 recorded prints none is lost, and volumes are those of the file`() async throws
    {
        try await withFlow { bench in
            let body = try #require(recordedPrints)
            let rows = try #require(try JSONDocument(parsing: body).root["payload"]?["data"]).elements.map { $0 }
            #expect(rows.count == 445)
            // An account of its own: price against the quote before, by doubles.
            var expected = (bought: 0.0, sold: 0.0, unknown: 0.0)
            var events: [NewEvent] = []
            for (number, row) in rows.enumerated() {
                func decimal(_ name: String) -> FixedDecimal? { WireValue.decimal(row[name])?.value }
                var fields: [(name: String, value: MarketValue)] = [
                    ("underlying", .text("MSTR")), ("source", .text("test")), ("print_id", .text("\(number)")),
                    ("timestamp", .instant(try #require(WireValue.instant(row["exchangeTimestamp"])))),
                    ("expiry", .date(try #require(WireValue.instant(row["expirationTimestamp"])).date)),
                    ("strike", .decimal(try #require(decimal("strike")))),
                    ("option_type", .optionType(row["putCall"]?.string == "C" ? .call : .put)),
                ]
                for (name, key) in [
                    ("price", "priceUsd"), ("price_usd", "priceUsd"), ("size", "tradeAmount"), ("pre_bid", "preTradeBidPrice"),
                    ("pre_ask", "preTradeAskPrice"),
                ] {
                    if let value = decimal(key) { fields.append((name, .decimal(value))) }
                }
                events.append(try #require(MarketObservedPayload(kind: .optionPrint, fields: fields)).event(previousVersion: 0))
                func double(_ name: String) -> Double { Double(row[name]?.sourceText ?? "") ?? 0 }
                let (price, size) = (double("priceUsd"), double("tradeAmount"))
                let (bid, ask) = (double("preTradeBidPrice"), double("preTradeAskPrice"))
                if bid > 0, ask > bid, price >= ask {
                    expected.bought += size
                } else if bid > 0, ask > bid, price <= bid {
                    expected.sold += size
                } else {
                    expected.unknown += size
                }
            }
            try await bench.ledger.log.append(events, runID: bench.ledger.newID())
            let first = try #require(WireValue.instant(rows[0]["exchangeTimestamp"]))
            let date = try #require(try bench.ledger.newYork().date(at: first)).description
            let found = try await prints(bench.ledger, on: date)
            let figures = found.summaries.map(\.payload.figures)
            #expect(found.leftOut == 0 && figures.reduce(0) { $0 + $1.tradeCount } == 445)
            #expect(found.summaries.allSatisfy { $0.payload.warnings.isEmpty })
            func sum(_ volume: (FlowFigures) -> FixedDecimal) -> Double? { Double(figures.reduce(.zero) { $0 + volume($1) }.description) }
            #expect(sum(\.buyVolume) == expected.bought && sum(\.sellVolume) == expected.sold && sum(\.unknownVolume) == expected.unknown)
            #expect(expected.bought > 0 && expected.sold > 0)
        }
    }
}
