import JSON
import SampleScope
import Testing
import Values

@Suite("The generated feed")
struct GeneratedFeedTests {
    @Test("serves every index once, valid and with its premium", arguments: [1, 2, 999, 1001])
    func everyRow(count: Int) async throws {
        try await withServer(.generated(count: count)) { _, client in
            let pages = try await client.run(limit: 250)
            let ids = pages.flatMap(\.ids)
            #expect(ids == ids.sorted() && Set(ids).count == count)
            for row in pages.flatMap(\.rows) {
                let parsed = try ParsedRow(text: row.sourceText)
                let product = FixedDecimal.roundedProduct(
                    try #require(parsed.decimal("price")), try #require(parsed.decimal("filledQuantity")),
                    FixedDecimal(100))
                #expect(parsed.decimal("premiumUsd") == product)
                #expect(parsed.symbol?.strike == parsed.decimal("strike"))
                #expect(parsed.string("updatedAt").flatMap { Instant($0) } != nil)
            }
            let updates = pages.flatMap(\.rows).compactMap { $0["updatedAt"]?.string.flatMap { Instant($0) } }
            #expect(updates.max() == pages[0].watermark)
        }
    }

    @Test("a portfolio is every second row; updatedSince starts in the middle")
    func parts() async throws {
        try await withServer(.generated(count: 1001)) { _, client in
            try await #expect(client.run(portfolios: "IMST", limit: 100).flatMap(\.ids).count == 501)
            try await #expect(client.run(portfolios: "ICOI", limit: 100).flatMap(\.ids).count == 500)
            let ids = try await client.run(limit: 7, updatedSince: "2026-01-05T00:00:00.989001Z").flatMap(\.ids)
            #expect(ids == (990...1000).map { "GEN-000000" + ($0 < 1000 ? "0" : "") + "\($0)" })
        }
    }

    @Test("a cursor deep in a million rows costs no more than the first page")
    func deepPage() async throws {
        try await withServer(.generated(count: 1_000_000)) { _, client in
            let first = try await client.page("portfolioNames=ICOI,IMST&limit=10000")
            #expect(first.ids.count == 10_000)
            let last = try await client.page("portfolioNames=ICOI,IMST&updatedSince=2026-01-05T00:16:39.999Z")
            #expect(last.ids == ["GEN-0000999999"])
            #expect(last.watermark == first.watermark && !last.hasMore)
        }
    }
}
