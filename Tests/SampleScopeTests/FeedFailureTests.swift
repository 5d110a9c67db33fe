import LedgerJSON
import LedgerValues
import SampleScope
import Testing

@Suite("Failures of the sample feed")
struct FeedFailureTests {
    private static let query = "portfolioNames=ICOI,IMST&limit=300"

    @Test func `a status with headers and a body comes for the requests planned, then the feed is well again`() async throws {
        let busy = FailurePlan.Failure.status(429, headers: [("Retry-After", "1")], body: "slow down")
        try await withServer(.sample, failures: .first(2, busy)) { server, client in
            for _ in 0..<2 {
                let answer = try await client.get(Self.query)
                #expect(answer.status == 429)
                #expect(answer.headers["retry-after"] == "1")
                #expect(answer.body == Array("slow down".utf8))
            }
            try await #expect(client.page(Self.query).ids.count == 300)
            #expect(server.requestCount == 3)
        }
    }

    @Test func `a plan counts from the request after it was installed`() async throws {
        try await withServer(.sample) { server, client in
            try await #expect(client.get(Self.query).status == 200)
            server.setFailures(.requests([1: .status(503)]))
            try await #expect(client.get(Self.query).status == 200)
            try await #expect(client.get(Self.query).status == 503)
            try await #expect(client.get(Self.query).status == 200)
            server.setFailures(.every(.status(500)))
            try await #expect(client.get(Self.query).status == 500)
            server.setFailures(.none)
            try await #expect(client.get(Self.query).status == 200)
        }
    }

    @Test(arguments: [0, 1000, 10_000_000])
    func `a connection dropped in the middle of a body is an error to the client`(afterBytes: Int) async throws {
        try await withServer(.sample, failures: .requests([0: .connectionDropped(afterBytes: afterBytes)])) {
            _, client in
            await #expect(throws: (any Error).self) { try await client.get(Self.query) }
            try await #expect(client.page(Self.query).ids.count == 300)
        }
    }

    @Test(arguments: [0, 1, 1000, 10_000_000])
    func `a truncated page is a complete answer that is no JSON`(afterBytes: Int) async throws {
        try await withServer(.sample, failures: .requests([0: .truncated(afterBytes: afterBytes)])) { _, client in
            let answer = try await client.get(Self.query)
            #expect(answer.status == 200 && answer.body.count <= afterBytes)
            #expect(throws: JSONError.self) { try JSONDocument(parsing: answer.body) }
            let whole = try await client.get(Self.query).body
            #expect(answer.body.count == min(afterBytes, whole.count - 1) && whole.starts(with: answer.body))
        }
    }

    @Test func `a delay comes before the answer, proper or not`() async throws {
        let failures = FailurePlan.requests([0: .delay(seconds: 0.2), 1: .delay(seconds: 0.2, then: .status(503))])
        try await withServer(.sample, failures: failures) { _, client in
            let start = ContinuousClock.now
            try await #expect(client.page(Self.query).ids.count == 300)
            #expect(ContinuousClock.now - start >= .milliseconds(200))
            try await #expect(client.get(Self.query).status == 503)
        }
    }

    @Test func `any bytes can be a body`() async throws {
        let bytes: [UInt8] = [0x7B, 0xFF, 0x00, 0x0A]
        try await withServer(.sample, failures: .every(.body(bytes))) { _, client in
            let answer = try await client.get("")
            #expect(answer.status == 200 && answer.body == bytes)
        }
    }

    @Test func `watermark, cursor and hasMore can be wrong on a page that is right otherwise`() async throws {
        let watermark = try #require(Instant("2020-01-01T00:00:00Z"))
        let failures = FailurePlan.requests([
            0: .watermark(watermark), 1: .repeatedCursor, 2: .hasMore(false), 3: .watermark(nil),
        ])
        try await withServer(.sample, failures: failures) { _, client in
            let first = try await client.page(Self.query)
            #expect(first.watermark == watermark && first.ids.count == 300)
            let cursor = try #require(first.nextCursor)
            let second = try await client.page("\(Self.query)&cursor=\(cursor)")
            #expect(second.nextCursor == cursor && second.hasMore && second.watermark != watermark)
            let third = try await client.page(Self.query)
            #expect(third.nextCursor != nil && !third.hasMore)
            let fourth = try await client.page(Self.query)
            #expect(fourth.watermark == nil && !fourth.ids.isEmpty)
        }
    }
}
