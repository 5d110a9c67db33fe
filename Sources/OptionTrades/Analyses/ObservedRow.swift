import LedgerJSON
import LedgerProjections
import LedgerValues

/// A row of a table of observations.
struct ObservedRow: Sendable {
    let timestamp: Instant
    /// The event's.
    let position: Int64
    private let document: JSONDocument

    /// Nil for a row that lacks its time or its position.
    init?(_ document: JSONDocument) {
        guard let timestamp = document.root["timestamp"]?.string.flatMap({ Instant($0) }),
            let position = document.root["observed_position"]?.integer
        else { return nil }
        self.timestamp = timestamp
        self.position = position
        self.document = document
    }

    /// A figure of the observation; nil where it is null.
    func decimal(_ column: String) -> FixedDecimal? { document.root[column]?.decimal }
}

extension ObservationTable {
    /// The observations of a market from an instant up to now.
    func range(of market: String, from: Instant, through now: Instant) -> RowRange {
        RowRange(name, equals: [subject: market], time: "timestamp", from: from, through: now)
    }
}
