import Console
import Curl
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope

/// Pages of the market and of research and the documents that they are made of, over HTTP on loopback, one request at a time. A cold
/// answer is of a position that nobody asked for; a kept one has been asked for before.
enum PagesBenchmark {
    private static let cold = 50
    private static let kept = 200
    static let underlyings = ["MSTR", "SPY"]
    /// The moment of all reads, after everything that was observed.
    static let moment = "2026-02-05T23:30:00Z"

    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            Bench.text("appending and folding \(bench.events) events and a market …")
            try await fill(ledger, bench.events)
            let head = try await ledger.head().head.position
            try await HTTPBenchmark.withService(ledger) { port in
                let reader = PageReader(port: port, head: head, moment: moment)
                let pages = try await pages(reader)
                guard bench.events > pages.count * (cold + 1) else {
                    throw BenchmarkError("--events: expected more than \(pages.count * (cold + 1)), a position for each cold answer")
                }
                // Positions rise, as they do for readers.
                for (index, page) in pages.enumerated() { try await measure(page, (pages.count - 1 - index) * (cold + 1), reader) }
            }
        }
    }

    /// - Parameter first: how many positions before the head are left to other pages: pages share documents.
    private static func measure(_ page: String, _ first: Int, _ reader: PageReader) async throws {
        var times: [[Double]] = [[], []]
        for reading in 0..<(cold + kept) {
            let isKept = reading >= cold
            let begun = ContinuousClock.now
            let answer = try await reader.get(page, before: first + cold - min(reading, cold))
            let seconds = (ContinuousClock.now - begun) / .seconds(1)
            guard answer.status == 200 else { return Bench.text("\(page): status \(answer.status), not measured") }
            // The first kept one is made, and the first cold one warms the connection.
            if reading != 0, reading != cold { times[isKept ? 1 : 0].append(seconds) }
        }
        Bench.percentiles("\(page) cold (goal < 100 ms)", seconds: times[0])
        Bench.percentiles("\(page) kept (goal < 10 ms)", seconds: times[1])
    }

    private static func pages(_ reader: PageReader) async throws -> [String] {
        var pages = MarketScreen.all.map { "\($0.path)?currency=BTC" } + MarketAnalysis.all.map { "\($0.path)?currency=BTC" }
        for underlying in underlyings {
            pages.append("/research?underlying=\(underlying)")
            pages += ["iv-surface", "exposure", "flow"].map { "/api/research/\($0)?underlying=\(underlying)" }
            pages.append("/api/research/levels?symbol=\(underlying)")
        }
        let positions = try await reader.get("\(View.lifecycles.path)?limit=1&state=open_long", before: 0)
        let rows = try JSONDocument(parsing: positions.body).root["rows"]?.elements.map { $0 } ?? []
        if let id = rows.first?["position_id"]?.string {
            pages.append("/api/research/scenarios?position_id=\(id)")
        } else {
            Bench.text("no position is open: scenarios are not measured")
        }
        return pages
    }

    // MARK: - The ledger

    /// Observations first, so that they are known at each of the last positions.
    static func fill(_ ledger: Ledger, _ events: Int) async throws {
        for lines in [SampleMarketData.lines(), SampleMarketSeries.lines()] { try await importLines(lines, ledger) }
        guard let last = Instant(moment)?.date else { throw BenchmarkError("\(moment) is no instant") }
        let run = ledger.newID()
        for underlying in underlyings + ["BTC"] {
            for day in 0..<60 {
                let date = last.advanced(byDays: day - 59) ?? last
                guard let time = Instant(startOf: date)?.advanced(byMicroseconds: 20 * GeneratedChains.hour) else { continue }
                let chains = try [7, 14, 30, 60, 90, 180].flatMap {
                    try GeneratedChains.events(underlying, at: time, date.advanced(byDays: $0) ?? date, rows: 100)
                }
                try await ledger.log.append(chains, runID: run)
            }
            try await ledger.log.append(try GeneratedChains.bars(underlying, through: last, days: 150), runID: run)
        }
        try await GeneratedLog.append(0..<events, to: ledger)
        try await ledger.bringUpToDate(ledger.registry.names)
        try await Bench.vacuum(ledger)
    }

    private static func importLines(_ lines: [UInt8], _ ledger: Ledger) async throws {
        let path = NSTemporaryDirectory() + "alpha-ledger-pages-\(UUID().uuidString.prefix(8)).ndjson"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(lines).write(to: URL(filePath: path))
        let operation = ObservationImport(pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration)
        let summary = try await operation.run([path], ObservationImportOptions(apply: true))
        guard summary.total.inserted > 0 else { throw BenchmarkError("no observation was imported") }
    }
}

/// Asks a service on loopback over a connection that stays open.
private struct PageReader {
    let port: Int
    let head: Int64
    let moment: String
    private let transport = CurlTransport()

    init(port: Int, head: Int64, moment: String) { (self.port, self.head, self.moment) = (port, head, moment) }

    /// The answer as of so many events before the head.
    func get(_ page: String, before: Int) async throws -> HTTPResponse {
        let url = "http://127.0.0.1:\(port)\(page)&as_of_position=\(head - Int64(before))&as_of=\(moment)"
        return try await transport.send(HTTPRequestSpec(url: url, timeoutSeconds: 60))
    }
}
