import LedgerJSON
import LedgerValues
import SampleScope
import Testing

/// Every row keeps the feed's contract, so that a sync rejects none.
@Suite("The sample keeps the feed's contract")
struct SampleContractTests {
    private static let strings = [
        "tradeTicketId", "portfolioId", "securityId", "portfolioName", "underlyingSymbol", "underlyingType",
        "instrument",
        "reconStatus", "broker", "executionType", "createdBy", "notes",
    ]
    private static let positive = ["strike", "contractMultiplier", "tradedIv", "spotAtTrade"]
    private static let notNegative = ["filledQuantity", "pendingQuantity", "price", "premiumUsd"]
    private static let known = Set(
        strings + positive + notNegative + [
            "tradeId", "updatedAt", "tradeDate", "createdAt", "tradeStatus", "optionSymbol", "side", "optionType",
            "expiry",
            "priceCurrency", "quantityUnit", "feesUsd", "isSynthetic",
        ])

    @Test(arguments: SampleScope.Phase.allCases)
    func `types, ranges and enumerations hold`(phase: SampleScope.Phase) throws {
        for row in try ParsedRow.all(phase, includePending: true) {
            for key in ["updatedAt", "tradeDate", "createdAt"] {
                #expect(row.string(key).flatMap { Instant($0) } != nil, "\(row.id) \(key)")
            }
            for key in Self.strings {
                #expect(row.object[key].map { $0.isNull || $0.kind == .string } == true, "\(row.id) \(key)")
            }
            for key in Self.positive { #expect(try #require(row.decimal(key), "\(row.id) \(key)") > .zero) }
            for key in Self.notNegative where !row.isNull(key) {
                #expect(!(try #require(row.decimal(key), "\(row.id) \(key)")).isNegative)
            }
            if row.counts { #expect(try #require(row.decimal("filledQuantity"), "\(row.id)") > .zero) }
            #expect(row.isNull("feesUsd") || row.decimal("feesUsd") != nil, "\(row.id)")
            #expect(
                ["FILLED", "PARTIALLY_FILLED", "PENDING", "CANCELLED", "BUSTED"].contains(row.string("tradeStatus")))
            #expect([nil, "BUY", "SELL"].contains(row.string("side")), "\(row.id)")
            #expect(row.string("priceCurrency") == "USD" && row.string("quantityUnit") == "CONTRACTS")
            #expect(row.decimal("contractMultiplier") == FixedDecimal(100))
            #expect(row.object["isSynthetic"]?.bool != nil, "\(row.id)")
            #expect(Set(row.object.members.map(\.key)).subtracting(Self.known).isSubset(of: ["deskTag"]), "\(row.id)")
        }
    }

    @Test(arguments: SampleScope.Phase.allCases)
    func `every option symbol says what type, strike and expiry say`(phase: SampleScope.Phase) throws {
        for row in try ParsedRow.all(phase, includePending: true) {
            let symbol = try #require(row.symbol, "\(row.id)")
            #expect(symbol.strike == row.decimal("strike"), "\(row.id)")
            #expect(symbol.expiry.description == row.string("expiry"), "\(row.id)")
            #expect(symbol.optionType.rawValue == row.string("optionType")?.lowercased(), "\(row.id)")
            // 1970-01-01 was a Thursday.
            #expect(symbol.expiry.daysSinceEpoch % 7 == 1, "\(row.id) expires on a Friday")
            #expect(try #require(row.traded).date < symbol.expiry, "\(row.id)")
        }
    }

    @Test func `the funds trade options on their own share, between September 2025 and January 2026`() throws {
        for row in try ParsedRow.all() {
            if let portfolio = row.string("portfolioName") {
                #expect(row.string("underlyingSymbol") == ["IMST": "MSTR", "ICOI": "COIN"][portfolio], "\(row.id)")
            }
            let day = try #require(row.traded).date.description
            #expect(day >= "2025-09-02" && day <= "2026-01-30", "\(row.id)")
        }
        #expect(Set(SampleScope.rows().compactMap(\.portfolio)) == Set(SampleScope.portfolios))
    }

    @Test func `rows come in order of time, written by the source after the trade`() throws {
        let rows = try ParsedRow.all()
        for (earlier, later) in zip(rows, rows.dropFirst()) {
            #expect(try #require(earlier.traded) <= (try #require(later.traded)), "\(later.id)")
        }
        for row in rows {
            let created = try #require(row.string("createdAt").flatMap { Instant($0) })
            let updated = try #require(row.string("updatedAt").flatMap { Instant($0) })
            #expect(try #require(row.traded) < created && created < updated, "\(row.id)")
        }
    }

    @Test func `prices lie between a cent and 60 USD, strikes in the range of their share`() throws {
        for row in try ParsedRow.all() {
            let price = try #require(row.decimal("price"))
            #expect(price >= (try FixedDecimal("0.01")) && price < FixedDecimal(60), "\(row.id)")
            let strike = try #require(row.decimal("strike"))
            let range = row.string("underlyingSymbol") == "MSTR" ? (170, 351) : (230, 381)
            #expect(strike >= FixedDecimal(range.0) && strike <= FixedDecimal(range.1), "\(row.id)")
        }
    }
}
