package import LedgerValues

/// The sample that ships with the project: 749 executions of the portfolios `IMST` (options on MSTR) and `ICOI`
/// (options on COIN) from September 2025 to January 2026. All are made up and the same on every machine.
///
/// The rows follow the feed contract. In both phases the quantities of the 749 rows sum to exactly 269267 and their
/// premiums to exactly 466630651.75 USD.
package enum SampleScope {
    /// The state of the source.
    package enum Phase: String, Sendable, CaseIterable {
        /// The rows on the evening of 2026-01-30.
        case initial
        /// The rows after the corrections of 2026-02-03, which change ten rows and keep the totals.
        case updated
    }

    /// The portfolios of the scope, sorted.
    package static let portfolios = ["ICOI", "IMST"]

    /// The rows in order of `tradeDate`. A trade has the same place in both phases.
    /// - Parameter includePending: whether to append the two `PENDING` rows to the 749 others
    /// - Complexity: O(rows). The rows are made once.
    package static func rows(phase: Phase = .initial, includePending: Bool = false) -> [SampleRow] {
        let rows = phase == .initial ? initialRows : updatedRows
        return includePending ? rows + pendingRows : rows
    }

    private static let initialRows = SampleTotals.settledExecutions().map { SampleRow($0) }
    private static let updatedRows = SampleUpdates.applied(to: SampleTotals.settledExecutions()).map { SampleRow($0) }
    private static let pendingRows = SampleSpecials.pendingExecutions().map { SampleRow($0) }
}

/// One row of the sample.
package struct SampleRow: Sendable, Hashable {
    /// The row in the feed's form: one JSON object.
    package let text: String
    /// `tradeId`.
    package let tradeId: String
    /// `updatedAt`.
    package let updatedAt: Instant
    /// `portfolioName`. Nil if the row has none.
    package let portfolio: String?
    /// `filledQuantity`. Nil if it is null.
    package let quantity: FixedDecimal?
    /// `premiumUsd`. Nil if it is null.
    package let premium: FixedDecimal?
    /// Whether `tradeStatus` is `PENDING`.
    package let isPending: Bool

    init(_ execution: SampleExecution) {
        text = execution.text
        tradeId = execution.tradeID
        updatedAt = execution.updatedAt
        portfolio = execution.portfolio
        quantity = execution.quantity.map { FixedDecimal($0) }
        premium = execution.premiumTenThousandths.map {
            FixedDecimal(units: Int128($0) * (FixedDecimal.unitsPerOne / 10_000))
        }
        isPending = execution.status == "PENDING"
    }
}
