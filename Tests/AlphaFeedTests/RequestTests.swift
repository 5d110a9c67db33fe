import AlphaFeed
import Curl
import LedgerJSON
import LedgerValues
import LoopbackServer
import OptionTrades
import Testing

/// What is asked of the feed, as the feed reads it (docs/contract/alpha-feed.md, "Request").
@Suite("Feed requests", .timeLimit(.minutes(1)))
struct RequestTests {
    private func targets(
        _ portfolios: [String], includePending: Bool = false, since: Instant? = nil, path: String = "/export",
        cursors: [String] = []
    ) async throws -> [String] {
        let feed = try ScriptedFeed(cursors.map { .json(ScriptedFeed.page(next: $0)) } + [.json(ScriptedFeed.page())])
        _ = try await feed.client(path: path).pages(
            scope: ExecutionScope(portfolios: portfolios, includePending: includePending), updatedSince: since,
            lowestWatermark: nil
        ) { _, _ in }
        for request in feed.server.requests { #expect(request.header("Authorization") == ScriptedFeed.key) }
        return feed.server.requests.map(\.target)
    }

    @Test func `A full run asks with sorted names, the flag and the limit`() async throws {
        #expect(
            try await targets(["IMST", "ICOI", "IMST"])
                == ["/export?portfolioNames=ICOI,IMST&includePending=false&limit=500"])
        #expect(
            try await targets(["A"], includePending: true) == ["/export?portfolioNames=A&includePending=true&limit=500"]
        )
    }

    @Test func `An incremental run asks for what changed since, on every page, and passes cursors on`() async throws {
        let first = "/export?portfolioNames=A&includePending=false&limit=500&updatedSince=2026-02-03T21:14:09.120000Z"
        #expect(
            try await targets(["A"], since: Instant(ScriptedFeed.watermark), cursors: ["b64+/=", "a b&c=%"])
                == [first, "\(first)&cursor=b64%2B%2F%3D", "\(first)&cursor=a%20b%26c%3D%25"])
    }

    @Test func `Names are percent-encoded, sorted by bytes, with the commas between them as they are`() async throws {
        #expect(
            try await targets(["é", "z", "Z", "a b", "x&y=1", "e\u{301}", "50%"])
                == ["/export?portfolioNames=50%25,Z,a%20b,e%CC%81,x%26y%3D1,z,%C3%A9&includePending=false&limit=500"])
    }

    @Test(arguments: [
        ("/export?tenant=7&mode=a%2Cb", "/export?tenant=7&mode=a%2Cb&portfolioNames=A"),
        ("/export?", "/export?portfolioNames=A"),
        ("/export?x=1&", "/export?x=1&portfolioNames=A"),
        ("/export#part", "/export?portfolioNames=A"),
        ("", "/?portfolioNames=A"),
    ])
    func `A URL keeps the query that it has`(path: String, expected: String) async throws {
        #expect(try await targets(["A"], path: path) == ["\(expected)&includePending=false&limit=500"])
    }

    @Test func `The run tells its pages, its last cursor that was not null and its watermark`() async throws {
        let feed = try ScriptedFeed(
            ScriptedFeed.page("1", next: "c1"), ScriptedFeed.page("2", "3", next: "c2"), ScriptedFeed.page())
        let run = try await feed.fetch()
        #expect(run.end.pages == 3)
        #expect(run.end.lastCursor == "c2")
        #expect(run.end.watermark == Instant(ScriptedFeed.watermark))
        #expect(run.pages.map(\.rowCount) == [1, 2, 0])
        #expect(run.pages.map(\.hasMore) == [true, true, false])
        #expect(run.pages.map(\.nextCursor) == ["c1", "c2", nil])
    }

    @Test func `A row's bytes are the ones that were sent`() async throws {
        let rows = [#"{ "tradeId" : "é\u0041", "price":12.10 }"#, " 1.0e2", "[ ]"]
        let page = try #require(
            try await ScriptedFeed(
                #"{"rows":[\#(rows.joined(separator: ", "))],"nextCursor":null,"hasMore":false,"watermark":"2026-02-03T00:00:00Z"}"#
            )
            .fetch().pages.first)
        let found = page.rows.map { String(decoding: page.document.bytes[$0.sourceRange], as: UTF8.self) }
        #expect(found == [rows[0], "1.0e2", "[ ]"])
    }

    @Test(arguments: [[], [""], ["A", ""], ["A,B"], ["A\n"], ["\0"]])
    func `A scope that can't be asked for is refused`(portfolios: [String]) {
        #expect(throws: portfolios.isEmpty ? ExecutionScopeError.noPortfolio : .badPortfolio) { try ExecutionScope(portfolios: portfolios) }
    }

    @Test func `A scope's key names its portfolios in order`() throws {
        let scope = try ExecutionScope(portfolios: ["IMST", "ICOI", "IMST"], includePending: true)
        #expect(scope.key == "portfolio_names=ICOI,IMST|include_pending=true")
        #expect(try ExecutionScope(portfolios: ["A"]).key == "portfolio_names=A|include_pending=false")
    }

    @Test func `No text of the configuration holds the key or the query`() {
        let configuration = AlphaFeedConfiguration(url: "https://example.com/export?k=hunter2", apiKey: "hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("https://example.com/export"))
        }
    }
}
