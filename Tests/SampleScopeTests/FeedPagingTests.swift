import LedgerJSON
import LedgerValues
import SampleScope
import Testing

@Suite("Pages of the sample feed over HTTP")
struct FeedPagingTests {
    @Test(arguments: [1000, 749, 748, 500, 123])
    func `a full run serves every row once, under one watermark`(limit: Int) async throws {
        try await withServer(.sample) { server, client in
            let pages = try await client.run(limit: limit)
            #expect(pages.flatMap(\.ids) == SampleScope.rows().map(\.tradeId))
            #expect(pages.count == (749 + limit - 1) / limit)
            #expect(pages.dropLast().allSatisfy { $0.ids.count == limit && $0.hasMore && $0.nextCursor != nil })
            #expect(pages.last?.hasMore == false && pages.last?.nextCursor == nil)
            #expect(Set(pages.map { $0.watermark?.description }) == ["2026-01-30T21:14:08.988000Z"])
            #expect(server.requestCount == pages.count)
            #expect(server.requests[0] == "portfolioNames=ICOI,IMST&includePending=false&limit=\(limit)")
        }
    }

    @Test func `rows keep their written bytes`() async throws {
        try await withServer(.sample) { _, client in
            let page = try await client.page("portfolioNames=ICOI,IMST&limit=749")
            #expect(page.rows.map(\.sourceText) == SampleScope.rows().map(\.text))
        }
    }

    @Test func `a portfolio alone gets its own rows and those without a portfolio`() async throws {
        try await withServer(.sample) { _, client in
            let expected = SampleScope.rows().filter { $0.portfolio != "IMST" }
            try await #expect(client.run(portfolios: "ICOI").flatMap(\.ids) == expected.map(\.tradeId))
        }
    }

    @Test func `pending rows come when they are included`() async throws {
        try await withServer(.sample) { _, client in
            try await #expect(client.run(includePending: true).flatMap(\.ids).count == 751)
        }
    }

    @Test func `updatedSince includes rows of that very moment, on every page of the run`() async throws {
        try await withServer(.sample) { server, client in
            let rows = SampleScope.rows()
            let moment = rows[700].updatedAt
            let expected = rows.filter { $0.updatedAt >= moment }.map(\.tradeId)
            let pages = try await client.run(limit: 10, updatedSince: moment.description)
            #expect(pages.flatMap(\.ids) == expected)

            server.setPhase(.updated)
            let later = try await client.run(limit: 3, updatedSince: "2026-01-30T21:14:08.988000Z")
            #expect(later.flatMap(\.ids).count == 11)
            #expect(later[0].watermark?.description == "2026-02-03T21:14:09.120000Z")
        }
    }

    @Test func `updatedSince beyond the last update gets no row, but the scope's watermark`() async throws {
        try await withServer(.sample) { _, client in
            let page = try await client.page("portfolioNames=ICOI&updatedSince=2026-03-01T00%3A00%3A00%2B00:00")
            #expect(page.ids.isEmpty && !page.hasMore && page.nextCursor == nil)
            #expect(page.watermark != nil)
        }
    }

    @Test func `the watermark is null exactly where the scope is empty`() async throws {
        try await withServer(.rows([])) { _, client in
            let page = try await client.page("portfolioNames=ICOI")
            #expect(page.ids.isEmpty && page.watermark == nil)
        }
        try await withServer(.generated(count: 10)) { _, client in
            let page = try await client.page("portfolioNames=OTHER")
            #expect(page.ids.isEmpty && page.watermark == nil)
        }
    }

    @Test func `a row that changes during a run is newer than the run's watermark, and no row is lost or doubled`() async throws {
        try await withServer(.sample) { server, client in
            let query = "portfolioNames=ICOI,IMST&limit=100"
            var pages = [try await client.page(query)]
            server.setPhase(.updated)
            while let cursor = pages.last?.nextCursor {
                pages.append(try await client.page("\(query)&cursor=\(cursor)"))
            }
            #expect(pages.flatMap(\.ids) == SampleScope.rows().map(\.tradeId))
            let watermark = try #require(pages[0].watermark)
            #expect(pages.allSatisfy { $0.watermark == watermark })
            let updates = pages.flatMap(\.rows).compactMap { $0["updatedAt"]?.string.flatMap { Instant($0) } }
            #expect(updates.contains { $0 > watermark })
        }
    }

    @Test func `another feed takes its place`() async throws {
        try await withServer(.rows([#"{"tradeId":"a","updatedAt":"2026-01-02T00:00:00Z"}"#])) { server, client in
            try await #expect(client.run().flatMap(\.ids) == ["a"])
            server.replace(
                feed: .rows(["17", #"{"tradeId":"b","portfolioName":"ELSE"}"#, #"{"tradeId":"c","price":12.10}"#]))
            let page = try await client.page("portfolioNames=ICOI")
            #expect(page.rows.map(\.sourceText) == ["17", #"{"tradeId":"c","price":12.10}"#])
            #expect(page.watermark != nil)
            server.replace(
                feed: .rows([#"{"portfolioName":"ELSE","tradeStatus":"PENDING","tradeId":"p"}"#], filtered: false))
            try await #expect(client.run().flatMap(\.ids) == ["p"])
            server.replace(rows: [#"{"tradeId":"d"}"#, #"{"tradeId":"e","tradeStatus":"PENDING"}"#])
            try await #expect(client.run().flatMap(\.ids) == ["d"])
        }
    }

    @Test(
        "a wrong key, path or parameter is refused with an error in JSON",
        arguments: [
            ("", 400), ("portfolioNames=", 400), ("portfolioNames=ICOI,", 400), ("portfolioNames=ICOI&limit=0", 400),
            ("portfolioNames=ICOI&limit=x", 400), ("portfolioNames=ICOI&limit=10001", 400),
            ("portfolioNames=ICOI&includePending=yes", 400), ("portfolioNames=ICOI&updatedSince=yesterday", 400),
            ("portfolioNames=ICOI&cursor=abc", 400), ("portfolioNames=ICOI&cursor=", 400),
            ("portfolioNames=ICOI&portfolioNames=IMST", 400), ("portfolioNames=ICOI&page=2", 400),
            ("portfolioNames=%FF", 400), ("portfolioNames=ICOI", 200), ("portfolioNames=%49COI", 200),
        ])
    func parameters(query: String, status: Int) async throws {
        try await withServer(.sample) { server, client in
            let answer = try await client.get(query)
            #expect(answer.status == status)
            if status != 200 {
                #expect(try JSONDocument(parsing: answer.body).root["error"]?["code"]?.string == "bad_parameter")
            }
            for key in ["wrong", "Bearer secret"] {
                let refused = try await FeedClient(url: server.url, key: key).get("portfolioNames=ICOI")
                #expect(refused.status == 401)
                #expect(try JSONDocument(parsing: refused.body).root["error"]?["code"]?.string == "unauthorized")
            }
            try await #expect(FeedClient(url: server.url + "/else").get("portfolioNames=ICOI").status == 404)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a start that is cancelled ends, with a server or without`() async throws {
        for _ in 0..<5 {
            let starting = Task { try await SampleFeedServer.start(feed: .sample, apiKey: "secret") }
            starting.cancel()
            if case .success(let server) = await starting.result { await server.stop() }
        }
    }

    @Test func `two servers run side by side, and a stopped one answers no more`() async throws {
        let first = try await SampleFeedServer.start(feed: .sample, apiKey: "secret")
        let second = try await SampleFeedServer.start(feed: .sample, apiKey: "secret")
        #expect(first.url != second.url)
        try await #expect(FeedClient(url: first.url).get("portfolioNames=ICOI").status == 200)
        await first.stop()
        await first.stop()
        await #expect(throws: (any Error).self) { try await FeedClient(url: first.url).get("portfolioNames=ICOI") }
        try await #expect(FeedClient(url: second.url).get("portfolioNames=ICOI").status == 200)
        await #expect(throws: (any Error).self) {
            try await SampleFeedServer.start(feed: .sample, apiKey: "secret", port: second.port)
        }
        await second.stop()
    }
}
