import Foundation
import LedgerJSON
import LedgerValues
import SampleScope
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Quotes over real HTTP.
@Suite("The sample's quote server", .timeLimit(.minutes(2)))
struct SampleMarketServerTests {
    private static let key = "quote-secret"
    private static let path = "/analytics/volatility/level-1-quotes/tradfi"

    private struct Answer {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        func root() throws -> JSONValue { try JSONDocument(parsing: body).root }

        func rows() throws -> [JSONValue] {
            try #require(status == 200)
            return Array(try #require(try root()["payload"]?["data"]).elements)
        }

        /// The texts of an error.
        func message() throws -> String { try root()["message"]?.string ?? "" }
    }

    /// One contract's quotes of an hour; a nil leaves the parameter out.
    private static func query(_ changes: [String: String?] = [:]) -> String {
        var parameters: [String: String?] = [
            "currency": "MSTR", "expiration": "2025-12-19", "strike": "300", "putCall": "C",
            "startDate": "2025-10-01T15:00:00Z", "endDate": "2025-10-01T16:00:00Z", "timeInterval": "minute",
        ]
        for (name, value) in changes { parameters[name] = .some(value) }
        return parameters.sorted { $0.key < $1.key }.compactMap { name, value in value.map { "\(name)=\($0)" } }
            .joined(separator: "&")
    }

    private static func get(
        _ server: SampleQuoteServer, _ changes: [String: String?] = [:], key: String? = key, path: String = path
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "\(server.baseURL)\(path)?\(query(changes))")))
        if let key { request.setValue(key, forHTTPHeaderField: "x-api-key") }
        request.timeoutInterval = 30
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        var headers: [String: String] = [:]
        for (name, value) in http.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
        return Answer(status: http.statusCode, headers: headers, body: [UInt8](data))
    }

    private static func withServer(
        _ failures: FailurePlan = .none, _ body: (SampleQuoteServer) async throws -> Void
    ) async throws {
        let server = try await SampleQuoteServer.start(apiKey: key, failures: failures)
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// A moment in which a quote's bucket begins.
    private static func bucket(_ row: JSONValue) throws -> Instant {
        try #require(row["timestamp"]?.string.flatMap { Instant($0) })
    }

    @Test func `an answer is an envelope of rows that name their contract, newest first, within the span`() async throws {
        try await Self.withServer { server in
            let answer = try await Self.get(server)
            let root = try answer.root()
            #expect(root["status"]?.integer == 200 && root["title"]?.string == "OK")
            #expect(root["payload"]?["metadata"]?["api-version"]?.string == "2023-09-30")
            #expect(root["payload"]?["metadata"]?["next"] == nil)
            #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
            let rows = try answer.rows()
            #expect(rows.count == 10)
            let start = try #require(Instant("2025-10-01T15:00:00Z"))
            let end = try #require(Instant("2025-10-01T16:00:00Z"))
            for row in rows {
                #expect(row["currency"]?.string == "MSTR" && row["putCall"]?.string == "C")
                #expect(row["strike"]?.decimal == FixedDecimal(300) && row["exchange"]?.string == "tradfi")
                #expect(row["expirationTimestamp"]?.string == "2025-12-19 00:00:00 000")
                let bucket = try Self.bucket(row)
                #expect(start <= bucket && bucket < end)
                let time = try #require(row["exchangeTimestamp"]?.integer)
                #expect(0..<60_000 ~= time - bucket.microseconds / 1000)
                // As TradFi has them.
                for name in ["bidVolume", "askVolume", "volume", "openInterest"] { #expect(row[name]?.isNull == true) }
                #expect(try #require(row["underlyingPrice"]?.decimal) > FixedDecimal(300))
                let volatility = try #require(row["markIv"]?.decimal)
                #expect(volatility > FixedDecimal(60) && volatility < FixedDecimal(90))
            }
            let buckets = try rows.map(Self.bucket)
            for (later, earlier) in zip(buckets, buckets.dropFirst()) { #expect(earlier < later) }
        }
    }

    @Test func `the same question has the same answer, from another server too`() async throws {
        try await Self.withServer { server in
            let body = try await Self.get(server).body
            try await #expect(Self.get(server).body == body)
            #expect(server.requestCount == 2)
            try await Self.withServer { other in try await #expect(Self.get(other).body == body) }
        }
    }

    @Test func `the start counts and the end does not`() async throws {
        try await Self.withServer { server in
            let buckets = try await Self.get(server).rows().map { try Self.bucket($0).description }
            let (last, first) = (try #require(buckets.first), try #require(buckets.last))
            let between = try await Self.get(server, ["startDate": first, "endDate": last]).rows()
            #expect(try between.map { try Self.bucket($0).description } == Array(buckets.dropFirst()))
            try await #expect(Self.get(server, ["startDate": first, "endDate": first]).rows().isEmpty)
            try await #expect(Self.get(server, ["startDate": last, "endDate": first]).rows().isEmpty)
        }
    }

    @Test func `an hour is its last quote, in a bucket on the hour`() async throws {
        try await Self.withServer { server in
            let day: [String: String?] = [
                "startDate": "2025-10-01T00:00:00Z", "endDate": "2025-10-02T00:00:00Z", "timeInterval": "hour",
            ]
            let hourly = try await Self.get(server, day).rows()
            #expect(hourly.count == 7)
            for row in hourly {
                let bucket = try Self.bucket(row)
                #expect(bucket.microseconds % 3_600_000_000 == 0)
                let end = try #require(bucket.advanced(byMicroseconds: 3_600_000_000))
                let minutes = try await Self.get(
                    server, ["startDate": bucket.description, "endDate": end.description]
                ).rows()
                let last = try #require(minutes.first)
                for name in ["exchangeTimestamp", "bid", "ask", "markPrice", "underlyingPrice"] {
                    #expect(row[name]?.sourceText == last[name]?.sourceText, "\(bucket) \(name)")
                }
            }
        }
    }

    @Test(arguments: [("minute", 60), ("hour", 1440)])
    func `more than 60 minutes or 24 hours are not answered at once`(interval: String, minutes: Int64) async throws {
        try await Self.withServer { server in
            let start = try #require(Instant("2025-10-01T00:00:00Z"))
            for (extra, status) in [(0, 200), (1, 400)] as [(Int64, Int)] {
                let end = try #require(start.advanced(byMicroseconds: minutes * 60_000_000 + extra * 1_000_000))
                let answer = try await Self.get(
                    server,
                    ["startDate": start.description, "endDate": end.description, "timeInterval": interval])
                #expect(answer.status == status, "\(extra)")
            }
        }
    }

    @Test(arguments: [nil, "", "quote-secre", "quote-secret2", "QUOTE-SECRET"])
    func `without its key nothing is answered`(key: String?) async throws {
        try await Self.withServer { server in
            let answer = try await Self.get(server, key: key)
            #expect(answer.status == 401)
            try #expect(answer.root()["error"]?.bool == true)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains(Self.key))
        }
    }

    @Test func `another path is not found`() async throws {
        try await Self.withServer { server in
            try await #expect(Self.get(server, path: "/analytics/volatility/index").status == 404)
            try await #expect(Self.get(server, path: Self.path + "/x").status == 404)
        }
    }

    @Test(
        "a parameter that is missing or has another form is a bad request",
        arguments: [
            ("currency", [nil]), ("expiration", [nil, "", "19DEC25", "2025-13-01", "2025-12-19T00:00:00Z"]),
            ("strike", [nil, "", "x", "1e400"]), ("putCall", [nil, "", "c", "CALL"]),
            ("startDate", [nil, "", "2025-10-01", "1759330800000"]), ("endDate", [nil, "tomorrow"]),
            ("timeInterval", [nil, "", "day", "Minute"]),
        ] as [(String, [String?])])
    func parameters(name: String, values: [String?]) async throws {
        try await Self.withServer { server in
            for value in values {
                let answer = try await Self.get(server, [name: value])
                #expect(answer.status == 400, "\(name)=\(value ?? "-")")
                try #expect(answer.message() == "a parameter is missing or has another form than documented")
            }
        }
    }

    @Test func `an unknown currency is a good answer without rows, as is a contract that nobody could trade`() async throws {
        try await Self.withServer { server in
            let nobody: [[String: String?]] = [
                ["currency": "NONE"], ["currency": "mstr"], ["currency": ""], ["strike": "300.001"],
                ["strike": "10000000000000000"], ["strike": "0"], ["expiration": "2025-09-26"],
            ]
            for changes in nobody {
                let answer = try await Self.get(server, changes)
                try #expect(answer.rows().isEmpty, "\(changes)")
            }
            try await #expect(Self.get(server, ["strike": "300.00"]).rows().count == 10)
        }
    }

    // MARK: - Failures

    @Test func `statuses come for the requests planned, then the server is well again`() async throws {
        let plan = FailurePlan.requests([
            0: .status(401), 1: .status(403, body: #"{"error":true,"message":"not in your plan"}"#),
            2: .status(429, headers: [("Retry-After", "3")]), 3: .status(500), 4: .status(503),
        ])
        try await Self.withServer(plan) { server in
            try await #expect(Self.get(server).status == 401)
            let refused = try await Self.get(server)
            #expect(refused.status == 403)
            try #expect(refused.message() == "not in your plan")
            let busy = try await Self.get(server)
            #expect(busy.status == 429 && busy.headers["retry-after"] == "3")
            try await #expect(Self.get(server).status == 500)
            try await #expect(Self.get(server).status == 503)
            try await #expect(Self.get(server).rows().count == 10)
            #expect(server.requestCount == 6)
        }
    }

    @Test func `a plan counts from the request after it was installed`() async throws {
        try await Self.withServer { server in
            try await #expect(Self.get(server).status == 200)
            server.setFailures(.requests([1: .status(503)]))
            for status in [200, 503, 200] { try await #expect(Self.get(server).status == status) }
            server.setFailures(.every(.status(500)))
            for _ in 0..<2 { try await #expect(Self.get(server).status == 500) }
            server.setFailures(.none)
            try await #expect(Self.get(server).status == 200)
            #expect(server.requestCount == 7)
        }
    }

    @Test(arguments: [0, 1, 700, 10_000_000])
    func `a truncated answer is complete to HTTP and no JSON`(afterBytes: Int) async throws {
        try await Self.withServer(.requests([0: .truncated(afterBytes: afterBytes)])) { server in
            let answer = try await Self.get(server)
            let whole = try await Self.get(server).body
            #expect(answer.status == 200 && answer.body.count == min(afterBytes, whole.count - 1))
            #expect(whole.starts(with: answer.body))
            #expect(throws: JSONError.self) { try JSONDocument(parsing: answer.body) }
        }
    }

    @Test(arguments: [0, 700, 10_000_000])
    func `a dropped connection is an error to the client`(afterBytes: Int) async throws {
        try await Self.withServer(.requests([0: .connectionDropped(afterBytes: afterBytes)])) { server in
            await #expect(throws: (any Error).self) { try await Self.get(server) }
            try await #expect(Self.get(server).rows().count == 10)
        }
    }

    @Test func `a delay comes before the answer, proper or not, and any body can be one`() async throws {
        let elsewhere = #"{"payload":{"data":[],"metadata":{"next":"https://elsewhere.example/x"}}}"#
        let plan = FailurePlan.requests([
            0: .delay(seconds: 0.2), 1: .delay(seconds: 0.2, then: .status(503)), 2: .body(Array(elsewhere.utf8)),
            3: .body([0x7B, 0xFF, 0x00]),
        ])
        try await Self.withServer(plan) { server in
            let start = ContinuousClock.now
            try await #expect(Self.get(server).rows().count == 10)
            try await #expect(Self.get(server).status == 503)
            #expect(ContinuousClock.now - start >= .milliseconds(400))
            try await #expect(Self.get(server).body == Array(elsewhere.utf8))
            try await #expect(Self.get(server).body == [0x7B, 0xFF, 0x00])
        }
    }

    @Test func `a stopped server answers nothing, and stopping twice changes nothing`() async throws {
        let server = try await SampleQuoteServer.start(apiKey: Self.key)
        try await #expect(Self.get(server).status == 200)
        await server.stop()
        await server.stop()
        await #expect(throws: (any Error).self) { try await Self.get(server) }
    }
}
