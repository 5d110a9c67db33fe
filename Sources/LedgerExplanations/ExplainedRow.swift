public import LedgerEvents
public import LedgerJSON
public import LedgerProjections
public import LedgerValues

/// A row of a view as a reader saw it, with the events behind it.
public struct ExplainedRow: Sendable {
    /// The parts of the primary key.
    public let key: [String]
    /// The row as HTTP answers it.
    public let published: JSONDocument
    /// The reader's current moment, on which maturity and expiry depend.
    public let now: Instant
    /// The events of ``ExplanationNeeds``: every event that the row follows from, in order of position.
    public let events: [DecodedEvent]
    /// The value collected from ``ExplanationBackground``; nil if it was not asked for or had too many events.
    public let background: (any Sendable)?

    public init(
        key: [String], published: JSONDocument, now: Instant, events: [DecodedEvent],
        background: (any Sendable)? = nil
    ) {
        self.key = key
        self.published = published
        self.now = now
        self.events = events.sorted { $0.record.position < $1.record.position }
        self.background = background
    }

    /// The event at a position, or nil if the event was not given. O(log n).
    public func event(at position: Int64) -> DecodedEvent? {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].record.position < position { low = middle + 1 } else { high = middle }
        }
        guard low < events.count, events[low].record.position == position else { return nil }
        return events[low]
    }
}

/// The events of the log that an explanation of a row reads.
public enum ExplanationNeeds: Sendable, Equatable {
    /// The events at these positions.
    case positions([Int64])
    /// All events of a stream up to the row's position.
    case stream(String)
    /// The latest event of each kind, of a stream up to the row's position.
    case latest(stream: String, [LatestEvent])
}

/// The latest event of a type. If a member is named, the latest event whose payload has it with a value other than null.
public struct LatestEvent: Sendable, Equatable {
    public let type: EventType
    public let member: String?

    public init(_ type: EventType, having member: String? = nil) {
        self.type = type
        self.member = member
    }
}

/// The latest event of every stream whose name has one of several prefixes, as of a position. The events are collected
/// into a value that an explainer works with.
public struct ExplanationBackground: Sendable {
    /// The prefixes; each ends in a colon.
    public let prefixes: [String]
    /// The position as of which the events are read.
    public let upTo: Int64
    /// The largest number of events read; if there are more, the explanation goes without the background.
    public let most: Int
    /// Makes the value of ``ExplainedRow/background``; the events come in order of prefix and stream.
    public let collect: @Sendable ([DecodedEvent]) -> any Sendable

    public init(
        prefixes: [String], upTo: Int64, most: Int, collect: @escaping @Sendable ([DecodedEvent]) -> any Sendable
    ) {
        self.prefixes = prefixes
        self.upTo = upTo
        self.most = most
        self.collect = collect
    }
}
