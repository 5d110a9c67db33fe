import Events
public import JSON
public import OptionTrades

/// What a sync did: its summary, and the rows that the summary counts.
public struct SyncRun: Sendable {
    public let summary: RunSummary
    public let rows: RunRows

    /// The summary's members, then those of the rows.
    public var node: JSONNode {
        guard case .object(let members) = summary.node else { return summary.node }
        return .object(members + rows.members)
    }
}
