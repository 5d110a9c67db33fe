import LedgerValues

/// The source's changes on 2026-02-03, after the first evening.
enum SampleUpdates {
    /// The times of the changes. The last one becomes the feed's watermark.
    private static let moments = [
        "2026-02-03T15:02:11.4Z", "2026-02-03T15:02:11.4Z", "2026-02-03T15:47:30.25Z", "2026-02-03T15:47:30.25Z",
        "2026-02-03T16:40:00Z", "2026-02-03T17:05:32.018Z", "2026-02-03T18:21:45.5Z", "2026-02-03T19:00:00.000001Z",
        "2026-02-03T20:10:09Z", "2026-02-03T21:14:09.12Z",
    ].compactMap { Instant($0) }

    /// The number of contracts that the first correction moves from one part of a split fill to the other.
    private static let movedContracts = 10
    /// The amount by which the second correction shifts the prices of two equal parts in opposite directions: 0.05 USD
    /// each, in 10⁻⁴ USD.
    private static let movedPrice = 500
    /// The additional exchange fees of each of these two parts.
    private static let addedFeesCents = 175

    /// The executions with the ten changes.
    static func applied(to settled: [SampleExecution]) -> [SampleExecution] {
        var executions = settled
        let splitFills = equalSplitFills(in: executions).suffix(2)
        guard let repriced = splitFills.first, let reallocated = splitFills.last else { return executions }
        let partial = executions.lastIndex { $0.status == "PARTIALLY_FILLED" } ?? 0
        let changes: [(index: Int, change: (inout SampleExecution) -> Void)] = [
            (reallocated.lowerBound, { reallocate(&$0, by: movedContracts) }),
            (reallocated.upperBound, { reallocate(&$0, by: -movedContracts) }),
            (repriced.lowerBound, { reprice(&$0, by: movedPrice) }),
            (repriced.upperBound, { reprice(&$0, by: -movedPrice) }),
            (207 - 1, { $0.notes = "Worked in three clips, \"not held\"; average confirmed" }),
            (640 - 1, { $0.status = "BUSTED" }),
            (574 - 1, { $0.feesCents = ($0.quantity ?? 0) * 65 }),
            (498 - 1, { $0.broker = "HARBOR" }),
            (
                partial,
                {
                    $0.status = "FILLED"
                    $0.pendingQuantity = 0
                }
            ),
            // A new `updatedAt` and no other change.
            (700 - 1, { _ in }),
        ]
        for (moment, (index, change)) in zip(moments, changes) {
            change(&executions[index])
            executions[index].updatedAt = moment
        }
        return executions
    }

    /// The orders filled at one price in two parts of equal size, each as `first...second`.
    private static func equalSplitFills(in executions: [SampleExecution]) -> [ClosedRange<Int>] {
        executions.indices.filter { executions[$0].isSplitFill }.compactMap { second in
            let part = executions[second]
            return executions[..<second].lastIndex {
                $0.ticketID == part.ticketID && $0.quantity == part.quantity
                    && $0.priceTenThousandths == part.priceTenThousandths
            }.map { $0...second }
        }
    }

    /// Changes the quantity at the same price. Premium and fees follow.
    private static func reallocate(_ execution: inout SampleExecution, by contracts: Int) {
        execution.quantity = (execution.quantity ?? 0) + contracts
        execution.premiumTenThousandths = execution.derivedPremium
        execution.feesCents = execution.feesCents.map { $0 + contracts * 65 }
    }

    /// Changes the price for the same quantity. The premium follows, and the fees are corrected too.
    private static func reprice(_ execution: inout SampleExecution, by change: Int) {
        execution.priceTenThousandths = execution.priceTenThousandths.map { $0 + change }
        execution.premiumTenThousandths = execution.derivedPremium
        execution.feesCents = execution.feesCents.map { $0 + addedFeesCents }
    }
}
