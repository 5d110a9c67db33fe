import LedgerEvents
import LedgerValues
import TestSupport
import Testing

@testable import OptionTrades

/// Matching, states and open figures, each worked out by hand.
@Suite struct LifecycleMatchingTests {
    let book: LifecycleBook

    init() throws { book = try LifecycleBook() }

    @Test func `a round trip is closed and clean`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "10", "2.5", at: 0), book.row("B", .sell, "10", "3.75", at: 60),
        ])
        #expect(life.state == .closed && life.quality == "clean" && life.flags.isEmpty && life.missingFields.isEmpty)
        #expect(life.tradeIDs == ["A", "B"] && life.unmatchedTradeIDs.isEmpty)
        #expect(life.totalBuyQuantity == FixedDecimal(10) && life.totalSellQuantity == FixedDecimal(10))
        #expect(life.netQuantity == .zero && life.closedQuantity == FixedDecimal(10))
        // (3.75 − 2.5) × 10 × 100
        #expect(life.realizedProfitBeforeFeesUSD == FixedDecimal(1_250))
        #expect(life.averageOpenPrice == nil && life.openPremiumUSD == .zero && life.openLots.isEmpty)
        #expect(life.grossPremiumUSD == CoveredSum([FixedDecimal(2_500), FixedDecimal(3_750)]))
        #expect(life.netPremiumCashflowUSD.total == FixedDecimal(1_250))
        #expect(life.feesUSD.total == FixedDecimal(2) && life.feesUSD.known == FixedDecimal(2))
        #expect(life.openedAt == (try instant("2026-01-10T14:30:00Z")))
        #expect(life.lastExecutionAt == (try instant("2026-01-10T15:30:00Z")) && life.closedAt == life.lastExecutionAt)
        #expect(life.cycleCount == 1 && life.eventPositions == [1, 2])
        #expect(
            life.matches == [
                .init(
                    openTradeID: "A", closeTradeID: "B", quantity: FixedDecimal(10), openPrice: try fixed("2.5"),
                    closePrice: try fixed("3.75"), openSide: .buy, profitBeforeFeesUSD: FixedDecimal(1_250))
            ])
    }

    @Test func `an execution closes the oldest lots first`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "5", "1", at: 0), book.row("B", .buy, "5", "2", at: 1),
            book.row("C", .buy, "5", "4", at: 2), book.row("D", .sell, "7", "3", at: 3),
        ])
        // A: (3 − 1) × 5 × 100 = 1000; B: (3 − 2) × 2 × 100 = 200.
        #expect(life.matches.map(\.openTradeID) == ["A", "B"])
        #expect(life.matches.map(\.quantity) == [FixedDecimal(5), FixedDecimal(2)])
        #expect(life.matches.map(\.profitBeforeFeesUSD) == [FixedDecimal(1_000), FixedDecimal(200)])
        #expect(life.realizedProfitBeforeFeesUSD == FixedDecimal(1_200))
        #expect(life.openLots.map(\.tradeID) == ["B", "C"])
        #expect(life.openLots.map(\.remainingQuantity) == [FixedDecimal(3), FixedDecimal(5)])
        #expect(life.openLots.allSatisfy { $0.side == .buy })
        // (3 × 2 + 5 × 4) ÷ 8 = 3.25; × 8 × 100 = 2600.
        #expect(life.averageOpenPrice == (try fixed("3.25")) && life.openPremiumUSD == FixedDecimal(2_600))
        #expect(life.state == .openLong && life.quality == "open" && life.netQuantity == FixedDecimal(8))
        #expect(life.closedAt == nil && life.cycleCount == 1)
    }

    @Test func `a short lot gains where the price falls`() throws {
        let life = try book.lifecycle([
            book.row("A", .sell, "4", "5", at: 0), book.row("B", .buy, "1", "3.5", at: 1),
        ])
        // (5 − 3.5) × 1 × 100
        #expect(life.realizedProfitBeforeFeesUSD == FixedDecimal(150))
        #expect(life.matches.map(\.openSide) == [.sell])
        #expect(life.state == .openShort && life.netQuantity == FixedDecimal(-3))
        #expect(life.openLots.map(\.side) == [.sell])
        #expect(life.averageOpenPrice == FixedDecimal(5) && life.openPremiumUSD == FixedDecimal(1_500))
        #expect(life.flagNames == ["unmatched_opening_sell"])
        #expect(life.netPremiumCashflowUSD.total == FixedDecimal(2_000 - 350))
    }

    @Test func `buying five and selling eight flips`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "5", "10", at: 0), book.row("B", .sell, "8", "12", at: 1),
        ])
        #expect(life.state == .openShort && life.netQuantity == FixedDecimal(-3) && life.closedQuantity == FixedDecimal(5))
        #expect(life.realizedProfitBeforeFeesUSD == FixedDecimal(1_000))
        #expect(life.openLots.map(\.tradeID) == ["B"] && life.openLots.map(\.remainingQuantity) == [FixedDecimal(3)])
        #expect(life.averageOpenPrice == FixedDecimal(12) && life.openPremiumUSD == FixedDecimal(3_600))
        #expect(life.cycleCount == 2 && life.flagNames == ["flipped"])
    }

    @Test func `opening again from zero is reopened and a flip is not`() throws {
        let reopened = try book.lifecycle([
            book.row("A", .buy, "2", "1", at: 0), book.row("B", .sell, "2", "1", at: 1),
            book.row("C", .sell, "1", "1", at: 2),
        ])
        #expect(reopened.flagNames == ["reopened"] && reopened.cycleCount == 2 && reopened.state == .openShort)
        let both = try book.lifecycle([
            book.row("A", .buy, "2", "1", at: 0), book.row("B", .sell, "3", "1", at: 1),
            book.row("C", .buy, "1", "1", at: 2), book.row("D", .buy, "1", "1", at: 3),
            book.row("E", .sell, "1", "1", at: 4),
        ])
        #expect(both.flagNames == ["flipped", "reopened"] && both.cycleCount == 3 && both.state == .closed)
    }

    @Test func `one execution closes many lots and then flips`() throws {
        let life = try book.lifecycle([
            book.row("A", .sell, "1", "1", at: 0), book.row("B", .sell, "2", "2", at: 1),
            book.row("C", .sell, "3", "3", at: 2), book.row("D", .buy, "10", "2", at: 3),
        ])
        #expect(life.matches.map(\.openTradeID) == ["A", "B", "C"])
        // (1 − 2) × 1, (2 − 2) × 2, (3 − 2) × 3, each × 100.
        #expect(life.matches.map(\.profitBeforeFeesUSD) == [FixedDecimal(-100), .zero, FixedDecimal(300)])
        #expect(life.closedQuantity == FixedDecimal(6) && life.netQuantity == FixedDecimal(4))
        #expect(life.openLots.map(\.remainingQuantity) == [FixedDecimal(4)] && life.cycleCount == 2)
    }

    @Test func `orders by trade date then creation then bytes of the ID`() throws {
        let created = try instant("2026-01-10T14:00:00Z")
        let later = try instant("2026-01-10T14:00:01Z")
        let life = try book.lifecycle([
            book.row("e\u{301}", .buy, "1", "1", at: 0), book.row("\u{e9}", .buy, "1", "1", at: 0),
            book.row("Z", .buy, "1", "1", at: 0), book.row("a", .buy, "1", "1", at: 0),
            book.row("y", .buy, "1", "1", at: 0) { $0.sourceCreatedAt = later },
            book.row("z", .buy, "1", "1", at: 0) { $0.sourceCreatedAt = created },
            book.row("first", .buy, "1", "1", at: -1),
        ])
        #expect(life.tradeIDs.map { Array($0.utf8) } == ["first", "z", "y", "Z", "a", "e\u{301}", "\u{e9}"].map { Array($0.utf8) })
        #expect(life.eventPositions == [1, 2, 3, 4, 5, 6, 7])
    }

    @Test func `a tie is one of opposite directions only`() throws {
        let tie = try book.lifecycle([
            book.row("A", .buy, "1", "1", at: 0), book.row("B", .sell, "1", "1", at: 0),
        ])
        #expect(tie.flagNames == ["same_timestamp_tie"] && tie.quality == "clean")
        let same = try book.lifecycle([
            book.row("A", .buy, "1", "1", at: 0), book.row("B", .buy, "1", "1", at: 0),
            book.row("C", .sell, "2", "1", at: 1),
        ])
        #expect(same.flagNames.isEmpty)
        let apart = try book.lifecycle([
            book.row("A", .buy, "1", "1", at: 0), book.row("N", nil, "1", "1", at: 1), book.row("B", .sell, "1", "1", at: 1),
        ])
        #expect(!apart.flags.contains(.sameTimestampTie))
        // A member without quantity never matches, and ties all the same.
        let null = try book.lifecycle([
            book.row("A", .buy, nil, "1", at: 0), book.row("B", .sell, "1", "1", at: 0),
        ])
        #expect(null.flags.contains(.sameTimestampTie))
    }

    @Test func `a match of two multipliers has no profit`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "1", "1", at: 0), book.row("B", .buy, "1", "1", at: 1) { $0.contractMultiplier = FixedDecimal(10) },
            book.row("C", .sell, "2", "2", at: 2),
        ])
        #expect(life.matches.map(\.profitBeforeFeesUSD) == [FixedDecimal(100), nil])
        #expect(life.realizedProfitBeforeFeesUSD == nil)
        #expect(life.flagNames == ["mixed_multiplier"] && life.quality == "ambiguous" && life.state == .closed)
    }

    @Test func `open lots of two multipliers raise no flag and are weighted by both`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "3", "10", at: 0), book.row("B", .buy, "5", "4", at: 1) { $0.contractMultiplier = FixedDecimal(10) },
        ])
        // Σ = 3 × 100 × 10 + 5 × 10 × 4 = 3200; ÷ (300 + 50) = 9.142857142857…
        #expect(life.averageOpenPrice == (try fixed("9.1428571429")) && life.openPremiumUSD == FixedDecimal(3_200))
        #expect(life.flags.isEmpty && life.quality == "open" && life.realizedProfitBeforeFeesUSD == .zero)
    }

    @Test func `figures are rounded once half to even`() throws {
        // 0.0000000005 × 0.1 × 1 each: 5 × 10⁻¹¹ rounds to 0, three of them to 1.5 × 10⁻¹⁰, so to 2 × 10⁻¹⁰.
        let rows =
            try ["A", "B", "C"].map { id in
                try book.row(id, .buy, "0.1", "0", at: 0) { $0.contractMultiplier = FixedDecimal(1) }
            } + [book.row("D", .sell, "0.3", "0.0000000005", at: 1) { $0.contractMultiplier = FixedDecimal(1) }]
        let life = try book.lifecycle(rows)
        #expect(life.matches.map(\.profitBeforeFeesUSD) == [.zero, .zero, .zero])
        #expect(life.realizedProfitBeforeFeesUSD == (try fixed("0.0000000002")))
    }

    @Test func `figures beyond the largest are null`() throws {
        let huge = "999999999999999999.9999999999"
        let life = try book.lifecycle([
            book.row("A", .buy, huge, "0", at: 0), book.row("B", .sell, huge, huge, at: 1),
            book.row("C", .buy, huge, huge, at: 2),
        ])
        #expect(life.matches.map(\.profitBeforeFeesUSD) == [nil])
        #expect(life.realizedProfitBeforeFeesUSD == nil && life.openPremiumUSD == nil)
        #expect(life.averageOpenPrice == (try fixed(huge)) && life.grossPremiumUSD.total == nil)
        #expect(life.flags.contains(.incompletePremium))
    }
}

private func fixed(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }
