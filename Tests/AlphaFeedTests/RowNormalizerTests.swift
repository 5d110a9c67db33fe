import AlphaFeed
import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@Suite("Row normalizer")
struct RowNormalizerTests {
    private func normalize(_ row: String, includePending: Bool = false) throws -> NormalizedRow {
        let document = try JSONDocument(parsing: Array(row.utf8))
        return RowNormalizer.normalize(
            document.root, scope: try ExecutionScope(portfolios: ["ICOI"], includePending: includePending))
    }

    private func accepted(_ row: FeedRow) throws -> ExecutionRow {
        let result = try normalize(row.description)
        guard case .accepted(let execution, _) = result else {
            throw Unexpected(result: result)
        }
        return execution
    }

    private struct Unexpected: Error {
        let result: NormalizedRow
    }

    @Test func `Every key is stored under its name, exact`() throws {
        let row = try accepted(.full)
        let expected = ExecutionRow(
            source: "alpha_sync", sourceTradeID: "T-1",
            sourceUpdatedAt: try #require(Instant("2026-02-03T21:14:09.12Z")),
            tradeDate: try #require(Instant("2026-01-15T15:30:00Z")),
            tradeStatus: .filled,
            sourceCreatedAt: Instant("2026-01-15T14:30:01Z"),
            sourceTradeTicketID: "TT", sourcePortfolioID: "P-1", sourceSecurityID: "S-1", sourcePortfolio: "ICOI",
            underlyingSymbol: "MSTR", underlyingType: "EQUITY", optionSymbol: "MSTR260130C00350000",
            instrument: "OPTION", direction: .buy, optionType: .call, strike: FixedDecimal(350),
            expiry: CalendarDate("2026-01-30"), quantity: try FixedDecimal("12.1"), pendingQuantity: .zero,
            price: try FixedDecimal("1250.5"), priceCurrency: "USD", contractMultiplier: FixedDecimal(100),
            quantityUnit: "contracts", premiumUSD: try FixedDecimal("15131.05"), feesUSD: try FixedDecimal("-1.25"),
            tradedIV: try FixedDecimal("0.7123456789"), spotAtTrade: try FixedDecimal("349.99"),
            reconStatus: "MATCHED", sourceBroker: "B", sourceExecutionType: "LIMIT", sourceCreatedBy: "me",
            notes: "a \"note\" éé", isSynthetic: false)
        #expect(row == expected)
        #expect(row.source == "alpha_sync")
        #expect(row.currency == "MSTR")
        #expect(try accepted(FeedRow.full.reversed) == expected)
    }

    @Test func `What is left out, null or empty is nil, and nothing is filled in`() throws {
        let least = try accepted(.least)
        #expect(
            least
                == ExecutionRow(
                    source: "alpha_sync", sourceTradeID: "T-1", sourceUpdatedAt: try #require(Instant("2026-02-03T21:14:09.12Z")),
                    tradeDate: try #require(Instant("2026-01-15T15:30:00Z")), tradeStatus: .filled))
        var nulls = FeedRow.full
        var empty = FeedRow.full
        for key in FeedRow.keys where !FeedRow.required.contains(key) {
            nulls = nulls.with(key, "null")
            empty = empty.with(key, #""""#)
        }
        #expect(try accepted(nulls) == least)
        #expect(try accepted(empty) == least)
        let symbol = try accepted(FeedRow.least.with("optionSymbol", #""MSTR260130C00350000""#))
        #expect(symbol.strike == nil && symbol.expiry == nil && symbol.optionType == nil)
    }

    @Test func `The other values of the enumerations`() throws {
        let row = try accepted(
            FeedRow.least.with("side", #""SELL""#).with("optionType", #""PUT""#).with("isSynthetic", "true")
                .with("tradeStatus", #""PARTIALLY_FILLED""#))
        #expect(row.direction == .sell && row.optionType == .put && row.isSynthetic == true)
        #expect(row.tradeStatus == .partiallyFilled)
        for status in TradeStatus.allCases where status != .pending {
            #expect(try accepted(FeedRow.least.with("tradeStatus", "\"\(status.rawValue)\"")).tradeStatus == status)
        }
    }

    @Test func `A decimal is the same written as a number or a string, whatever its digits`() throws {
        let digests = try ["12.1", "12.10", "1.21e1", "121E-1", #""12.1""#, #""12.100000000000000""#].map {
            try accepted(FeedRow.full.with("price", $0)).contentDigest
        }
        #expect(Set(digests).count == 1)
    }

    @Test func `Unknown keys keep their order and their exact source text`() throws {
        let row = FeedRow.full.with("zeta", "1.50").with(#"a\u0062c"#, #"{ "x" : [1, 2.0] }"#)
            .with("TradeId", #""\u0041""#).with("", "null")
        guard case .accepted(let execution, let unknown) = try normalize(row.description) else {
            Issue.record("not accepted")
            return
        }
        #expect(unknown.map(\.key) == ["zeta", "abc", "TradeId", ""])
        #expect(unknown.map(\.sourceText) == ["1.50", #"{ "x" : [1, 2.0] }"#, #""\u0041""#, "null"])
        #expect(execution == (try accepted(.full)))
    }

    @Test func `A rejected row still tells its source text, its unknown keys and a valid trade id`() throws {
        let row = FeedRow.full.with("price", "-1").with("extra", "1").with("more", "null").description
        guard case .rejected(let raw, _, let id, let unknown) = try normalize(row) else {
            Issue.record("not rejected")
            return
        }
        #expect(raw == row)
        #expect(id == "T-1")
        #expect(unknown == ["extra", "more"])
    }

    @Test(arguments: ["null", #""""#, "7", #""\u0000""#, #""\ud800""#, "\"\(String(repeating: "a", count: 129))\""])
    func `A trade id that is none is not told`(value: String) throws {
        guard case .rejected(_, _, let id, _) = try normalize(FeedRow.full.with("tradeId", value).description) else {
            Issue.record("not rejected")
            return
        }
        #expect(id == nil)
    }

    @Test func `A key that is no text makes its row invalid under its spelling`() throws {
        for spelling in [#"\u0000"#, #"a\ud800"#] {
            guard
                case .rejected(_, let reasons, let id, let unknown) = try normalize(
                    FeedRow.full.with(spelling, "1").description)
            else {
                Issue.record("not rejected")
                continue
            }
            #expect(reasons == ["invalid:\(spelling)"])
            #expect(id == "T-1")
            #expect(unknown == [spelling])
        }
    }

    @Test func `A key that is spelled with escapes is that key`() throws {
        let row = FeedRow.full.description.replacing("\"price\"", with: #""\u0070rice""#)
        guard case .accepted(let execution, let unknown) = try normalize(row) else {
            Issue.record("not accepted")
            return
        }
        #expect(unknown.isEmpty)
        #expect(execution == (try accepted(.full)))
    }

    /// Rows with a random half of their members spoiled: what is spoiled, and nothing else, is told.
    @Test(arguments: 0..<200)
    func `The reasons are those of the spoiled members and no others`(seed: UInt64) throws {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        var row = FeedRow.full
        var expected: [String] = []
        for key in FeedRow.keys {
            switch random(6) {
            case 0:
                row = row.with(key, "[]")
                expected.append("invalid:\(key)")
            case 1:
                row = random(2) == 0 ? row.without(key) : row.with(key, "null")
                if FeedRow.required.contains(key) { expected.append("missing:\(key)") }
            case 2: row = row.with("unknown\(random(1000))", "0")
            default: break
            }
        }
        if random(2) == 0 { row = row.reversed }
        switch try normalize(row.description) {
        case .accepted: #expect(expected.isEmpty, "seed \(seed): \(row)")
        case .rejected(_, let reasons, let id, _):
            #expect(reasons == expected.sorted { $0.isBytewiseLess(than: $1) }, "seed \(seed): \(row)")
            #expect((id == nil) == expected.contains { $0.hasSuffix(":tradeId") }, "seed \(seed)")
        }
    }
}
