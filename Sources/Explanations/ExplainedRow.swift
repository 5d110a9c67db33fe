import Events
public import JSON
public import Projections
public import Trading
public import Values

/// A row of a view as a reader saw it, with the events behind it.
public struct ExplainedRow: Sendable {
    /// The parts of the primary key.
    public let key: [String]
    /// As HTTP answers it.
    public let published: JSONDocument
    /// The reader's now, which maturity and expiry depend on.
    public let now: Instant
    /// Of ``ExplanationNeeds``: every event that the row follows from, in order of position.
    public let events: [DecodedEvent]
    /// For a row of `context`: the market's observations that the stamp could see; nil where they were not read.
    public let observations: MarketSeries?

    public init(
        key: [String], published: JSONDocument, now: Instant, events: [DecodedEvent],
        observations: MarketSeries? = nil
    ) {
        self.key = key
        self.published = published
        self.now = now
        self.events = events.sorted { $0.record.position < $1.record.position }
        self.observations = observations
    }

    /// The event at a position; nil where it was not given. O(log n).
    func event(at position: Int64) -> DecodedEvent? {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].record.position < position { low = middle + 1 } else { high = middle }
        }
        guard low < events.count, events[low].record.position == position else { return nil }
        return events[low]
    }
}

/// Which events of the log an explanation of a row reads.
public enum ExplanationNeeds: Sendable, Equatable {
    /// The events at these positions.
    case positions([Int64])
    /// All events of a stream up to the row's position.
    case stream(String)
    /// Of a scope's runs up to the row's position: the latest that ended well, the latest that left a cursor, the latest
    /// that left a watermark, and the latest that failed.
    case runs(stream: String)
}
