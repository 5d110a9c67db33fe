import Values

/// What an event reports (spec 1, section 3). The raw value is the name stored in the log.
public enum EventType: String, CaseIterable, Sendable, Hashable {
    /// A trade id seen for the first time.
    case alphaExecutionRecorded = "AlphaExecutionRecorded"
    /// A trade's row changed.
    case alphaExecutionUpdated = "AlphaExecutionUpdated"
    /// A full-scope run no longer found a trade of its scope.
    case alphaExecutionMissing = "AlphaExecutionMissing"
    /// A full-scope run found a missing trade again.
    case alphaExecutionReappeared = "AlphaExecutionReappeared"
    /// A row of the feed broke the contract.
    case alphaRowRejected = "AlphaRowRejected"
    /// A real sync ended well.
    case alphaSyncCompleted = "AlphaSyncCompleted"
    /// A real sync failed.
    case alphaSyncFailed = "AlphaSyncFailed"
    /// The market context of a trade (spec 3, section 5).
    case contextStamped = "ContextStamped"
    /// The quote nearest to an execution (spec 3, section 6).
    case executionBenchmarkRecorded = "ExecutionBenchmarkRecorded"
    /// The quote nearest to a horizon of an execution (spec 3, section 8).
    case forwardMarkRecorded = "ForwardMarkRecorded"
    /// One market observation (spec 4).
    case marketObserved = "MarketObserved"
    /// A projection version became the served one.
    case projectionPromoted = "ProjectionPromoted"
}

extension EventType {
    /// The type with that stored name, nil for a name that is none. Without allocation.
    public init?(utf8 name: Span<UInt8>) {
        guard let known = Self.names.first(where: { name.isBytewiseEqual(to: $0.text.span) }) else { return nil }
        self = known.type
    }

    private static let names: [(type: EventType, text: [UInt8])] = allCases.map { ($0, Array($0.rawValue.utf8)) }

    /// Its place among all types, from 0.
    public var ordinal: Int {
        switch self {
        case .alphaExecutionRecorded: 0
        case .alphaExecutionUpdated: 1
        case .alphaExecutionMissing: 2
        case .alphaExecutionReappeared: 3
        case .alphaRowRejected: 4
        case .alphaSyncCompleted: 5
        case .alphaSyncFailed: 6
        case .contextStamped: 7
        case .executionBenchmarkRecorded: 8
        case .forwardMarkRecorded: 9
        case .marketObserved: 10
        case .projectionPromoted: 11
        }
    }
}
