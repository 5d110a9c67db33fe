import Crypto
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import LoopbackServer
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Messages about alerts, from a real log to a real receiver.
@Suite struct AlertDeliveryTests {
    private static let secret = "a secret of the receiver"
    private static let path = "/services/T0/a-part-of-the-address-that-is-a-key"

    private final class LineRecorder: Sendable {
        let lines = Mutex<[String]>([])

        var logger: Logger {
            Logger(label: "test") { _ in Handler(recorder: self) }
        }

        struct Handler: LogHandler {
            let recorder: LineRecorder
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.debug

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                recorder.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
            }
        }
    }

    private final class Clock: Sendable {
        private let microseconds = Mutex<Int64>(1_775_001_600_000_000)

        var now: Instant { Instant(microseconds: microseconds.withLock { $0 }) ?? .minimum }

        func advance(seconds: Int64) { microseconds.withLock { $0 += seconds * 1_000_000 } }
    }

    private func withLedger(_ server: LoopbackServer, _ body: (Ledger, LineRecorder) async throws -> Void) async throws {
        let recorder = LineRecorder()
        try await withDatabase { uri in
            let ledger = try await Ledger.open(
                try Settings(
                    environment: ledgerEnvironment(
                        uri,
                        [
                            "SLACK_WEBHOOK_URL": server.url + Self.path, "ALPHA_LEDGER_WEBHOOK_URL": server.url + "/hook",
                            "ALPHA_LEDGER_WEBHOOK_SECRET": Self.secret, "ALPHA_LEDGER_ALERTS": "BTC,ETH",
                        ])), Resources(root: projectRoot), migration: .always, logger: recorder.logger)
            let result: Result<Void, any Error>
            do { result = .success(try await body(ledger, recorder)) } catch { result = .failure(error) }
            await ledger.close()
            try result.get()
        }
    }

    private func raise(_ ledger: Ledger, _ id: String, minute: Int) async throws {
        let payload = sampleRaise(id, "BTC", minute: minute)
        let event: @Sendable (Int64) -> NewEvent = { AlertChange.raised(payload).event(previousVersion: $0) }
        try await ledger.appendOfAlerts([(Streams.alert(id: id, currency: "BTC"), event)])
    }

    /// The ids of the events that a receiver was told of, in the order of arrival.
    private func ids(_ requests: [LoopbackServer.Request]) throws -> [String] {
        try requests.filter { $0.target == "/hook" }.flatMap { request in
            try JSONDocument(parsing: request.body).root["event_ids"]?.elements.compactMap(\.string) ?? []
        }
    }

    private func events(_ ledger: Ledger, _ types: [EventType]) async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in
            try LogReader().events(after: 0, types: types.map(\.rawValue), limit: 100_000, session)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a receiver that fails, breaks off and asks to wait loses no alert, and knows a repeated one by its id`() async throws {
        let server = try LoopbackServer { request in
            guard request.target == "/hook" else { return .status(200) }
            switch request.number {
            case ...2: return .status(503)
            case ...4: return .steps([.close])
            case ...6: return .status(429, [("Retry-After", "120")])
            // It took the message, and the answer is lost.
            case ...8: return .steps([.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".utf8)), .close])
            default: return .status(204)
            }
        }
        try await withLedger(server) { ledger, recorder in
            try await raise(ledger, "dvol_high", minute: 0)
            try await raise(ledger, "vrp_negative", minute: 1)
            let wanted = try await events(ledger, [.alertRaised]).map { "\($0.eventID)" }
            let clock = Clock()
            var waits: Set<Int64> = []
            for _ in 0..<40 {
                // Each round is that of a service that has just been started: the log alone says what is left.
                var delivery = AlertDelivery(ledger, channels: ledger.alertChannels) { clock.now }
                _ = try await delivery.round()
                if let retry = try await events(ledger, [.alertDeliveryFailed]).last.flatMap({
                    try AlertDeliveryPayload(decoding: $0.payload, isFailure: true).retryAt
                }) {
                    waits.insert(retry.microseconds - clock.now.microseconds)
                }
                clock.advance(seconds: 30)
            }
            let told = try ids(server.requests)
            #expect(Set(told) == Set(wanted))
            #expect(told.count > wanted.count, "some came twice, with the same id")
            #expect(waits.contains(120_000_000), "\(waits)")
            let delivered = try await events(ledger, [.alertDelivered]).map {
                try AlertDeliveryPayload(decoding: $0.payload, isFailure: false)
            }
            #expect(delivered.count { $0.channel == "slack" } == 2 && delivered.count { $0.channel == "webhook" } == 2)
            // What a service of today would still tell is nothing.
            let count = server.requests.count
            var again = AlertDelivery(ledger, channels: ledger.alertChannels) { clock.now }
            #expect(try await again.round() == 0)
            #expect(server.requests.count == count)
            // The address is in no log and no event.
            let failures = try await events(ledger, [.alertDeliveryFailed]).map { String(decoding: $0.payload, as: UTF8.self) }
            let lines = recorder.lines.withLock { $0 }
            #expect(!failures.isEmpty && lines.contains { $0.contains("an alert was not delivered") })
            for secret in [Self.path, server.url, Self.secret] {
                for line in failures + lines where line.contains(secret) { Issue.record("\(secret) in \(line)") }
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func `a message is signed over its exact body, and a flood is one message`() async throws {
        let server = try LoopbackServer { _ in .status(200) }
        try await withLedger(server) { ledger, _ in
            for minute in 0..<60 { try await raise(ledger, "dvol_high", minute: minute) }
            let clock = Clock()
            var delivery = AlertDelivery(ledger, channels: ledger.alertChannels) { clock.now }
            #expect(try await delivery.round() == 2)
            #expect(try await delivery.round() == 0)
            #expect(server.requests.count == 2)
            let request = try #require(server.requests.first { $0.target == "/hook" })
            #expect(try JSONDocument(parsing: request.body).root["count"]?.integer == 60)
            let raised = try await events(ledger, [.alertRaised]).map { "\($0.eventID)" }
            #expect(try ids([request]) == raised)
            let code = HMAC<SHA256>.authenticationCode(for: request.body, using: SymmetricKey(data: Array(Self.secret.utf8)))
            #expect(request.header("X-Alpha-Ledger-Signature") == "sha256=" + code.map { String(format: "%02x", $0) }.joined())
            let slack = try #require(server.requests.first { $0.target == Self.path })
            #expect(slack.header("X-Alpha-Ledger-Signature") == nil)
            #expect(try JSONDocument(parsing: slack.body).root["text"]?.string?.hasPrefix("60 alerts") == true)
            #expect(try await events(ledger, [.alertDelivered]).count == 120)
        }
    }

    @Test(.timeLimit(.minutes(2))) func `a receiver that hangs is given up, and holds up no other one`() async throws {
        let server = try LoopbackServer { request in
            request.target == "/hook" ? .steps([.pause(milliseconds: 15_000), .close]) : .status(200)
        }
        try await withLedger(server) { ledger, _ in
            try await raise(ledger, "dvol_high", minute: 0)
            let clock = Clock()
            var delivery = AlertDelivery(ledger, channels: ledger.alertChannels) { clock.now }
            let started = ContinuousClock.now
            #expect(try await delivery.round() == 2)
            #expect(ContinuousClock.now - started < .seconds(14))
            let failures = try await events(ledger, [.alertDeliveryFailed]).map {
                try AlertDeliveryPayload(decoding: $0.payload, isFailure: true)
            }
            #expect(failures.map(\.channel) == ["webhook"] && failures.first?.error?.contains("timed_out") == true)
            #expect(try await events(ledger, [.alertDelivered]).count == 1)
        }
    }

    @Test func `a silenced alert is raised and not told, and who wanted it so is in the log`() async throws {
        let server = try LoopbackServer { _ in .status(200) }
        try await withLedger(server) { ledger, _ in
            let until = try #require(ledger.now().advanced(byMicroseconds: 3_600_000_000))
            #expect(
                try await ledger.silenceAlert("dvol_high", currency: nil, until: until, by: "operations", reason: "known") == [
                    "BTC", "ETH",
                ])
            try await raise(ledger, "dvol_high", minute: 0)
            try await raise(ledger, "vrp_negative", minute: 0)
            let clock = Clock()
            var delivery = AlertDelivery(ledger, channels: ledger.alertChannels) { clock.now }
            #expect(try await delivery.round() == 2)
            #expect(try await delivery.round() == 0)
            let told = try await events(ledger, [.alertDelivered]).map { try AlertDeliveryPayload(decoding: $0.payload, isFailure: false) }
            #expect(told.allSatisfy { $0.alertID == "vrp_negative" } && told.count == 2)
            for (id, currency) in [("dvol_hihg", nil), ("dvol_high", "-"), ("projection_stopped", "BTC")] as [(String, String?)] {
                await #expect(throws: SilenceProblem.self) {
                    try await ledger.silenceAlert(id, currency: currency, until: until, by: "operations", reason: "known")
                }
            }
            let problem = await #expect(throws: SilenceProblem.self) {
                try await ledger.silenceAlert("dvol_hihg", currency: nil, until: until, by: "operations", reason: "known")
            }
            #expect(problem?.description.contains("dvol_high") == true)
        }
    }

    @Test func `a test reaches every receiver once and records nothing`() async throws {
        let server = try LoopbackServer { request in request.target == "/hook" ? .status(500) : .status(200) }
        try await withLedger(server) { ledger, _ in
            let outcomes = try await ledger.testAlertChannels()
            #expect(outcomes.map(\.channel) == ["slack", "webhook"])
            #expect(outcomes.map(\.outcome) == [.delivered, .failed("the receiver answered 500", retryAfter: nil)])
            #expect(server.requests.count == 2)
            #expect(try await events(ledger, [.alertDelivered, .alertDeliveryFailed]).isEmpty)
        }
    }

    @Test(arguments: [
        ["SLACK_WEBHOOK_URL": "http://hooks.example.com/a-key"], ["SLACK_WEBHOOK_URL": "https://user:a-key@hooks.example.com/"],
        ["ALPHA_LEDGER_WEBHOOK_URL": "ftp://127.0.0.1/a-key", "ALPHA_LEDGER_WEBHOOK_SECRET": "0123456789abcdef"],
        ["ALPHA_LEDGER_WEBHOOK_URL": "https://hooks.example.com/a-key", "ALPHA_LEDGER_WEBHOOK_SECRET": "a-key"],
        ["ALPHA_LEDGER_WEBHOOK_URL": "https://hooks.example.com/a-key"],
    ])
    func `a receiver that can't be told safely is refused by its setting's name, without its address`(environment: [String: String]) throws
    {
        let problem = #expect(throws: SettingProblem.self) { try Settings(environment: environment) }
        let text = try #require(problem).description
        #expect(environment.keys.contains { text.hasPrefix($0) } || text.hasPrefix("ALPHA_LEDGER_WEBHOOK_SECRET"))
        #expect(!text.contains("a-key") && !text.contains("example.com"))
    }
}
