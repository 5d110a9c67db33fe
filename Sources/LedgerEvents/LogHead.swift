public import LedgerValues

/// The log's last event, and the ledger that the log belongs to.
public struct LogHead: Sendable, Equatable {
    public let ledgerID: UniqueID
    /// The last position; 0 for an empty log.
    public let position: Int64
    public let recordedAt: Instant?

    public init(ledgerID: UniqueID, position: Int64, recordedAt: Instant?) {
        self.ledgerID = ledgerID
        self.position = position
        self.recordedAt = recordedAt
    }
}
