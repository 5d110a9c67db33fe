import LedgerValues

/// Adjusts the generated executions to the documented totals.
enum SampleTotals {
    static let rowCount = 749
    static let quantity = 269_267
    /// 466630651.75 USD in 10⁻⁴ USD.
    static let premiumTenThousandths = 4_666_306_517_500

    /// The number of rows at the end that absorb the difference.
    static let closingDayCount = 4

    /// The largest correction of a price: 0.30 USD.
    private static let largestCorrectionCents = 30
    /// The lowest price that may be corrected, in 10⁻⁴ USD: 5 USD.
    private static let smallestCorrectedPrice = 50_000

    /// The 749 executions with ids and special cases, in order of time, with exact sums.
    static func settledExecutions() -> [SampleExecution] {
        var positions = SamplePositions()
        var executions = Array(positions.executions().prefix(rowCount - closingDayCount))
        executions += closingDaySales(&positions)
        settleQuantity(of: &executions)
        SampleSpecials.giveIdentities(to: &executions)
        SampleSpecials.apply(to: &executions)
        settlePremium(of: &executions)
        return executions
    }

    /// Four calls sold on the last day and left open. The first three absorb the missing contracts. The fourth is a
    /// single contract and absorbs the last cents.
    private static func closingDaySales(_ positions: inout SamplePositions) -> [SampleExecution] {
        guard let day = SampleMarket.tradingDays.last else { return [] }
        let expiry = SampleMarket.friday(after: day, days: 28)
        let sales = [
            (SampleMarket.strategy, 17_500), (SampleMarket.coinbase, 24_000), (SampleMarket.strategy, 18_000),
            (SampleMarket.coinbase, 23_500),
        ].map { underlying, strikeCents in
            positions.fill(
                on: underlying, day: day, expiry: expiry, strikeCents: strikeCents, isCall: true, side: .sell,
                quantity: 1)
        }
        return sales.enumerated().map { index, sale in
            var sale = sale
            sale.tradedAt = SamplePositions.moment(
                Instant(startOf: day) ?? .minimum, plusSeconds: 20 * 3600 + 600 * index)
            sale.ticketID = "TK-CLOSE-\(index + 1)"
            return sale
        }
    }

    private static func settleQuantity(of executions: inout [SampleExecution]) {
        let takers = executions.count - closingDayCount..<executions.count - 1
        var missing = quantity - executions.compactMap(\.quantity).reduce(0, +)
        for (taken, index) in takers.enumerated() {
            let share = missing / (takers.count - taken)
            executions[index].quantity = 1 + share
            executions[index].feesCents = (1 + share) * 65
            missing -= share
        }
    }

    /// Sets the premiums, then moves prices by whole cents, largest orders first, until the difference is less than one
    /// cent on any order. The remainder goes into the price of the single contract.
    private static func settlePremium(of executions: inout [SampleExecution]) {
        for index in executions.indices where executions[index].premiumTenThousandths == nil {
            executions[index].premiumTenThousandths = executions[index].derivedPremium
        }
        SampleSpecials.alterPremiums(of: &executions)
        var missing = premiumTenThousandths - executions.compactMap(\.premiumTenThousandths).reduce(0, +)
        let bySize = executions.indices.dropLast()
            .filter { isCorrectable(executions[$0]) }
            .sorted { (executions[$1].quantity ?? 0, $0) < (executions[$0].quantity ?? 0, $1) }
        for index in bySize {
            guard let quantity = executions[index].quantity else { continue }
            let cents = missing / (quantity * 10_000)
            let correction = min(max(cents, -largestCorrectionCents), largestCorrectionCents)
            missing -= move(&executions[index], byTenThousandths: correction * 100)
        }
        let last = executions.count - 1
        missing -= move(&executions[last], byTenThousandths: missing / 100)
    }

    /// Whether the price may change: the premium follows from it, and no other fill shares it.
    private static func isCorrectable(_ execution: SampleExecution) -> Bool {
        guard let price = execution.priceTenThousandths, price >= smallestCorrectedPrice else { return false }
        return !execution.isSplitFill && execution.premiumTenThousandths == execution.derivedPremium
    }

    /// Changes price and premium. Returns the increase of the premium.
    private static func move(_ execution: inout SampleExecution, byTenThousandths change: Int) -> Int {
        guard let price = execution.priceTenThousandths, let before = execution.premiumTenThousandths else { return 0 }
        execution.priceTenThousandths = price + change
        execution.premiumTenThousandths = execution.derivedPremium
        return (execution.premiumTenThousandths ?? before) - before
    }
}
