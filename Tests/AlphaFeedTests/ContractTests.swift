import AlphaFeed
import LedgerValues
import LoopbackServer
import OptionTrades
import Testing

/// Every way in which an answer can break the contract (docs/contract/alpha-feed.md, "Failures of a run"), over HTTP.
@Suite("Feed contract", .timeLimit(.minutes(1)))
struct ContractTests {
    private static let later = "2026-02-04T00:00:00Z"

    private func code(_ bodies: [String], stored: Instant? = nil) async throws -> String? {
        try await ScriptedFeed(bodies.map { .json($0) }).failure(stored: stored)?.code
    }

    @Test(arguments: [
        "", "nope", "{", #"{"rows":[],}"#, "\u{FEFF}{}", #"{"rows":[01]}"#, "{} {}", "<html></html>",
        #"{"rows":["\#u{1}"],"nextCursor":null,"hasMore":false,"watermark":null}"#,
    ])
    func `A body that is not JSON`(body: String) async throws {
        #expect(try await code([body]) == "body_not_json")
    }

    @Test func `A body that is not UTF-8`() async throws {
        let body =
            Array(#"{"rows":[""#.utf8) + [0xff] + Array(#""],"nextCursor":null,"hasMore":false,"watermark":null}"#.utf8)
        let feed = try ScriptedFeed([.response(status: 200, headers: [], body: body)])
        #expect(await feed.failure()?.code == "body_not_json")
    }

    @Test func `64 levels of nesting are accepted and 65 are not`() async throws {
        // The envelope, the rows and the row are three of them.
        func body(_ levels: Int) -> String {
            let inner = String(repeating: "[", count: levels - 3) + String(repeating: "]", count: levels - 3)
            return ScriptedFeed.page(#"{"extra":\#(inner)}"#)
        }
        #expect(try await code([body(64)]) == nil)
        #expect(try await code([body(65)]) == "nesting_too_deep")
    }

    @Test(arguments: [
        #"{"rows":[],"rows":[],"nextCursor":null,"hasMore":false,"watermark":null}"#,
        ScriptedFeed.page(#"{"price":1,"price":1}"#),
        ScriptedFeed.page(#"{"price":1,"\u0070rice":2}"#),
        ScriptedFeed.page(#"{"extra":[{"a":{"b":1,"b":1}}]}"#),
    ])
    func `An object with a key twice, wherever it is and however it is spelled`(body: String) async throws {
        #expect(try await code([body]) == "duplicate_key")
    }

    @Test(arguments: ["[]", "null", "1", #""rows""#])
    func `A body that is no object`(body: String) async throws {
        #expect(try await code([body]) == "envelope_not_object")
    }

    @Test(arguments: ["rows", "nextCursor", "hasMore", "watermark"])
    func `A missing envelope key is named`(key: String) async throws {
        let members = [
            ("rows", "[]"), ("nextCursor", "null"), ("hasMore", "false"), ("watermark", "null"),
        ].filter { $0.0 != key }.map { "\"\($0.0)\":\($0.1)" }
        let error = try await ScriptedFeed("{\(members.joined(separator: ","))}").failure()
        #expect(error?.code == "envelope_key_missing")
        #expect("\(error as Any)".contains(key))
    }

    @Test(arguments: [
        ("rows", "null"), ("rows", "{}"), ("rows", #""a""#), ("nextCursor", "7"), ("nextCursor", #""""#),
        ("nextCursor", "false"), ("nextCursor", #""\u0000""#), ("nextCursor", #""\ud800""#), ("hasMore", "null"),
        ("hasMore", #""false""#), ("hasMore", "0"), ("watermark", "1770153249"), ("watermark", #""""#),
        ("watermark", #""2026-02-03""#), ("watermark", #""2026-02-03T21:14:09""#),
        ("watermark", #""2026-02-30T00:00:00Z""#), ("watermark", "{}"),
    ])
    func `An envelope key of another type or form is named`(key: String, value: String) async throws {
        var members = ["rows": "[]", "nextCursor": "null", "hasMore": "false", "watermark": "null"]
        members[key] = value
        let error = try await ScriptedFeed(
            "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
        ).failure()
        #expect(error?.code == "envelope_key_mistyped")
        #expect("\(error as Any)".contains(key))
    }

    @Test(arguments: [("true", "null"), ("false", #""c1""#)])
    func `hasMore and nextCursor contradict each other`(hasMore: String, cursor: String) async throws {
        let body = #"{"rows":[],"nextCursor":\#(cursor),"hasMore":\#(hasMore),"watermark":null}"#
        #expect(try await code([body]) == "has_more_contradicts_cursor")
    }

    @Test func `A null watermark beside rows, on whichever page`() async throws {
        #expect(try await code([ScriptedFeed.page("{}", watermark: nil)]) == "null_watermark_with_rows")
        #expect(
            try await code([
                ScriptedFeed.page(next: "c1", watermark: nil), ScriptedFeed.page("{}", watermark: nil),
            ]) == "null_watermark_with_rows")
    }

    @Test func `A cursor that was there before, at once or later`() async throws {
        let again = [ScriptedFeed.page(next: "c1"), ScriptedFeed.page(next: "c1")]
        #expect(try await code(again) == "repeated_cursor")
        let loop = ["c1", "c2", "c3", "c2"].map { ScriptedFeed.page(next: $0) }
        #expect(try await code(loop) == "repeated_cursor")
    }

    @Test func `Cursors are compared by their bytes`() async throws {
        // The two spellings of é are equal as Swift strings.
        let feed = try ScriptedFeed(
            ScriptedFeed.page(next: "\u{e9}"), ScriptedFeed.page(next: "e\u{301}"), ScriptedFeed.page())
        #expect(try await feed.fetch().end.pages == 3)
    }

    @Test func `A watermark below the stored one, unless that is allowed`() async throws {
        let stored = try #require(Instant("2026-02-03T21:14:09.120001Z"))
        let feed = try ScriptedFeed(ScriptedFeed.page("{}"))
        #expect(await feed.failure(stored: stored)?.code == "watermark_below_stored")
        let run = try await feed.fetch(stored: stored, allowLower: true)
        #expect(run.end.watermark == Instant(ScriptedFeed.watermark))
        #expect(await feed.failure(stored: Instant(ScriptedFeed.watermark)) == nil)
    }

    @Test func `An empty scope has no watermark, and the stored one is not compared`() async throws {
        let run = try await ScriptedFeed(ScriptedFeed.page(watermark: nil)).fetch(stored: .maximum)
        #expect(run.end.pages == 1)
        #expect(run.end.lastCursor == nil)
        #expect(run.end.watermark == nil)
    }

    @Test(arguments: [later, nil])
    func `A watermark that changes between pages`(second: String?) async throws {
        #expect(
            try await code([ScriptedFeed.page(next: "c1"), ScriptedFeed.page(watermark: second)]) == "watermark_changed"
        )
    }

    @Test func `A watermark may be spelled another way on another page`() async throws {
        let feed = try ScriptedFeed(
            ScriptedFeed.page(next: "c1"), ScriptedFeed.page(watermark: "2026-02-03T22:14:09.12+01:00"))
        #expect(await feed.failure() == nil)
    }

    @Test func `Keys that the envelope need not have are no failure`() async throws {
        let feed = try ScriptedFeed(#"{"rows":[],"nextCursor":null,"hasMore":false,"watermark":null,"total":0}"#)
        #expect(await feed.failure() == nil)
    }

    @Test func `A failure names its page, and pages before it were given out`() async throws {
        let feed = try ScriptedFeed(ScriptedFeed.page("1", "2", next: "c1"), ScriptedFeed.page("3", next: "c2"), "{")
        var rows = 0
        let error = await #expect(throws: FeedError.self) {
            _ = try await feed.client().pages(
                scope: ExecutionScope(portfolios: ["A"]), updatedSince: nil, lowestWatermark: nil
            ) { page, _ in
                rows += page.rowCount
            }
        }
        #expect(rows == 3)
        guard case .contract(let contract) = error else {
            Issue.record("not a contract failure: \(error as Any)")
            return
        }
        #expect(contract.page == 3)
        #expect(contract.code == .bodyNotJSON)
        #expect(error?.isUnreachable == false)
    }
}
