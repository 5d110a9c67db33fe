import Foundation
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Tapes from Alpaca's data interface on loopback.
@Suite struct TapeCaptureTests {
    private static let symbol = "MSTR260220C00100000"
    private static let path = "stream/2026-01-30/\(symbol)"

    /// The vendor, a folder, and a clock that passes when the capture waits.
    private final class Bench: Sendable {
        let folder: String
        private let server: LoopbackServer
        private let clock: Mutex<Instant>
        private let slept = Mutex<[Double]>([])

        init(at now: String, _ answer: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply) throws {
            folder = try temporaryDirectory()
            server = try LoopbackServer(answer)
            clock = Mutex(try instant(now))
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        var targets: [String] { server.requests.map(\.target) }
        /// The waits before requests that were sent again; those between questions are at most a second.
        var waits: [Double] { slept.withLock { $0 } }

        func set(_ now: String) throws {
            let now = try instant(now)
            clock.withLock { $0 = now }
        }

        func capture() throws -> TapeCapture {
            let values = SettingValues([
                "ALPACA_PAPER_API_KEY_ID": "key-1", "ALPACA_PAPER_SECRET_KEY": "secret-1", "ALPACA_PAPER_URL": server.url,
                "ALPACA_DATA_URL": server.url,
            ])
            return try TapeCapture(
                values, now: { self.clock.withLock { $0 } },
                sleep: { seconds in
                    self.slept.withLock { $0.append(seconds) }
                    self.clock.withLock { $0 = $0.advanced(byMicroseconds: Int64(seconds * 1_000_000)) ?? $0 }
                })
        }

        func live(until end: String) async throws -> [TapeCapture.Outcome] {
            try await capture().live([try symbol(TapeCaptureTests.symbol)], until: try instant(end), into: folder)
        }

        func lines(_ path: String) -> [String] {
            let text = (try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        func summaries() throws -> [FlowSummary] {
            try FlowPartitions(folder, maximumContracts: 50).summaries(try IntradayFlowRules(version: 1, read: projectRuleFile))
        }

        private func symbol(_ text: String) throws -> OptionSymbol { try #require(OptionSymbol(text)) }
    }

    private static func quote(_ time: String, _ bid: String, _ ask: String) -> String {
        #"{"quotes":{"\#(symbol)":{"t":"\#(time)","bp":\#(bid),"ap":\#(ask),"bs":1,"as":2,"bx":"C","ax":"C","c":" "}}}"#
    }

    private static func trades(_ rows: [(time: String, price: String)], of symbols: [String] = [symbol], next: String? = nil) -> String {
        let list = rows.map { #"{"t":"\#($0.time)","p":\#($0.price),"s":1,"x":"C","c":"a"}"# }.joined(separator: ",")
        let all = symbols.map { #""\#($0)":[\#(list)]"# }.joined(separator: ",")
        return #"{"trades":{\#(all)},"next_page_token":\#(next.map { #""\#($0)""# } ?? "null")}"#
    }

    /// A body of which the end is missing.
    private static let truncated = LoopbackServer.Reply.raw(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"trades\":{")

    private static func isQuotes(_ request: LoopbackServer.Request) -> Bool { request.target.contains("/options/quotes/latest?") }

    // MARK: - A past day

    @Test func `a limit, failures and a body that is cut off cost waits and no trade`() async throws {
        let replies = Mutex<[LoopbackServer.Reply]>([
            .status(429, [("Retry-After", "3")]), .status(503), Self.truncated,
            .json(Self.trades([("2026-01-30T14:30:00.1Z", "1")], next: "two")), .status(500),
            .json(Self.trades([("2026-01-30T14:30:00.2Z", "2")])),
        ])
        let bench = try Bench(at: "2026-02-02T12:00:00Z") { _ in replies.withLock { $0.isEmpty ? .status(404) : $0.removeFirst() } }
        let outcomes = try await bench.capture().run(
            [try #require(OptionSymbol(Self.symbol))], on: try #require(CalendarDate("2026-01-30")), into: bench.folder)
        #expect(outcomes.map(\.state) == [.written] && outcomes.map(\.trades) == [2] && outcomes.map(\.source) == [.rest])
        #expect(bench.waits == [3, 2, 4, 1])
        #expect(bench.targets.map { $0.contains("page_token=two") } == [false, false, false, false, true, true])
        #expect(bench.lines("rest/2026-01-30/\(Self.symbol)/trades.ndjson").count == 2)
    }

    @Test func `a run that fails leaves whole contracts, and the next one asks for the others alone`() async throws {
        let names = (0..<12).map { "MSTR260220C00\(100 + $0)000" }
        let isDown = Mutex(true)
        let bench = try Bench(at: "2026-02-02T12:00:00Z") { request in
            if request.target.contains(names[11]), isDown.withLock({ $0 }) { return .status(500) }
            let asked = names.filter { request.target.contains($0) }
            return .json(Self.trades([("2026-01-30T14:30:00Z", "1")], of: asked))
        }
        let symbols = try names.map { try #require(OptionSymbol($0)) }
        let date = try #require(CalendarDate("2026-01-30"))
        let failure = await #expect(throws: BrokerFailure.self) {
            try await bench.capture().run(symbols, on: date, into: bench.folder)
        }
        #expect(failure?.kind == .unreachable && bench.waits == [1, 2, 4, 8])
        #expect(try bench.summaries().map(\.payload.symbol) == Array(names[..<10]))
        isDown.withLock { $0 = false }
        let before = bench.targets.count
        let outcomes = try await bench.capture().run(symbols, on: date, into: bench.folder)
        #expect(outcomes.map(\.state) == Array(repeating: .kept, count: 10) + [.written, .written])
        let asked = bench.targets[before...]
        #expect(asked.count == 1 && asked.allSatisfy { !$0.contains(names[9]) && $0.contains(names[10]) })
        #expect(try bench.summaries().count == 12)
    }

    // MARK: - Today

    @Test func `each print is judged by the quote at or before it, and what comes after the last answer by none`() async throws {
        let polls = Mutex(0)
        let bench = try Bench(at: "2026-01-30T15:00:00Z") { request in
            guard Self.isQuotes(request) else {
                return .json(
                    Self.trades([
                        ("2026-01-30T14:59:59Z", "1"), ("2026-01-30T15:00:01Z", "2"), ("2026-01-30T15:00:01.499999999Z", "2"),
                        ("2026-01-30T15:00:01.5Z", "2"), ("2026-01-30T15:00:02Z", "2.5"), ("2026-01-30T15:00:30Z", "9"),
                    ]))
            }
            let number = polls.withLock { polls in
                polls += 1
                return polls
            }
            return .json(number < 3 ? Self.quote("2026-01-30T14:59:59.5Z", "1", "2") : Self.quote("2026-01-30T15:00:01.5Z", "2", "3"))
        }
        let outcomes = try await bench.live(until: "2026-01-30T15:00:04Z")
        #expect(outcomes.map(\.source) == [.stream] && outcomes.map(\.quotes) == [2])
        #expect(polls.withLock { $0 } == 4 && bench.targets.filter { $0.contains("feed=opra") }.count == 4)
        #expect(
            bench.lines("\(Self.path)/quotes.ndjson") == [
                #"{"timestamp":"2026-01-30T14:59:59.5Z","bid":1,"ask":2,"bid_size":1,"ask_size":2}"#,
                #"{"timestamp":"2026-01-30T15:00:01.5Z","bid":2,"ask":3,"bid_size":1,"ask_size":2}"#,
                #"{"timestamp":"2026-01-30T15:00:03Z","bid":null,"ask":null,"bid_size":null,"ask_size":null,"gap":"stopped"}"#,
            ])
        let payload = try #require(try bench.summaries().first).payload
        // Before the first quote and after the last answer nothing is known; between the prices of a quote no side is.
        #expect(payload.figures.buyVolume == FixedDecimal(2) && payload.figures.sellVolume == FixedDecimal(1))
        #expect(payload.figures.unknownVolume == FixedDecimal(3) && payload.validQuoteCount == 4)
        #expect(payload.warnings.isEmpty)
    }

    @Test func `the vendor's clock says until when quotes are known`() async throws {
        let bench = try Bench(at: "2026-01-30T15:00:00Z") { request in
            guard Self.isQuotes(request) else { return .json(Self.trades([])) }
            let body = Array(Self.quote("2026-01-30T14:59:29Z", "1", "2").utf8)
            return .response(status: 200, headers: [("Date", "Fri, 30 Jan 2026 14:59:30 GMT")], body: body)
        }
        _ = try await bench.live(until: "2026-01-30T15:00:02Z")
        let last = try #require(bench.lines("\(Self.path)/quotes.ndjson").last)
        #expect(last.hasPrefix(#"{"timestamp":"2026-01-30T14:59:30Z","bid":null"#))
    }

    @Test func `a tape goes on where it stopped, and says only gaps in which quotes may have changed`() async throws {
        let latest = Mutex(Self.quote("2026-01-30T15:00:00Z", "1", "2"))
        let bench = try Bench(at: "2026-01-30T15:00:00Z") { request in
            Self.isQuotes(request) ? .json(latest.withLock { $0 }) : .json(Self.trades([("2026-01-30T15:00:00.5Z", "2")]))
        }
        let file = "\(Self.path)/quotes.ndjson"
        func gaps() -> [String] { bench.lines(file).filter { $0.contains("gap") }.map { String($0.prefix(42)) } }
        _ = try await bench.live(until: "2026-01-30T15:00:02Z")
        #expect(gaps() == [#"{"timestamp":"2026-01-30T15:00:01Z","bid":"#])
        // It is the same quote as before: it was in force all along.
        try bench.set("2026-01-30T15:05:00Z")
        let second = try await bench.live(until: "2026-01-30T15:05:02Z")
        #expect(second.map(\.quotes) == [0] && second.map(\.state) == [.kept])
        #expect(bench.lines(file).count == 2 && gaps() == [#"{"timestamp":"2026-01-30T15:05:01Z","bid":"#])
        // Another quote: what was between both is not known.
        latest.withLock { $0 = Self.quote("2026-01-30T15:09:59Z", "2", "3") }
        try bench.set("2026-01-30T15:10:00Z")
        #expect(try await bench.live(until: "2026-01-30T15:10:02Z").map(\.quotes) == [1])
        #expect(bench.lines(file).count == 4 && gaps().count == 2)
        // A program that died in the midst of a line: the time of its last answer is not known.
        let url = URL(filePath: "\(bench.folder)/\(file)")
        let whole = bench.lines(file).prefix(3).joined(separator: "\n") + "\n"
        try Data((whole + #"{"timest"#).utf8).write(to: url)
        latest.withLock { $0 = Self.quote("2026-01-30T15:19:59Z", "3", "4") }
        try bench.set("2026-01-30T15:20:00Z")
        _ = try await bench.live(until: "2026-01-30T15:20:02Z")
        #expect(bench.lines(file).count == 6 && bench.lines(file)[3].contains(#""gap":"died""#))
        #expect(gaps()[1] == #"{"timestamp":"2026-01-30T15:09:59.000001Z""#)
        let coverage = try TapeCoverage.read(bench.folder)
        #expect(coverage.map(\.symbol) == [Self.symbol])
        #expect(
            coverage[0].missing.map { "\($0.from) \($0.to.map { "\($0)" } ?? "-") \($0.reason)" } == [
                "2026-01-30T05:00:00Z 2026-01-30T15:00:00Z not_captured", "2026-01-30T15:05:01Z 2026-01-30T15:09:59Z stopped",
                "2026-01-30T15:09:59.000001Z 2026-01-30T15:19:59Z died", "2026-01-30T15:20:01Z - stopped",
            ])
        #expect(try bench.summaries().first?.payload.warnings.isEmpty == true)
        // The end of the day completes the trades beside the quotes; a past day without quotes would stand before them.
        try bench.set("2026-01-31T12:00:00Z")
        let outcomes = try await bench.capture().run(
            [try #require(OptionSymbol(Self.symbol))], on: try #require(CalendarDate("2026-01-30")), into: bench.folder)
        #expect(outcomes.map(\.source) == [.stream] && outcomes.map(\.state) == [.kept])
        #expect(try bench.summaries().count == 1)
    }

    @Test func `a vendor that fails for a while leaves a gap, and one that fails on ends the capture with an orderly file`() async throws {
        let polls = Mutex(0)
        let bench = try Bench(at: "2026-01-30T15:00:00Z") { request in
            guard Self.isQuotes(request) else { return .json(Self.trades([("2026-01-30T15:00:00.5Z", "2")])) }
            let number = polls.withLock { polls in
                polls += 1
                return polls
            }
            switch number {
            case 1: return .json(Self.quote("2026-01-30T15:00:00Z", "1", "2"))
            // Within the patience of a question: no gap.
            case 2: return .status(429, [("Retry-After", "2")])
            case 3: return Self.truncated
            case 4: return .json(Self.quote("2026-01-30T15:00:01Z", "1", "3"))
            case 5...9: return .status(500)
            case 10: return .json(Self.quote("2026-01-30T15:00:20Z", "1", "4"))
            default: return .status(503)
            }
        }
        let failure = await #expect(throws: BrokerFailure.self) { try await bench.live(until: "2026-01-30T16:00:00Z") }
        #expect(failure?.kind == .unreachable)
        let lines = bench.lines("\(Self.path)/quotes.ndjson")
        #expect(lines.count == 5 && lines[2].contains(#""gap":"failed""#) && lines[4].contains(#""gap":"failed""#))
        #expect(lines.filter { !$0.contains("gap") }.count == 3)
        #expect(bench.lines("\(Self.path)/trades.ndjson").count == 1)
    }

    @Test(arguments: [401, 403]) func `without rights nothing is captured, and the reason is named`(status: Int) async throws {
        let bench = try Bench(at: "2026-01-30T15:00:00Z") { request in
            Self.isQuotes(request) ? .status(status) : .json(Self.trades([]))
        }
        do {
            _ = try await bench.live(until: "2026-01-30T15:01:00Z")
            Issue.record("the capture went on")
        } catch let failure as BrokerFailure {
            #expect(status == 401 && failure.kind == .unauthorized)
        } catch let problem as FlowProblem {
            #expect(status == 403 && problem.description.contains("no right") && !problem.description.contains("secret-1"))
        }
        #expect(bench.waits.isEmpty && (try? bench.summaries().isEmpty) == true)
    }

    @Test func `two captures of one folder do not run at once`() async throws {
        let bench = try Bench(at: "2026-01-30T15:00:00Z") { _ in .json(Self.trades([])) }
        let other = open("\(bench.folder)/.capture.lock", O_RDWR | O_CREAT, 0o600)
        defer { close(other) }
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
        await #expect(throws: FlowProblem("another capture of \(bench.folder) is running")) {
            try await bench.live(until: "2026-01-30T15:00:01Z")
        }
    }
}
