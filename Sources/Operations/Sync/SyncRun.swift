import LedgerEvents
package import LedgerJSON
package import OptionTrades

/// What a sync did: its summary, and the rows that the summary counts.
package struct SyncRun: Sendable {
    package let summary: RunSummary
    package let rows: RunRows

    /// The summary's members, then those of the rows.
    package var node: JSONNode {
        guard case .object(let members) = summary.node else { return summary.node }
        return .object(members + rows.members)
    }
}
