import LedgerValues

/// The unusual rows of the sample, by their number in order of time.
enum SampleSpecials {
    /// The change that makes a row unusual.
    private static let changes: [Int: @Sendable (inout SampleExecution) -> Void] = [
        // Statuses that count only in the totals of a sync.
        88: { $0.status = "CANCELLED" },
        301: { $0.status = "CANCELLED" },
        417: { $0.status = "BUSTED" },
        // Values that the source forgets.
        23: { $0.feesCents = nil },
        146: { $0.feesCents = nil },
        228: { $0.feesCents = nil },
        389: { $0.feesCents = nil },
        574: { $0.feesCents = nil },
        61: { $0.broker = nil },
        263: { $0.broker = nil },
        498: { $0.broker = nil },
        182: { $0.portfolio = nil },
        337: { $0.side = nil },
        // Symbols.
        112: { $0.symbolForm = .padded },
        // Executions that did not come from the desk.
        75: { mark(synthetic: &$0) },
        290: { mark(synthetic: &$0) },
        533: { mark(synthetic: &$0) },
        // Notes.
        42: { $0.notes = "Rolled up and out with the desk" },
        207: { $0.notes = "Worked in three clips, \"not held\"" },
        455: { $0.notes = "Crédit: allocation confirmed by phone" },
        // A rebate.
        350: { $0.feesCents = -1_250 },
    ]

    /// The row without a premium, which follows from price, quantity and multiplier.
    private static let withoutPremium = 371
    /// The rows whose premium exceeds the one that the price implies, with the excess in 10⁻⁴ USD.
    private static let premiumMismatches = [134: 2_500_000, 602: 1_250_000]

    private static func mark(synthetic execution: inout SampleExecution) {
        execution.isSynthetic = true
        execution.createdBy = "ops.recon"
        execution.executionType = "ADJUSTMENT"
    }

    /// Assigns ids and the times at which the source wrote the rows: created within two minutes after the trade,
    /// updated by the reconciliation of the same evening.
    static func giveIdentities(to executions: inout [SampleExecution]) {
        for index in executions.indices {
            let number = index + 1
            let traded = executions[index].tradedAt
            let midnight = Instant(startOf: traded.date) ?? traded
            executions[index].tradeID = "\(executions[index].portfolio ?? "")-\(digits(number, 6))"
            executions[index].createdAt = SamplePositions.moment(traded, plusSeconds: 4 + number * 37 % 110)
            executions[index].updatedAt =
                SamplePositions.moment(midnight, plusSeconds: 21 * 3600 + 14 * 60)
                .advanced(byMicroseconds: Int64(number) * 12_000) ?? traded
        }
    }

    /// Applies the table above and the recurring specials: partial fills, desk tags, quoted numbers, blank notes.
    static func apply(to executions: inout [SampleExecution]) {
        for index in executions.indices.dropLast(SampleTotals.closingDayCount) {
            let number = index + 1
            if number % 37 == 5 {
                executions[index].status = "PARTIALLY_FILLED"
                executions[index].pendingQuantity = 20 * (1 + number % 4)
            }
            if number % 41 == 8 { executions[index].quotesDecimals = true }
            if number % 60 == 10 { executions[index].deskTag = number % 120 == 10 ? "vol" : "income" }
            if number % 83 == 20 { executions[index].notes = "" }
            if number % 29 == 11 { executions[index].reconStatus = "UNMATCHED" }
            changes[number]?(&executions[index])
        }
        // An option with another root after a corporate action: the first MSTR row sold in December.
        let firstInDecember = Instant(startOf: SampleMarket.date(2025, 12, 1)) ?? .minimum
        if let adjusted = executions.firstIndex(where: {
            $0.underlying == "MSTR" && $0.side == .sell && $0.tradedAt >= firstInDecember
        }) {
            executions[adjusted].symbolForm = .adjustedRoot
            executions[adjusted].strikeCents += 100
        }
    }

    /// Alters the premiums that differ from price × quantity × multiplier.
    static func alterPremiums(of executions: inout [SampleExecution]) {
        executions[withoutPremium - 1].premiumTenThousandths = nil
        for (number, excess) in premiumMismatches {
            guard let derived = executions[number - 1].derivedPremium else { continue }
            executions[number - 1].premiumTenThousandths = derived + excess
        }
    }

    /// Two orders without a fill yet.
    static func pendingExecutions() -> [SampleExecution] {
        var positions = SamplePositions()
        let day = SampleMarket.date(2026, 1, 30)
        return [(SampleMarket.strategy, 18_500, 240), (SampleMarket.coinbase, 25_000, 180)].enumerated()
            .map { index, order in
                var execution = positions.fill(
                    on: order.0, day: day, expiry: SampleMarket.friday(after: day, days: 35), strikeCents: order.1,
                    isCall: true, side: .sell, quantity: order.2)
                execution.status = "PENDING"
                execution.pendingQuantity = order.2
                execution.quantity = nil
                execution.priceTenThousandths = nil
                execution.feesCents = nil
                execution.tradedAt = SamplePositions.moment(
                    Instant(startOf: day) ?? .minimum, plusSeconds: 20 * 3600 + 2700 + 60 * index)
                execution.createdAt = execution.tradedAt
                execution.updatedAt = SamplePositions.moment(execution.tradedAt, plusSeconds: 30)
                execution.tradeID = "\(order.0.portfolio)-P\(index + 1)"
                execution.ticketID = "TK-PENDING-\(index + 1)"
                return execution
            }
    }
}
