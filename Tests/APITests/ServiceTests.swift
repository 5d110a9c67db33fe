import API
import Foundation
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing

/// The whole service over real sockets: HTTP, projectors, and how it ends.
@Suite struct ServiceTests {
    private let keys = ["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]
    private let syncPath = "/api/internal/trades/sync"

    private func feedSettings(_ server: SampleFeedServer, timeout: String = "10") -> [String: String] {
        [
            "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests", "ALPHA_TRADE_FEED_URL": server.url, "ALPHA_TRADE_FEED_API_KEY": "feed-key",
            "ALPHA_TRADE_FEED_PORTFOLIOS": "IMST,ICOI", "ALPHA_TRADE_FEED_TIMEOUT_SECONDS": timeout,
        ]
    }

    private func withFeed<T>(_ body: (SampleFeedServer) async throws -> T) async throws -> T {
        let server = try await SampleFeedServer.start(feed: .sample, apiKey: "feed-key")
        let result: Result<T, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await server.stop()
        return try result.get()
    }

    @Test func `a posted sync is projected by the service itself and read back`() async throws {
        try await withFeed { server in
            try await withService(feedSettings(server)) { service in
                let run = try await service.post(syncPath, #"{"dry_run": false, "full_scope": true}"#)
                #expect(run.status == 200)
                #expect(try run.json()["inserted"]?.integer == 749)
                let head = try #require(try await service.ask("/api/ledger/head").json()["position"]?.integer)
                // The answer waits for the projector, at most two seconds: a busy machine asks again.
                let page = try await untilFolded { try await service.ask("/api/internal/trades?limit=1000&as_of_position=\(head)") }
                #expect(page.status == 200)
                let rows = try #require(try page.json()["rows"])
                #expect(rows.count == 749)
                let id = try #require(rows.elements.first { _ in true }?["source_trade_id"]?.string)
                let history = try await service.ask("/api/internal/trades/\(id)/history").json()
                #expect(history["events"]?.count == 1 && history["head_position"]?.integer == head)
                let state = try await untilFolded {
                    try await service.ask("/api/internal/trades/sync-state?as_of_position=\(head)")
                }.json()
                #expect(
                    state["rows"]?.elements.compactMap { $0["scope_key"]?.string } == [
                        "portfolio_names=ICOI,IMST|include_pending=false"
                    ])
                // Each projection follows at its own pace.
                var lags: [Int64?] = []
                for _ in 0..<1000 {
                    let projections = try #require(try await service.ask("/api/ledger/projections").json()["projections"])
                    #expect(projections.elements.allSatisfy { $0["poison"]?.isNull == true })
                    lags = projections.elements.map { $0["lag"]?.integer }
                    if lags.allSatisfy({ $0 == 0 }) { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(lags == service.ledger.registry.names.map { _ in 0 })
                #expect(try await service.ask("/readyz").status == 200)
            }
        }
    }

    @Test func `every answer has a request id no CORS and a cache policy`() async throws {
        try await withService { service in
            var ids: Set<String> = []
            for (target, cache) in [
                ("/api/ledger/head", "no-cache"), ("/api/ledger/events", "no-cache"), ("/api/internal/trades", "no-cache"),
                ("/api/ledger/events/1", "private, max-age=31536000, immutable"), ("/healthz", "no-store"), ("/none", "no-store"),
            ] {
                let answer = try await service.ask(target, headers: [("Origin", "https://evil.example"), ("X-Request-Id", "mine")])
                #expect(answer.headers["cache-control"] == cache, "\(target)")
                #expect(answer.headers.keys.allSatisfy { !$0.hasPrefix("access-control") })
                ids.insert(try #require(answer.headers["x-request-id"]))
            }
            #expect(ids.count == 6 && !ids.contains("mine"))
            let type = try await service.ask("/none").headers["content-type"]
            #expect(type == "application/problem+json")
            let head = try await service.ask("/api/ledger/head", method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test func `lists and events are not sent again while nothing changed`() async throws {
        try await withService { service in
            for target in ["/api/ledger/head", "/api/ledger/events?limit=2", "/api/ledger/events/1"] {
                let tag = try #require(try await service.ask(target).headers["etag"])
                #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
                for sent in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let again = try await service.ask(target, headers: [("If-None-Match", sent)])
                    #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag, "\(target) \(sent)")
                }
                #expect(try await service.ask(target, headers: [("If-None-Match", "\"other\"")]).status == 200)
            }
            let before = try await service.ask("/api/ledger/events").headers["etag"]
            try await service.ledger.log.append([recorded(try sampleRow("new"))], runID: service.ledger.newID())
            let after = try await service.ask("/api/ledger/events", headers: [("If-None-Match", before ?? "")])
            #expect(after.status == 200 && after.headers["etag"] != before)
        }
    }

    @Test func `keys travel as bearer only and a wrong one is challenged`() async throws {
        try await withService(keys) { service in
            let path = "/api/ledger/head"
            let without = try await service.ask(path)
            #expect(without.status == 401 && without.headers["www-authenticate"] == "Bearer")
            #expect(try without.code() == "unauthorized")
            #expect(try await service.ask(path, headers: [("Authorization", "Bearer reader-key-of-tests")]).status == 200)
            #expect(try await service.ask("\(path)?key=reader-key-of-tests").status == 401)
            let twice = [("Authorization", "Bearer reader-key-of-tests"), ("Authorization", "Bearer reader-key-of-tests")]
            #expect(try await service.ask(path, headers: twice).status == 401)
            // The read key is right and may not: nobody guessed, so that its address is never made to wait.
            for _ in 0..<25 {
                let reader = try await service.post(syncPath, "{}", key: "reader-key-of-tests")
                #expect(reader.status == 403)
                #expect(try reader.code() == "forbidden")
            }
            #expect(try await service.post(syncPath, "{}", key: nil).status == 401)
            #expect(try await service.ask("/healthz").status == 200)
            // With a key, a proxy may stand before the service.
            let proxied = [("Authorization", "Bearer reader-key-of-tests"), ("X-Forwarded-For", "1.2.3.4"), ("Host", "ledger.example")]
            #expect(try await service.ask(path, headers: proxied).status == 200)
        }
    }

    @Test func `without a read key a rebinding page or a proxy is refused`() async throws {
        try await withService { service in
            for host in ["localhost", "LOCALHOST:1", "[::1]", "[::1]:8080", "127.0.0.1"] {
                #expect(try await service.ask("/api/ledger/head", headers: [("Host", host)]).status == 200, "\(host)")
            }
            for headers in [
                [("Host", "evil.example")], [("Host", "localhost.evil.example")], [("Host", "127.0.0.1:80.evil.example")],
                [("Host", "[::1]evil.example")], [("Host", "[::2]")], [("Host", "")],
                [("Host", "localhost"), ("Host", "evil.example")], [("X-Forwarded-Anything", "x")], [("X-Real-IP", "1.2.3.4")],
                [("Via", "1.1 proxy")], [("Forwarded", "for=1.2.3.4")],
            ] {
                let answer = try await service.ask("/api/ledger/head", headers: headers)
                #expect([400, 403].contains(answer.status), "\(headers)")
            }
        }
    }

    @Test func `a body beyond the limit is refused however it is sent`() async throws {
        try await withService(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]) { service in
            let long = #"{"dry_run": true"# + String(repeating: " ", count: 70_000) + "}"
            let answer = try await service.post(syncPath, long)
            #expect(answer.status == 413)
            #expect(try answer.code() == "body_too_large")
            #expect(answer.headers["x-request-id"] != nil)
            let chunk = String(repeating: "x", count: 0x8000)
            let chunked = try await service.ask(
                syncPath, method: "POST", headers: [("Authorization", "Bearer admin-key-of-tests"), ("Transfer-Encoding", "chunked")],
                body: (0..<4).map { _ in "8000\r\n\(chunk)\r\n" }.joined() + "0\r\n\r\n")
            #expect(chunked.status == 413)
            let nested = try await service.post(syncPath, String(repeating: "[", count: 30_000))
            #expect(nested.status == 400)
            #expect(try nested.code() == "bad_body")
            #expect(try await service.ask("/healthz").status == 200)
        }
    }

    @Test(arguments: ["PUT", "DELETE", "PATCH", "TRACE"])
    func otherMethodsAreNotAllowedWhateverTheKeys(_ method: String) async throws {
        try await withService { service in
            let answer = try await service.ask("/api/ledger/head", method: method)
            #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD, OPTIONS")
            #expect(try answer.code() == "method_not_allowed")
        }
    }

    @Test func `a second sync of the scope is a conflict and a slow feed a timeout`() async throws {
        try await withFeed { server in
            try await withService(feedSettings(server, timeout: "0.4")) { service in
                let other = try await PostgresConnection.open(service.ledger.serviceConfiguration)
                let key = "portfolio_names=ICOI,IMST|include_pending=false"
                _ = try await other.run { session in
                    try session.execute("SELECT pg_advisory_lock(hashtextextended('sync|' || $1, 0))", [.text(key)])
                }
                let second = try await service.post(syncPath, "{}")
                await other.close()
                #expect(second.status == 409)
                #expect(try second.code() == "conflict")
                server.setFailures(.every(.delay(seconds: 3)))
                let slow = try await service.post(syncPath, "")
                #expect(slow.status == 504)
                #expect(try slow.code() == "feed_timed_out")
            }
        }
    }

    @Test func `what the projection has not folded yet is never answered with older rows`() async throws {
        try await withService(projectors: false) { service in
            try await service.ledger.log.append([recorded(try sampleRow("new"))], runID: service.ledger.newID())
            let answer = try await service.ask("/api/internal/trades?as_of_position=8")
            #expect(answer.status == 503 && answer.headers["retry-after"] == "1")
            #expect(try answer.code() == "projection_behind")
        }
    }

    @Test func `an internal error says nothing about the inside`() async throws {
        try await withService(projectors: false) { service in
            try await superuser(service, "REVOKE SELECT ON ledger.events FROM alpha_ledger_service, alpha_ledger_reader")
            let answer = try await service.ask("/api/ledger/events")
            #expect(answer.status == 500)
            #expect(try answer.code() == "internal")
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(["SELECT", "permission", "ledger.", "42501"].allSatisfy { !text.contains($0) }, "\(text)")
        }
    }

    @Test func `readiness tells of another schema and of a lost database`() async throws {
        try await withService(projectors: false) { service in
            try await superuser(
                service, "INSERT INTO ledger.migrations (number, name, checksum) VALUES (9999, 'later', 'x')")
            let newer = try await service.ask("/readyz")
            #expect(newer.status == 503)
            #expect(try newer.json()["problems"]?.elements.compactMap(\.string).first?.contains("schema") == true)
            let database = try await service.ledger.pool.run { session in
                try session.execute("SELECT current_database()")[0].text(0)
            }
            try await superuser(service, "DROP DATABASE \(quoteIdentifier(database)) WITH (FORCE)", database: "postgres")
            for target in ["/readyz", "/api/ledger/head"] {
                let lost = try await service.ask(target)
                #expect(lost.status == 503, "\(target)")
                if target != "/readyz" { #expect(try lost.code() == "database_unreachable") }
            }
            #expect(try await service.ask("/healthz").status == 200)
        }
    }

    @Test func `a stop ends idle connections and gives leases back`() async throws {
        try await withDatabase { uri in
            let ledger = try await Ledger.open(
                try Settings(environment: ledgerEnvironment(uri)), Resources(root: projectRoot), migration: .always, logger: quiet)
            let service = try LedgerService(ledger, host: "127.0.0.1", port: 0, runsProjectors: true, logger: quiet)
            let connection = try await run(service) { port in
                let running = RunningService(ledger: ledger, port: port)
                for _ in 0..<1000 {
                    let leases = try await leaseOwners(ledger)
                    if leases.allSatisfy({ $0 == ledger.owner }) { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await leaseOwners(ledger) == ledger.registry.names.map { _ in ledger.owner })
                // A connection that was served and is kept alive by its client.
                let connection = try running.connect()
                try connection.write(contentsOf: Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                var answer = [UInt8](repeating: 0, count: 4096)
                #expect(recv(connection.fileDescriptor, &answer, answer.count, 0) > 0)
                return connection
            }
            // Nothing is sent but the end, and perhaps the rest of the answer.
            #expect(RunningService.readAll(connection.fileDescriptor).count < 100)
            #expect(try await leaseOwners(ledger) == ledger.registry.names.map { _ in nil })
            await ledger.close()
        }
    }

    @Test func `a port in use is named with its host`() async throws {
        try await withService(projectors: false) { service in
            let second = try LedgerService(
                service.ledger, host: "127.0.0.1", port: service.port, runsProjectors: true, logger: quiet)
            let error = await #expect(throws: LedgerService.Failure.self) {
                try await second.run(until: { try? await Task.sleep(for: .seconds(60)) }) { _ in }
            }
            #expect(
                error?.description
                    == "the service can't listen on 127.0.0.1:\(service.port): the address is in use (--port or ALPHA_LEDGER_PORT)")
            #expect(try await service.ask("/healthz").status == 200)
        }
    }

    @Test func `the service listens beyond loopback only with a read key`() throws {
        let open = try Settings(environment: [:])
        for host in ["127.0.0.1", "127.8.8.8", "localhost", "::1"] { try LedgerService.check(host: host, open) }
        for host in ["0.0.0.0", "::", "10.0.0.1", "ledger.example", "", "127.0.0.1.example"] {
            #expect(throws: SettingProblem.self, "\(host)") { try LedgerService.check(host: host, open) }
            try LedgerService.check(host: host, try Settings(environment: ["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests"]))
        }
    }

    private func untilFolded(_ ask: () async throws -> RunningService.Answer) async throws -> RunningService.Answer {
        for _ in 0..<20 {
            let answer = try await ask()
            if answer.status != 503 { return answer }
        }
        return try await ask()
    }

    private func leaseOwners(_ ledger: Ledger) async throws -> [String?] {
        try await ProjectionStatus.all(ledger).versions.map(\.leaseOwner)
    }

    private func superuser(_ service: RunningService, _ sql: String, database: String? = nil) async throws {
        var parts = try #require(URLComponents(string: service.ledger.serviceConfiguration.uri))
        if let database { parts.path = "/\(database)" }
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: try #require(parts.string)))
        let result: Result<Void, any Error>
        do {
            result = .success(try await connection.run { session in try session.executeScript(sql) })
        } catch {
            result = .failure(error)
        }
        await connection.close()
        try result.get()
    }
}
