import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing

@Suite struct APITests {
    private func withAPI<T>(
        _ environment: [String: String] = [:], rows: [NewEvent] = [], _ body: (API, Ledger) async throws -> T
    ) async throws -> T {
        try await withDatabase { uri in
            let ledger = try await Ledger.open(
                try Settings(environment: ledgerEnvironment(uri, environment)), Resources(root: projectRoot), migration: .always)
            let result: Result<T, any Error>
            do {
                try await ledger.log.append(rows, runID: UniqueID(high: 1, low: 1))
                try await ledger.bringUpToDate(ledger.registry.names)
                result = .success(try await body(API(ledger), ledger))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            return try result.get()
        }
    }

    private func get(_ path: String, headers: [String: String] = [:], isLocal: Bool = true) -> APIRequest {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        var all = headers.mapValues { [$0] }
        if all["host"] == nil { all["host"] = ["127.0.0.1:8080"] }
        return APIRequest(
            method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : nil, headers: all, isFromLoopback: isLocal)
    }

    private func post(_ path: String, _ body: String, key: String?) -> APIRequest {
        var request = get(path, headers: key.map { ["authorization": "Bearer \($0)"] } ?? [:])
        request.method = "POST"
        request.body = Array(body.utf8)
        return request
    }

    private func json(_ response: APIResponse) throws -> JSONValue { try JSONDocument(parsing: response.body).root }

    private func code(_ response: APIResponse) throws -> String? {
        #expect(response.headers.contains { $0.name == "Content-Type" && $0.value == "application/problem+json" })
        return try json(response)["code"]?.string
    }

    private func trades(_ count: Int) throws -> [NewEvent] { try (0..<count).map { recorded(try sampleRow("T\($0)")) } }

    @Test func `rows come in key order with decimals as numbers and what they stand on`() async throws {
        try await withAPI(rows: try trades(3)) { (api: API, _) async throws -> Void in
            let response = await api.respond(to: get("/api/internal/trades?source=alpha_sync"))
            #expect(response.status == 200)
            let root = try json(response)
            let rows = try #require(root["rows"])
            #expect(rows.elements.compactMap { $0["source_trade_id"]?.string } == ["T0", "T1", "T2"])
            let row = try #require(rows.elements.first { _ in true })
            #expect(row["price"]?.sourceText == "12.5" && row["entry_premium_usd"]?.sourceText == "12500")
            #expect(row["premium_source"]?.string == "derived" && row["spot_at_trade"]?.isNull == true)
            #expect(row["trade_date"]?.string == "2026-01-10T14:30:00Z")
            #expect(root["next_cursor"]?.isNull == true && root["aggregates"]?.isNull == true)
            #expect(root["ledger"]?["position"]?.integer == activations + 3 && root["ledger"]?["projection"]?.string == "trades")
            #expect(root["ledger"]?["rules"]?["trades/rules.v1.yaml"]?.integer == 1)
        }
    }

    @Test func `pages are pinned to their first position while the log grows`() async throws {
        try await withAPI(rows: try trades(7)) { (api: API, ledger: Ledger) async throws -> Void in
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try json(await api.respond(to: get("/api/internal/trades?limit=3\(cursor)")))
                seen += page["rows"]?.elements.compactMap { $0["source_trade_id"]?.string } ?? []
                #expect(page["ledger"]?["position"]?.integer == activations + 7)
                cursor = page["next_cursor"]?.string.map { "&cursor=\($0)" } ?? ""
                // A trade that sorts between the pages arrives meanwhile.
                try await ledger.log.append([recorded(try sampleRow("T0-\(seen.count)"))], runID: UniqueID(high: 2, low: 2))
                try await ledger.bringUpToDate(["trades"])
            } while !cursor.isEmpty
            #expect(seen == (0..<7).map { "T\($0)" })
        }
    }

    @Test func `a cursor belongs to its list and filters`() async throws {
        try await withAPI(rows: try trades(5)) { (api: API, _) async throws -> Void in
            let page = try json(await api.respond(to: get("/api/internal/trades?limit=2&underlying=MSTR")))
            let cursor = try #require(page["next_cursor"]?.string)
            for query in ["cursor=\(cursor)", "cursor=\(cursor)&underlying=COIN", "cursor=garbage", "cursor="] {
                let response = await api.respond(to: get("/api/internal/trades?\(query)"))
                #expect(response.status == 400, "\(query)")
                #expect(try code(response) == "bad_cursor", "\(query)")
            }
        }
    }

    @Test(arguments: [
        ("/api/internal/trades?colour=red", 400, "unknown_parameter"),
        ("/api/internal/trades?limit=0", 400, "bad_parameter"), ("/api/internal/trades?limit=1001", 400, "bad_parameter"),
        ("/api/internal/trades?limit=ten", 400, "bad_parameter"), ("/api/internal/trades?from=yesterday", 400, "bad_parameter"),
        ("/api/internal/trades?limit=1&limit=2", 400, "bad_parameter"), ("/api/internal/trades?portfolio=%ff", 400, "bad_parameter"),
        ("/api/internal/trades?label=x", 400, "unknown_parameter"),
        ("/api/internal/trades?as_of_position=99", 400, "position_unknown"),
        ("/api/internal/trades?as_of_position=-1", 400, "bad_parameter"),
        ("/api/internal/trades?as_of=2199-01-01T00:00:00Z", 400, "bad_parameter"),
        ("/api/internal/trades/none/history", 404, "not_found"), ("/api/internal/nothing", 404, "not_found"),
        ("/api/ledger/events/0", 400, "bad_parameter"), ("/api/ledger/events/77", 404, "position_unknown"),
        ("/api/ledger/events/+1", 400, "bad_parameter"), ("/api/ledger/events?after=%2B1", 400, "bad_parameter"),
        ("/api/internal/trades/a%00b/history", 404, "not_found"), ("/api/internal/trades/a%zz/history", 404, "not_found"),
        ("/api/internal/trades?cursor=\(String(repeating: "a", count: 9000))", 414, "uri_too_long"),
    ])
    func badRequestsAreProblemsWithStableCodes(_ path: String, _ status: Int, _ expected: String) async throws {
        try await withAPI(rows: try trades(1)) { (api: API, _) async throws -> Void in
            let response = await api.respond(to: get(path))
            #expect(response.status == status)
            #expect(try code(response) == expected)
        }
    }

    @Test func `filters select by portfolio underlying date state and quality`() async throws {
        var other = try sampleRow("other")
        other.sourcePortfolio = "ICOI"
        other.underlyingSymbol = "XYZ"
        other.tradeDate = try instant("2026-02-01T00:00:00Z")
        other.tradeStatus = .busted
        try await withAPI(rows: try trades(2) + [recorded(other)]) { (api: API, _) async throws -> Void in
            for (query, count) in [
                ("portfolio=ICOI", 1), ("portfolio=IMST", 2), ("underlying=XYZ", 1), ("from=2026-02-01", 1), ("to=2026-02-01", 2),
                ("from=2026-01-10T14:30:00Z&to=2026-01-10T14:30:01Z", 2), ("state=BUSTED", 1), ("quality=unmapped", 1),
                ("source=manual", 0), ("portfolio=imst", 0),
            ] {
                let rows = try json(await api.respond(to: get("/api/internal/trades?\(query)")))["rows"]
                #expect(rows?.count == count, "\(query)")
            }
        }
    }

    @Test func `events are served with their exact payloads and history follows a trade`() async throws {
        let old = try sampleRow("A/b")
        let new = try sampleRow("A/b", updatedAt: 9, quantity: 11)
        try await withAPI(rows: [recorded(old), updated(new, from: old, previous: 1)]) { (api: API, _) async throws -> Void in
            let list = try json(await api.respond(to: get("/api/ledger/events?after=\(activations)&limit=1")))
            let event = try #require(list["events"]?.elements.first { _ in true })
            #expect(event["position"]?.integer == activations + 1 && list["next_after"]?.integer == activations + 1)
            #expect(Array(event["payload"]?.sourceText.utf8 ?? "".utf8) == recorded(old).payload)
            let history = try json(await api.respond(to: get("/api/internal/trades/A%2Fb/history")))
            #expect(
                history["events"]?.elements.compactMap { $0["type"]?.string } == [
                    "AlphaExecutionRecorded", "AlphaExecutionUpdated",
                ])
            let one = await api.respond(to: get("/api/ledger/events/\(activations + 2)"))
            #expect(one.headers.contains { $0.name == "Cache-Control" && $0.value.contains("immutable") })
            let head = try json(await api.respond(to: get("/api/ledger/head")))
            #expect(head["position"]?.integer == activations + 2 && head["root_hash"]?.string?.count == 64)
        }
    }

    @Test func `the same answer is A304`() async throws {
        try await withAPI(rows: try trades(1)) { (api: API, _) async throws -> Void in
            let first = await api.respond(to: get("/api/internal/trades?as_of_position=\(activations + 1)"))
            let tag = try #require(first.headers.first { $0.name == "ETag" }?.value)
            let again = await api.respond(
                to: get("/api/internal/trades?as_of_position=\(activations + 1)", headers: ["if-none-match": tag]))
            #expect(again.status == 304 && again.body.isEmpty)
            let before = try json(await api.respond(to: get("/api/internal/trades?as_of_position=7")))
            #expect(before["rows"]?.count == 0)
        }
    }

    @Test func `without a read key only loopback is answered`() async throws {
        try await withAPI { (api: API, _) async throws -> Void in
            let path = "/api/ledger/head"
            #expect(await api.respond(to: get(path)).status == 200)
            #expect(await api.respond(to: get(path, headers: ["host": "[::1]:8080"])).status == 200)
            #expect(await api.respond(to: get(path, headers: ["host": "localhost"])).status == 200)
            #expect(await api.respond(to: get(path, isLocal: false)).status == 403)
            for headers in [
                ["host": "evil.example"], ["host": "127.0.0.1.evil.example"], ["x-forwarded-for": "1.2.3.4"], ["forwarded": "for=1"],
                ["via": "1.1 proxy"],
            ] { #expect(await api.respond(to: get(path, headers: headers)).status == 403, "\(headers)") }
            #expect(await api.respond(to: get("/healthz", isLocal: false)).status == 403)
        }
    }

    @Test func `keys open what they are for`() async throws {
        let keys = ["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]
        try await withAPI(keys) { (api: API, _) async throws -> Void in
            let path = "/api/ledger/head"
            #expect(await api.respond(to: get("/healthz")).status == 200)
            #expect(await api.respond(to: get("/healthz", isLocal: false)).status == 401)
            #expect(await api.respond(to: get(path)).status == 401)
            for (value, status) in [
                ("Bearer reader-key-of-tests", 200), ("Bearer admin-key-of-tests", 200), ("bearer reader-key-of-tests", 200),
                ("Bearer Reader-key-of-tests", 401), ("Bearer reader-key-of-test", 401),
                ("Bearer reader-key-of-testss", 401), ("reader-key-of-tests", 401), ("Bearer ", 401), ("Basic reader-key-of-tests", 401),
            ] {
                let response = await api.respond(to: get(path, headers: ["authorization": value], isLocal: false))
                #expect(response.status == status, "\(value)")
            }
            #expect(await api.respond(to: post("/api/internal/trades/sync", "", key: "reader-key-of-tests")).status == 403)
            let problem = await api.respond(to: post("/api/internal/trades/sync", "", key: "admin-key-of-tests"))
            #expect(try code(problem) == "feed_not_configured")
        }
        try await withAPI { (api: API, _) async throws -> Void in
            let response = await api.respond(to: post("/api/internal/trades/sync", "{}", key: "x"))
            #expect(response.status == 503)
            #expect(try code(response) == "admin_key_not_configured")
        }
    }

    @Test func `a posted sync is a dry run unless it says otherwise`() async throws {
        let server = try await SampleFeedServer.start(feed: .sample, apiKey: "feed-key")
        let environment = [
            "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests", "ALPHA_TRADE_FEED_URL": server.url, "ALPHA_TRADE_FEED_API_KEY": "feed-key",
            "ALPHA_TRADE_FEED_PORTFOLIOS": "IMST,ICOI",
        ]
        try await withAPI(environment) { (api: API, ledger: Ledger) async throws -> Void in
            let path = "/api/internal/trades/sync"
            let dry = try json(await api.respond(to: post(path, "{\"full_scope\": true}", key: "admin-key-of-tests")))
            #expect(dry["dry_run"]?.bool == true && dry["inserted"]?.integer == 749 && dry["local_rows"]?.integer == 0)
            let real = try json(await api.respond(to: post(path, "{\"dry_run\": false, \"full_scope\": true}", key: "admin-key-of-tests")))
            #expect(real["source_premium_usd"]?.sourceText == "466630651.75" && real["premium_delta_usd"]?.sourceText == "0")
            for body in ["[]", "{\"dry_run\": \"no\"}", "{\"dryrun\": false}", "{", "{\"dry_run\":true,\"dry_run\":false}"] {
                let response = await api.respond(to: post(path, body, key: "admin-key-of-tests"))
                #expect(response.status == 400, "\(body)")
                #expect(try code(response) == "bad_body", "\(body)")
            }
            server.setFailures(.every(.status(500)))
            let failed = await api.respond(to: post(path, "{}", key: "admin-key-of-tests"))
            #expect(failed.status == 502)
            #expect(!String(decoding: failed.body, as: UTF8.self).contains("feed-key"))
        }
        await server.stop()
    }

    @Test func `a wrong method is named and readiness tells what is not ready`() async throws {
        let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
        try await withAPI(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"], rows: [orphan.event(previousVersion: 0)]) {
            (api: API, _) async throws -> Void in
            let wrong = await api.respond(to: post("/api/ledger/head", "", key: "admin-key-of-tests"))
            #expect(wrong.status == 405 && wrong.headers.contains { $0.name == "Allow" && $0.value == "GET, HEAD, OPTIONS" })
            let ready = await api.respond(to: get("/readyz"))
            #expect(ready.status == 503)
            #expect(String(decoding: ready.body, as: UTF8.self).contains("trades stopped at event \(activations + 1)"))
        }
    }
}
