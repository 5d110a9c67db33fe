public import Events

extension EventType {
    /// A trade id was seen for the first time.
    public static let alphaExecutionRecorded = EventType("AlphaExecutionRecorded")
    /// A trade's row changed.
    public static let alphaExecutionUpdated = EventType("AlphaExecutionUpdated")
    /// A full-scope run no longer found a trade of its scope.
    public static let alphaExecutionMissing = EventType("AlphaExecutionMissing")
    /// A full-scope run found a missing trade again.
    public static let alphaExecutionReappeared = EventType("AlphaExecutionReappeared")
    /// A row of the feed broke the contract.
    public static let alphaRowRejected = EventType("AlphaRowRejected")
    /// A real sync succeeded.
    public static let alphaSyncCompleted = EventType("AlphaSyncCompleted")
    /// A real sync failed.
    public static let alphaSyncFailed = EventType("AlphaSyncFailed")
    /// The market context of a trade (spec 3, section 5).
    public static let contextStamped = EventType("ContextStamped")
    /// The quote nearest to an execution (spec 3, section 6).
    public static let executionBenchmarkRecorded = EventType("ExecutionBenchmarkRecorded")
    /// The quote nearest to a horizon of an execution (spec 3, section 8).
    public static let forwardMarkRecorded = EventType("ForwardMarkRecorded")
    /// One market observation (spec 4).
    public static let marketObserved = EventType("MarketObserved")
}

/// The events of option trades (spec 1, section 3).
public enum TradeEvents {
    /// The types whose payload is an execution, from any source.
    public static let executions: [EventType] = [.alphaExecutionRecorded, .alphaExecutionUpdated]

    /// The event types of a projection that consumes executions and the given others, each in its first schema version.
    static func executions(and others: EventType...) -> [EventType: Set<Int>] {
        Dictionary(uniqueKeysWithValues: (executions + others).map { ($0, [1]) })
    }

    public static let registry = EventRegistry([
        EventDefinition(
            .alphaExecutionRecorded, readers: [1: { bytes throws(PayloadError) in try recorded(ExecutionPayload(decoding: bytes)) }],
            inPlace: { $0.execution().flatMap { $0.changedFields == nil ? $0 : nil } }),
        EventDefinition(
            .alphaExecutionUpdated, readers: [1: { bytes throws(PayloadError) in try updated(ExecutionPayload(decoding: bytes)) }],
            inPlace: { $0.execution().flatMap { $0.changedFields == nil ? nil : $0 } }),
        EventDefinition(
            .alphaExecutionMissing,
            readers: [1: { bytes throws(PayloadError) in try PresencePayload(decoding: bytes, isMissing: true) }]),
        EventDefinition(
            .alphaExecutionReappeared,
            readers: [1: { bytes throws(PayloadError) in try PresencePayload(decoding: bytes, isMissing: false) }]),
        EventDefinition(
            .alphaRowRejected,
            readers: [
                1: { bytes throws(PayloadError) in try RejectedRowPayload(decoding: bytes) },
                2: { bytes throws(PayloadError) in try RejectedRowPayload(decodingCut: bytes) },
            ]),
        EventDefinition(
            .alphaSyncCompleted, readers: [1: { bytes throws(PayloadError) in try SyncCompletedPayload(decoding: bytes) }]),
        EventDefinition(.alphaSyncFailed, readers: [1: { bytes throws(PayloadError) in try SyncFailedPayload(decoding: bytes) }]),
        EventDefinition(
            .contextStamped, readers: [1: { bytes throws(PayloadError) in try ContextStampedPayload(decoding: bytes) }],
            inPlace: { $0.stamp() }),
        EventDefinition(
            .executionBenchmarkRecorded,
            readers: [1: { bytes throws(PayloadError) in try ExecutionBenchmarkPayload(decoding: bytes) }],
            inPlace: { $0.benchmark() }),
        EventDefinition(
            .forwardMarkRecorded, readers: [1: { bytes throws(PayloadError) in try ForwardMarkPayload(decoding: bytes) }],
            inPlace: { $0.mark() }),
        EventDefinition(
            .marketObserved, readers: [1: { bytes throws(PayloadError) in try MarketObservedPayload(decoding: bytes) }]),
    ])

    private static func recorded(_ payload: ExecutionPayload) throws(PayloadError) -> ExecutionPayload {
        guard payload.changedFields == nil else {
            throw PayloadError(pointer: "", problem: "has the unknown key changed_fields")
        }
        return payload
    }

    private static func updated(_ payload: ExecutionPayload) throws(PayloadError) -> ExecutionPayload {
        guard payload.changedFields != nil else {
            throw PayloadError(pointer: "", problem: "lacks the key changed_fields")
        }
        return payload
    }
}

extension ExecutionPayload: EventPayload {
    public var subjectKey: RowKey? { RowKey([row.source, row.sourceTradeID]) }
}

extension ContextStampedPayload: EventPayload {
    public var subjectKey: RowKey? { RowKey([self.source, self.sourceTradeID]) }
}

extension ExecutionBenchmarkPayload: EventPayload {
    public var subjectKey: RowKey? { RowKey([self.source, self.sourceTradeID]) }
}

extension ForwardMarkPayload: EventPayload {
    public var subjectKey: RowKey? { RowKey([self.source, self.sourceTradeID]) }
}

extension MarketObservedPayload: EventPayload {}
extension RejectedRowPayload: EventPayload {}
extension SyncCompletedPayload: EventPayload {}
extension SyncFailedPayload: EventPayload {}
