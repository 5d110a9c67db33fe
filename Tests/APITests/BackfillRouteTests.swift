import API
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

@Suite("Backfills over HTTP") struct BackfillRouteTests {
    private static let paths = [
        "/api/internal/trades/context/backfill", "/api/internal/trades/execution-benchmarks/backfill",
        "/api/internal/trades/outcomes/backfill",
    ]

    private func withAPI(_ body: (API, Ledger) async throws -> Void) async throws {
        try await withDatabase { uri in
            let settings = try Settings(environment: ledgerEnvironment(uri, ["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]))
            let ledger = try await Ledger.open(settings, Resources(root: projectRoot), migration: .always)
            let result: Result<Void, any Error>
            do {
                try await ledger.log.append([recorded(try sampleRow("T-1"))], runID: UniqueID(high: 1, low: 1))
                result = .success(try await body(API(ledger), ledger))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    private func post(_ path: String, _ body: String, key: String? = "admin-key-of-tests") -> APIRequest {
        var headers = ["host": ["127.0.0.1:8080"]]
        if let key { headers["authorization"] = ["Bearer \(key)"] }
        return APIRequest(method: "POST", path: path, headers: headers, body: Array(body.utf8), isFromLoopback: true)
    }

    private func head(_ ledger: Ledger) async throws -> Int64 {
        try await ledger.pool.run { session in try LogReader().head(session).position }
    }

    @Test(arguments: paths)
    func `each is a dry run where the body does not say otherwise, and answers its summary`(_ path: String) async throws {
        try await withAPI { api, ledger in
            let before = try await head(ledger)
            for body in ["", "{}", #"{"dry_run":true}"#] {
                let response = await api.respond(to: post(path, body))
                #expect(response.status == 200)
                let root = try JSONDocument(parsing: response.body).root
                #expect(root["dry_run"]?.bool == true)
                #expect(root["asked"]?.integer ?? 0 > 0 && root["asked"]?.integer == root["appended"]?.integer)
            }
            #expect(try await head(ledger) == before)
            let real = await api.respond(to: post(path, #"{"dry_run":false}"#))
            let appended = try #require(try JSONDocument(parsing: real.body).root["appended"]?.integer)
            #expect(appended > 0)
            #expect(try await head(ledger) == before + appended)
            let again = await api.respond(to: post(path, #"{"dry_run":false}"#))
            #expect(try JSONDocument(parsing: again.body).root["appended"]?.integer == 0)
        }
    }

    @Test func `a body that says something else is a 400, and none without the admin key is heard`() async throws {
        try await withAPI { api, ledger in
            let before = try await head(ledger)
            let bad = [
                (0, #"{"retry":true}"#), (0, #"{"rules":"1"}"#), (0, #"{"horizons":"1"}"#), (1, #"{"force":true}"#),
                (1, #"{"horizons":"1"}"#), (1, #"{"quotes":"elsewhere"}"#), (1, #"{"retry":1}"#),
                (2, #"{"horizons":"0"}"#),
                (2, #"{"horizons":[1,2,3,4,5,6,7,8,9]}"#), (2, #"{"horizons":[1.5]}"#), (2, #"{"limit":0}"#),
                (2, #"{"limit":"3"}"#), (2, #"{"trade_ids":"T-1"}"#), (2, #"{"trade_ids":["nobody"]}"#), (0, "[]"),
                (1, "{"),
            ]
            for (path, body) in bad {
                let response = await api.respond(to: post(Self.paths[path], body))
                #expect(response.status == 400, "\(body)")
                #expect(try JSONDocument(parsing: response.body).root["code"]?.string == "bad_body", "\(body)")
            }
            for path in Self.paths {
                #expect(await api.respond(to: post(path, "", key: nil)).status == 401)
                var request = post(path, "")
                request.query = "dry_run=false"
                #expect(await api.respond(to: request).status == 400)
            }
            #expect(try await head(ledger) == before)
        }
    }

    @Test func `all options of a body reach the run, and a source that is not configured is a 503`() async throws {
        try await withAPI { api, _ in
            let body =
                #"{"dry_run":true,"horizons":[1,"7d","expiry"],"limit":1,"trade_ids":["T-1"],"quotes":"log","retry":true,"adjusted_roots":true}"#
            let response = await api.respond(to: post(Self.paths[2], body))
            let root = try JSONDocument(parsing: response.body).root
            #expect(root["asked"]?.integer == 3 && root["quote_source"]?.string == "log")
            let context = await api.respond(to: post(Self.paths[0], #"{"force":true,"rules":"v1","limit":1}"#))
            #expect(context.status == 200)
            let missing = await api.respond(to: post(Self.paths[1], #"{"quotes":"amberdata"}"#))
            #expect(missing.status == 503)
        }
    }

    @Test(arguments: paths)
    func `a preview looks nothing up and appends nothing, and names the trades`(_ path: String) async throws {
        try await withAPI { api, ledger in
            let before = try await head(ledger)
            let response = await api.respond(to: post(path, #"{"preview":true}"#))
            let root = try JSONDocument(parsing: response.body).root
            #expect(response.status == 200 && root["preview"]?.bool == true && root["calls_at_least"]?.integer == 0)
            #expect(root["asked"]?.integer ?? 0 > 0 && root["appended_at_most"]?.integer == root["asked"]?.integer)
            let trades = root["first_trades"]?.elements.compactMap { $0["source_trade_id"]?.string }
            #expect(trades == ["T-1"] && root["trades"]?.integer == 1 && root["position"]?.integer == before)
            #expect(try await head(ledger) == before)
            // The same request without it is a dry run of as much.
            let dry = try JSONDocument(parsing: await api.respond(to: post(path, "")).body).root
            #expect(dry["asked"]?.integer == root["asked"]?.integer && dry["preview"] == nil)
            #expect(await api.respond(to: post(path, #"{"preview":true,"dry_run":true}"#)).status == 200)
            #expect(await api.respond(to: post(path, #"{"preview":true,"dry_run":false}"#)).status == 400)
            #expect(await api.respond(to: post(path, #"{"preview":true}"#, key: nil)).status == 401)
        }
    }
}
