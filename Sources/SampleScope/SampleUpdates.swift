import Values

/// What the source changed after the first evening, on 2026-02-03.
enum SampleUpdates {
    /// When each change was written; the last one is the watermark that the feed then has.
    private static let moments = [
        "2026-02-03T15:02:11.4Z", "2026-02-03T15:02:11.4Z", "2026-02-03T16:40:00Z", "2026-02-03T17:05:32.018Z",
        "2026-02-03T18:21:45.5Z", "2026-02-03T19:00:00.000001Z", "2026-02-03T20:10:09Z", "2026-02-03T21:14:09.12Z",
    ].compactMap { Instant($0) }

    /// How many contracts the correction moves from one part of a split fill to the other.
    private static let movedContracts = 10

    /// The executions with the eight changes.
    static func applied(to settled: [SampleExecution]) -> [SampleExecution] {
        var executions = settled
        let pair = splitFill(in: executions)
        let partial = executions.lastIndex { $0.status == "PARTIALLY_FILLED" } ?? 0
        let changes: [(index: Int, change: (inout SampleExecution) -> Void)] = [
            (pair.lowerBound, { correct(&$0, by: movedContracts) }),
            (pair.upperBound, { correct(&$0, by: -movedContracts) }),
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
            // A new `updatedAt` and nothing else.
            (700 - 1, { _ in }),
        ]
        for (moment, (index, change)) in zip(moments, changes) {
            change(&executions[index])
            executions[index].updatedAt = moment
        }
        return executions
    }

    /// The two parts of the last order that was filled at one price, as `first...second`.
    private static func splitFill(in executions: [SampleExecution]) -> ClosedRange<Int> {
        guard let second = executions.lastIndex(where: { $0.isSplitFill }),
            let first = executions[..<second].lastIndex(where: { $0.ticketID == executions[second].ticketID })
        else { return 0...0 }
        return first...second
    }

    /// Another quantity at the same price; the premium follows.
    private static func correct(_ execution: inout SampleExecution, by contracts: Int) {
        execution.quantity = (execution.quantity ?? 0) + contracts
        execution.premiumTenThousandths = execution.derivedPremium
    }
}
