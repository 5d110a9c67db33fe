import LedgerJSON
import LedgerValues
import SampleScope
import Testing

@Suite("The generated feed")
struct GeneratedFeedTests {
    private func rows(_ count: Int, limit: Int = 500) async throws -> [ParsedRow] {
        var rows: [ParsedRow] = []
        try await withServer(.generated(count: count)) { _, client in
            for row in try await client.run(limit: limit).flatMap(\.rows) {
                rows.append(try ParsedRow(text: row.sourceText))
            }
        }
        return rows
    }

    @Test(arguments: [1, 2, 999, 1001])
    func `serves every index once, valid and with its premium`(count: Int) async throws {
        try await withServer(.generated(count: count)) { _, client in
            let pages = try await client.run(limit: 250)
            let ids = pages.flatMap(\.ids)
            #expect(ids == ids.sorted() && Set(ids).count == count)
            for row in pages.flatMap(\.rows) { try checkContract(of: try ParsedRow(text: row.sourceText)) }
            let updates = pages.flatMap(\.rows).compactMap { $0["updatedAt"]?.string.flatMap { Instant($0) } }
            #expect(updates.count == count && updates.max() == pages[0].watermark)
        }
    }

    private func checkContract(of row: ParsedRow) throws {
        for key in ["updatedAt", "tradeDate"] {
            #expect(row.string(key).flatMap { Instant($0) } != nil, "\(row.id) \(key)")
        }
        let symbol = try #require(row.symbol, "\(row.id)")
        #expect(symbol.strike == row.decimal("strike"), "\(row.id)")
        #expect(symbol.expiry.description == row.string("expiry"), "\(row.id)")
        #expect(symbol.optionType.rawValue == row.string("optionType")?.lowercased(), "\(row.id)")
        #expect(symbol.expiry.daysSinceEpoch % 7 == 1, "\(row.id) expires on a Friday")
        #expect(row.string("underlyingSymbol") == symbol.root, "\(row.id)")
        #expect(["BUY", "SELL"].contains(row.string("side")), "\(row.id)")
        guard row.counts else {
            #expect(row.string("tradeStatus") == "CANCELLED", "\(row.id)")
            #expect(row.decimal("filledQuantity")?.isZero == true && row.isNull("premiumUsd"), "\(row.id)")
            return
        }
        let derived = try #require(row.derivedPremium, "\(row.id)")
        #expect(row.isNull("premiumUsd") || row.decimal("premiumUsd") == derived, "\(row.id)")
    }

    @Test func `ten forms differ in what they say and leave out, and come again every ten rows`() async throws {
        let rows = try await rows(40)
        func form(_ row: ParsedRow) -> String {
            row.object.members.map { "\($0.key) \($0.value.kind)" }.joined(separator: ",")
                + "|\(row.string("side") ?? "") \(row.string("tradeStatus") ?? "") \(row.string("portfolioName") ?? "")"
        }
        let forms = rows.map(form)
        #expect(Set(forms).count == 10)
        for index in 10..<40 { #expect(forms[index] == forms[index - 10], "\(index)") }
        #expect(rows.contains { $0.string("optionSymbol")?.utf8.count == 21 })
        #expect(rows.contains { $0.object["deskTag"] != nil })
        #expect(rows.contains { $0.object["price"]?.kind == .string })
        #expect(rows.contains { $0.counts && $0.isNull("premiumUsd") })
    }

    @Test func `every contract is bought and sold`() async throws {
        var sides: [String: Set<String>] = [:]
        for row in try await rows(2000) where row.counts {
            sides["\(try #require(row.symbol))", default: []].insert(row.string("side") ?? "")
        }
        // Two shares, four expiries, 24 strikes, calls and puts.
        #expect(sides.count == 2 * 4 * 24 * 2)
        #expect(sides.values.allSatisfy { $0 == ["BUY", "SELL"] })
    }

    @Test func `a row's bytes don't depend on the page it comes on`() async throws {
        let expected = try await rows(333, limit: 333).map(\.object.sourceText)
        for limit in [1, 10, 77] {
            try await #expect(rows(333, limit: limit).map(\.object.sourceText) == expected, "\(limit)")
        }
    }

    @Test func `a portfolio is every second row; updatedSince starts in the middle`() async throws {
        try await withServer(.generated(count: 1001)) { _, client in
            try await #expect(client.run(portfolios: "IMST", limit: 100).flatMap(\.ids).count == 501)
            try await #expect(client.run(portfolios: "ICOI", limit: 100).flatMap(\.ids).count == 500)
            let ids = try await client.run(limit: 7, updatedSince: "2026-01-05T00:00:00.989001Z").flatMap(\.ids)
            #expect(ids == (990...1000).map { "GEN-000000" + ($0 < 1000 ? "0" : "") + "\($0)" })
        }
    }

    @Test func `a page deep in a million rows is found without serving those before it`() async throws {
        try await withServer(.generated(count: 1_000_000)) { _, client in
            let first = try await client.page("portfolioNames=ICOI,IMST&limit=10000")
            #expect(first.ids.count == 10_000)
            let last = try await client.page("portfolioNames=ICOI,IMST&updatedSince=2026-01-05T00:16:39.999Z")
            #expect(last.ids == ["GEN-0000999999"])
            #expect(last.watermark == first.watermark && !last.hasMore)
        }
    }
}
