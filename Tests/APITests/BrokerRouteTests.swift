import API
import Foundation
import LedgerJSON
import LedgerPostgres
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing

/// Trading over HTTP: who may, what is taken, and what a service that dispatches shows.
@Suite struct BrokerRouteTests {
    private static let keys = [
        "ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests",
        "ALPHA_LEDGER_TRADE_KEY": "trade-key-of-tests",
    ]
    private static let trader = "trade-key-of-tests"
    private static let accountID = "9d1f77aa-4c1e-4a6b-9f0e-77665544abcd"

    private static func intent(
        _ id: String, _ ticker: String = "SPY", strategy: String = "day_trade", _ more: String = ""
    ) -> String {
        #"{"intent_id":"\#(id)","ticker":"\#(ticker)","instrument_type":"CALL","action":"BUY","strategy":"\#(strategy)"\#(more)}"#
    }

    private static func read(_ key: String = "reader-key-of-tests") -> [(String, String)] { [("Authorization", "Bearer \(key)")] }

    private static func text(_ answer: RunningService.Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    private static func detail(_ answer: RunningService.Answer) -> String { (try? answer.json()["detail"]?.string) ?? "" }

    // MARK: - Keys

    @Test func `only the trade key trades, and it reads and does not administer`() async throws {
        try await withService(Self.keys, projectors: false) { service in
            let head = try await service.ledger.primaryHead()
            let bodies = [
                ("/api/broker/intents", Self.intent("I-1")), ("/api/broker/halt", #"{"why":"a test"}"#),
                ("/api/broker/resume", #"{"why":"a test"}"#), ("/api/broker/cancel", #"{"intent_id":"I-1","why":"a test"}"#),
                ("/api/broker/what-if", #"{"ticker":"SPY","instrument_type":"CALL","strategy":"day_trade"}"#),
            ]
            for (path, body) in bodies {
                #expect(try await service.post(path, body, key: nil).status == 401, "\(path)")
                #expect(try await service.post(path, body, key: "nobodys-key-of-tests").status == 401, "\(path)")
                for (key, word) in [("reader-key-of-tests", "read key only reads"), ("admin-key-of-tests", "admin key does not trade")] {
                    let answer = try await service.post(path, body, key: key)
                    #expect(answer.status == 403 && Self.detail(answer).contains(word), "\(path): \(Self.detail(answer))")
                }
            }
            #expect(try await service.ledger.primaryHead() == head)
            for path in ["/api/broker/dispatches", "/api/broker/positions", "/api/broker/account"] {
                #expect(try await service.ask(path).status == 401)
                for key in Self.keys.values {
                    #expect(try await service.askSettled(path, headers: Self.read(key)).status == 200, "\(path)")
                }
            }
            let other = try await service.post("/api/internal/assertions", "{}", key: Self.trader)
            #expect(other.status == 403 && Self.detail(other).contains("admin key"))
            #expect(try await service.post("/api/broker/intents", Self.intent("I-1"), key: Self.trader).status == 201)
        }
    }

    @Test func `without a trade key nobody trades, and a named one stands in the event`() async throws {
        try await withService(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"], projectors: false) { service in
            let answer = try await service.post("/api/broker/intents", Self.intent("I-1"))
            #expect(try answer.status == 503 && answer.code() == "trade_key_not_configured")
        }
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = directory + "/keys.yaml"
        try "- {name: desk, role: trade, sha256: \(Digest32(sha256Of: "desk-key-of-tests"))}\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        try await withService(["ALPHA_LEDGER_KEYS": file], projectors: false) { service in
            #expect(try await service.post("/api/broker/intents", Self.intent("I-1"), key: "desk-key-of-tests").status == 201)
            let halt = try await service.post("/api/broker/halt", #"{"why":"lunch"}"#, key: "desk-key-of-tests")
            #expect(try halt.status == 200 && halt.json()["changed"]?.bool == true)
            let events = try await service.ask("/api/ledger/events?after=0&limit=1000", headers: Self.read("desk-key-of-tests")).json()
            let named = events["events"]?.elements.filter { $0["payload"]?["requested_by"]?.string == "desk" }
                .compactMap { $0["type"]?.string }
            #expect(named == ["TradeIntended", "DispatchHalted"])
        }
    }

    // MARK: - Intents

    @Test func `an intent is new once, the same again, and a conflict if it wants something else`() async throws {
        try await withService(Self.keys, projectors: false) { service in
            func post(_ body: String) async throws -> RunningService.Answer {
                try await service.post("/api/broker/intents", body, key: Self.trader)
            }
            let first = try await post(Self.intent("I-1", "SPY", #","signal":{"score": 1.50}"#))
            #expect(first.status == 201, "\(Self.text(first))")
            #expect(try first.json()["taken"]?.string == "new")
            #expect(try first.json()["intent"]?["source"]?.string == "alpaca_paper")
            #expect(try first.json()["intent"]?["signal"]?.string == #"{"score": 1.50}"#)
            let head = try await service.ledger.primaryHead()
            let again = try await post(Self.intent("I-1", "SPY", #","signal":{"score": 1.50}"#))
            #expect(try again.status == 200 && again.json()["taken"]?.string == "same")
            #expect(try again.json()["intent"]?.sourceText == first.json()["intent"]?.sourceText)
            for other in [Self.intent("I-1", "QQQ"), Self.intent("I-1", strategy: "swing_trade"), Self.intent("I-1")] {
                let answer = try await post(other)
                #expect(try answer.status == 409 && answer.code() == "conflict", "\(other)")
            }
            for (body, word) in [
                (Self.intent("I-2", "spy"), "ticker: "), (Self.intent("I 2"), "intent_id: "), ("{", "JSON"), ("[]", "JSON object"),
                (Self.intent("I-2", "SPY", #","quantity":1"#), "quantity: "), (Self.intent("I-2", "SPY", #","side":"buy""#), "`side`"),
                (Self.intent("I-2", "SPY", #","expires_at":"2020-01-01T00:00:00Z""#), "expires_at: "),
                (Self.intent("I-2", strategy: "guess"), "strategy: "), (Self.intent("I-2", "SPY", #","source":"bank""#), "source: "),
                (Self.intent("I-2", "SPY", #","option_symbol":"SPY260130C00609000""#), "option_symbol: "), ("", "JSON"),
            ] {
                let answer = try await post(body)
                #expect(
                    try answer.status == 400 && answer.code() == "bad_body" && Self.detail(answer).contains(word),
                    "\(body): \(Self.detail(answer))")
            }
            #expect(try await service.ledger.primaryHead() == head)
        }
    }

    @Test func `a halt and a cancel say why, and a cancelled intent can't be cancelled again`() async throws {
        try await withService(Self.keys, projectors: false) { service in
            func post(_ action: String, _ body: String) async throws -> RunningService.Answer {
                try await service.post("/api/broker/\(action)", body, key: Self.trader)
            }
            for (action, body) in [
                ("halt", "{}"), ("halt", #"{"why":"  "}"#), ("halt", #"{"why":"\#(String(repeating: "x", count: 501))"}"#),
                ("resume", "{}"), ("cancel", #"{"intent_id":"I-1"}"#), ("cancel", #"{"intent_id":"I-1","why":""}"#),
            ] {
                let answer = try await post(action, body)
                #expect(answer.status == 400 && Self.detail(answer).hasPrefix("why: "), "\(action) \(body): \(Self.detail(answer))")
            }
            #expect(try await post("cancel", #"{"intent_id":"I-1","why":"a test"}"#).status == 404)
            _ = try await service.post("/api/broker/intents", Self.intent("I-1"), key: Self.trader)
            let first = try await post("cancel", #"{"intent_id":"I-1","why":"a test"}"#)
            #expect(try first.json()["recorded"]?.string == "IntentCancelled", "\(Self.text(first))")
            #expect(try await post("cancel", #"{"intent_id":"I-1","why":"a test"}"#).status == 409)
            #expect(try await post("halt", #"{"why":"a test"}"#).json()["changed"]?.bool == true)
            #expect(try await post("halt", #"{"why":"a test"}"#).json()["changed"]?.bool == false)
            #expect(try await post("resume", #"{"why":"a test"}"#).json()["changed"]?.bool == true)
            let live = try await post("what-if", #"{"ticker":"SPY","instrument_type":"CALL","strategy":"day_trade"}"#)
            #expect(try live.status == 503 && live.code() == "broker_not_configured")
        }
    }

    @Test func `the queue says how many intents wait, and how long the broker's limit makes them wait`() async throws {
        try await withService(Self.keys, projectors: false) { service in
            func queue() async throws -> [String?] {
                let account = try await service.ask("/api/broker/account?source=alpaca_paper", headers: Self.read()).json()
                let queue = account["accounts"]?.elements.first { _ in true }?["queue"]
                return ["queued", "intents_per_minute", "seconds_at_least"].map { queue?[$0]?.sourceText }
            }
            #expect(try await queue() == ["0", "60", "0"])
            for id in ["I-1", "I-2", "I-3"] { _ = try await service.post("/api/broker/intents", Self.intent(id), key: Self.trader) }
            #expect(try await queue() == ["3", "60", "3"])
            let page = Self.text(try await service.askSettled("/broker", headers: Self.read()))
            #expect(page.contains("3 intents; the broker allows about 60 a minute, so at least 3 s"))
            _ = try await service.post("/api/broker/cancel", #"{"intent_id":"I-2","why":"a test"}"#, key: Self.trader)
            #expect(try await queue() == ["2", "60", "2"])
            let sample = try await service.ask("/api/broker/account?source=sample_broker", headers: Self.read()).json()
            let free = sample["accounts"]?.elements.first { _ in true }?["queue"]
            #expect(free?["intents_per_minute"]?.isNull == true && free?["seconds_at_least"]?.isNull == true)
        }
    }

    // MARK: - A service that dispatches

    private func withDispatcher(
        _ recorder: LogRecorder = LogRecorder(), _ body: @Sendable (RunningService, SampleBroker) async throws -> Void
    ) async throws {
        let broker = SampleBroker { Ledger.systemClock() }
        broker.setAccount(id: Self.accountID)
        try await withService(
            Self.keys, logger: recorder.logger,
            dispatch: { ledger in
                let open = try #require(ledger.now().advanced(byMicroseconds: -3_600_000_000))
                let close = try #require(ledger.now().advanced(byMicroseconds: 4 * 3_600_000_000))
                let timings = #"{"session":{"open":"\#(open)","close":"\#(close)"},"follow_every":0.05,"looks":[0.05]}"#
                return try await DispatchService(ledger, BrokerConnection(sample: broker), timings: Array(timings.utf8))
            }
        ) { service in try await body(service, broker) }
    }

    private func give(_ service: RunningService, _ id: String, _ ticker: String) async throws {
        let close = try #require(service.ledger.now().advanced(byMicroseconds: 3_600_000_000))
        let answer = try await service.post(
            "/api/broker/intents", Self.intent(id, ticker, #","expires_at":"\#(close)""#), key: Self.trader)
        #expect(answer.status == 201, "\(Self.text(answer))")
    }

    /// The row of an intent, once it is in one of some modes; nil if that takes too long.
    private func row(_ service: RunningService, _ id: String, in modes: [String], filled: Bool = false) async throws -> JSONValue? {
        for _ in 0..<300 {
            let rows = try await service.askSettled("/api/broker/dispatches", headers: Self.read()).json()["rows"]
            let row = rows?.elements.first { $0["intent_id"]?.string == id }
            if let row, modes.contains(row["execution_mode"]?.string ?? ""), !filled || row["filled_at"]?.isNull == false { return row }
            try await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    @Test(.timeLimit(.minutes(5))) func `nothing leaves while the service is halted, and an intent goes out once it is resumed`()
        async throws
    {
        try await withDispatcher { service, broker in
            _ = try await service.post("/api/broker/halt", #"{"why":"the quotes look wrong"}"#, key: Self.trader)
            try await give(service, "I-1", "SPY")
            try await Task.sleep(for: .seconds(3))
            #expect(broker.postCount == 0)
            #expect(try await row(service, "I-1", in: ["PENDING"]) != nil)
            let ready = try await service.ask("/readyz").json()
            #expect(ready["warnings"]?.elements.contains { $0.string == "sample_broker is halted: the quotes look wrong" } == true)
            let account = try await service.ask("/api/broker/account", headers: Self.read()).json()["accounts"]?.elements.first { _ in true
            }
            #expect(account?["halt"]?["reason"]?.string == "the quotes look wrong")
            _ = try await service.post("/api/broker/resume", #"{"why":"they are right again"}"#, key: Self.trader)
            #expect(try await row(service, "I-1", in: ["SAMPLE_BROKER"], filled: true) != nil)
            #expect(broker.postCount == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an order's story, the metrics, the page and the queries of dashboards show it, and never a whole account`() async throws {
        let recorder = LogRecorder()
        try await withDispatcher(recorder) { service, broker in
            try await give(service, "I-1", "SPY")
            try await give(service, "I-2", "IWM")
            let filled = try #require(try await row(service, "I-1", in: ["SAMPLE_BROKER"], filled: true))
            #expect(try await row(service, "I-2", in: ["SIMULATED_FALLBACK"]) != nil)
            var answers = [Self.text(try await service.askSettled("/api/broker/dispatches", headers: Self.read()))]

            let id = try #require(filled["client_order_id"]?.string)
            let order = try await service.ask("/api/broker/orders/\(id)", headers: Self.read())
            let story = try order.json()
            #expect(order.status == 200 && story["intent_id"]?.string == "I-1" && story["decision"]?["verdict"]?.string == "submit")
            #expect(story["events"]?.elements.first { _ in true }?["type"]?.string == "TradeIntended")
            #expect(story["decision"]?["gates"]?.elements.allSatisfy { $0["pass"]?.bool == true } == true)
            let quantity = story["arithmetic"]?.elements.first { $0["name"]?.string == "quantity" }?["value"]?.integer
            #expect(quantity == story["order"]?["qty"]?.integer && quantity ?? 0 > 0)
            #expect(story["updates"]?.count ?? 0 > 0)
            #expect(try await service.ask("/api/broker/orders/al-none", headers: Self.read()).status == 404)
            answers.append(Self.text(order))
            let wanted = try await service.ask("/api/broker/intents/I-1?source=sample_broker", headers: Self.read()).json()
            #expect(wanted.sourceText == story.sourceText)
            let simulated = try await service.ask("/api/broker/intents/I-2?source=sample_broker", headers: Self.read()).json()
            #expect(simulated["order"]?.isNull == true && simulated["decision"]?["verdict"]?.string == "simulate")
            let first = try #require(story["events"]?.elements.first { _ in true }?["position"]?.integer)
            let early = "/api/broker/intents/I-1?source=sample_broker&as_of_position="
            #expect(try await service.ask("\(early)\(first)", headers: Self.read()).json()["events"]?.count == 1)
            #expect(try await service.ask("\(early)\(first - 1)", headers: Self.read()).status == 404)
            #expect(try await service.ask("\(early)\(Int64.max)", headers: Self.read()).code() == "position_unknown")
            #expect(try await service.ask("/api/broker/intents/I-1?source=alpaca_paper", headers: Self.read()).status == 404)
            for (intent, parts) in [
                ("I-1", ["BUY CALL SPY, day trade", "chosen", "passes", "How the size comes about", id, "OrderSubmitted", "Prove this"]),
                ("I-2", ["BUY CALL IWM", "fails", "Nothing was sent: the execution is simulated", "The broker has said nothing."]),
            ] {
                let page = Self.text(try await service.askSettled("/order?source=sample_broker&id=\(intent)", headers: Self.read()))
                for part in parts { #expect(page.contains(part), "\(intent): \(part)") }
                answers.append(page)
            }

            let account = try await service.ask("/api/broker/account?source=sample_broker", headers: Self.read())
            let facts = try account.json()["accounts"]?.elements.first { _ in true }
            #expect(facts?["recorded"]?["account_digest"]?.string == Digest32(sha256Of: Self.accountID).description)
            #expect(facts?["consulted"]?["account"]?["account_last_four"]?.string?.utf8.count == 4)
            answers.append(Self.text(account))

            let head = try await service.ledger.primaryHead()
            let posts = broker.postCount
            for strategy in ["day_trade", "swing_trade"] {
                let query = "/api/broker/what-if?ticker=SPY&instrument_type=CALL&strategy=\(strategy)"
                let recorded = try await service.ask(query, headers: Self.read())
                #expect(recorded.status == 200, "\(Self.text(recorded))")
                let verdict = try recorded.json()["decision"]?["verdict"]?.string
                // The chain was asked for the window of a day trade.
                #expect(verdict == (strategy == "day_trade" ? "submit" : "insufficient_facts"))
                let live = try await service.post(
                    "/api/broker/what-if", #"{"ticker":"SPY","instrument_type":"CALL","strategy":"\#(strategy)"}"#, key: Self.trader)
                #expect(try live.status == 200 && live.json()["facts"]?.string == "live", "\(Self.text(live))")
                answers += [Self.text(recorded), Self.text(live)]
            }
            #expect(
                try await service.ask("/api/broker/what-if?ticker=ZZZ&instrument_type=CALL&strategy=day_trade", headers: Self.read()).status
                    == 404)
            #expect(try await service.ledger.primaryHead() == head && broker.postCount == posts, "a what-if sends and records nothing")

            let metrics = Self.text(try await service.ask("/metrics"))
            for line in [
                #"alpha_ledger_broker_intents{source="sample_broker",mode="SAMPLE_BROKER",status="filled"} 1"#,
                #"alpha_ledger_broker_intents{source="sample_broker",mode="SIMULATED_FALLBACK",status="none"} 1"#,
                #"alpha_ledger_broker_fill_seconds_count{source="sample_broker"} 1"#,
                #"alpha_ledger_broker_unresolved_seconds{source="sample_broker"} 0"#,
            ] { #expect(metrics.contains(line), "\(line)") }
            #expect(!metrics.contains("I-1") && !metrics.contains(id))
            let ready = try await service.ask("/readyz").json()
            #expect(ready["dispatcher"]?["source"]?.string == "sample_broker" && ready["dispatcher"]?["order_updates"]?.string == "polling")
            let reason = ready["dispatcher"]?["order_updates_reason"]?.string ?? ""
            #expect(reason.hasPrefix("libcurl ") && reason.contains("trade_updates"), "\(reason)")
            #expect(ready["dispatcher"]?["state"]?.string == "dispatching", "\(ready.sourceText)")

            let page = Self.text(
                try await service.askSettled("/broker?if_ticker=SPY&if_type=CALL&if_strategy=day_trade", headers: Self.read()))
            for part in [
                "I-1", "/order?source=sample_broker&amp;id=I-2", "passes", "fails", "Orders that have not ended", "what-if-answer",
                "Sign in to trade",
            ] {
                #expect(page.contains(part), "\(part)")
            }
            #expect(!page.contains("action=\"/broker/halt\""), "a reader has no form that halts")
            answers += [page, metrics]
            try await queriesOfDashboards(service)
            for text in answers + recorder.lines { #expect(!text.contains(Self.accountID) && !text.contains("SAMPLE0001")) }
        }
    }

    /// The two queries of the dispatcher that this one replaces, word for word.
    private func queriesOfDashboards(_ service: RunningService) async throws {
        let (latest, fallbacks) = try await service.ledger.pool.run { session in
            try session.transaction {
                try session.executeScript("SET LOCAL search_path = projection")
                let latest = try session.execute(
                    """
                    SELECT 
                      ticker,
                      action,
                      instrument_type,
                      execution_mode,
                      explain_json->>'alpaca_order_id' as order_id,
                      explain_json->>'api_bid' as bid,
                      explain_json->>'api_ask' as ask,
                      delta,
                      theta,
                      option_symbol,
                      created_at
                    FROM dispatcher_execution 
                    ORDER BY created_at DESC 
                    LIMIT 5
                    """
                ).map { [try $0.text(0), try $0.text(3), try $0.optionalText(4) ?? "", try $0.optionalText(5) ?? ""] }
                let fallbacks = try session.execute(
                    """
                    SELECT execution_mode, explain_json->>'fallback_reason' 
                    FROM dispatcher_execution 
                    WHERE created_at > NOW() - INTERVAL '1 hour'
                    """
                ).map { [try $0.text(0), try $0.optionalText(1) ?? ""] }
                return (latest, fallbacks)
            }
        }
        #expect(latest.map { $0[0] } == ["IWM", "SPY"] && latest.map { $0[1] } == ["SIMULATED_FALLBACK", "SAMPLE_BROKER"])
        #expect(latest[0][2].isEmpty && !latest[1][2].isEmpty && !latest[1][3].isEmpty)
        #expect(fallbacks.count == 2 && fallbacks.contains { $0[0] == "SAMPLE_BROKER" && $0[1].isEmpty })
        #expect(fallbacks.contains { $0[0] == "SIMULATED_FALLBACK" && !$0[1].isEmpty })
    }

    // MARK: - The page

    @Test func `a session of the trade key halts and resumes on the page, and another one does not`() async throws {
        try await withService(Self.keys, projectors: false) { service in
            let origin = ("Origin", "http://127.0.0.1:\(service.port)")
            func signIn(_ key: String, _ role: String = "") async throws -> RunningService.Answer {
                try await service.ask(
                    "/sign-in", method: "POST", headers: [origin], body: "key=\(key)&next=%2Fbroker" + (role.isEmpty ? "" : "&as=\(role)"))
            }
            func cookie(_ answer: RunningService.Answer) throws -> (String, String) {
                ("Cookie", String(try #require(answer.headers["set-cookie"]?.split(separator: ";").first)))
            }
            func token(_ cookie: (String, String)) async throws -> String {
                let text = Self.text(try await service.askSettled("/broker", headers: [cookie]))
                let start = try #require(text.range(of: "name=\"form_token\" value=\"")).upperBound
                return String(text[start...].prefix { $0 != "\"" })
            }
            #expect(try await signIn("admin-key-of-tests", "trader").status == 403)
            for key in ["reader-key-of-tests", "admin-key-of-tests"] {
                let other = try cookie(try await signIn(key))
                let page = Self.text(try await service.askSettled("/broker", headers: [other]))
                #expect(
                    page.contains("No order is open.") && page.contains("Nobody has intended a trade yet.")
                        && !page.contains("/broker/halt"))
                let answer = try await service.ask(
                    "/broker/halt", method: "POST", headers: [other, origin],
                    body: "form_token=\(try await token(other))&source=alpaca_paper&why=a+test")
                #expect(answer.status == 403)
            }
            let trader = try cookie(try await signIn(Self.trader, "trader"))
            let page = Self.text(try await service.askSettled("/broker", headers: [trader]))
            #expect(page.contains("action=\"/broker/halt\"") && page.contains("trader"))
            let form = "form_token=\(try await token(trader))&source=alpaca_paper"
            #expect(
                try await service.ask("/broker/halt", method: "POST", headers: [trader], body: form + "&why=x").status == 403, "no origin")
            let halt = try await service.ask("/broker/halt", method: "POST", headers: [trader, origin], body: form + "&why=a+test")
            #expect(halt.status == 303 && halt.headers["location"] == "/broker")
            // A notice is shown once, be it on a page that can't show its rows yet.
            func shown() async throws -> String {
                try await service.ledger.bringUpToDate(service.ledger.registry.names)
                return Self.text(try await service.ask("/broker", headers: [trader]))
            }
            let halted = try await shown()
            #expect(halted.contains("alpaca_paper is halted: no order leaves") && halted.contains("a test"))
            let empty = try await service.ask("/broker/resume", method: "POST", headers: [trader, origin], body: form + "&why=")
            #expect(empty.status == 303)
            let refused = try await shown()
            #expect(refused.contains("resume: why: expected the reason"))
            // A session that trades does not administer.
            let rebuild = try await service.ask(
                "/projections/rebuild", method: "POST", headers: [trader, origin],
                body: "form_token=\(try await token(trader))&name=trades&rules=v1")
            #expect(rebuild.status == 403)
        }
    }
}
