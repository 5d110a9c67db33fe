package import LedgerEvents

extension EventType {
    /// A trade id was seen for the first time.
    package static let alphaExecutionRecorded = EventType("AlphaExecutionRecorded")
    /// A trade's row changed.
    package static let alphaExecutionUpdated = EventType("AlphaExecutionUpdated")
    /// A full-scope run no longer found a trade of its scope.
    package static let alphaExecutionMissing = EventType("AlphaExecutionMissing")
    /// A full-scope run found a missing trade again.
    package static let alphaExecutionReappeared = EventType("AlphaExecutionReappeared")
    /// A row of the feed broke the contract.
    package static let alphaRowRejected = EventType("AlphaRowRejected")
    /// A real sync succeeded.
    package static let alphaSyncCompleted = EventType("AlphaSyncCompleted")
    /// A real sync failed.
    package static let alphaSyncFailed = EventType("AlphaSyncFailed")
    /// An execution of another source seen for the first time.
    package static let executionRecorded = EventType("ExecutionRecorded")
    /// An execution of another source changed.
    package static let executionUpdated = EventType("ExecutionUpdated")
    /// A full-scope run of another source no longer found an execution of its scope.
    package static let executionMissing = EventType("ExecutionMissing")
    /// A full-scope run of another source found a missing execution again.
    package static let executionReappeared = EventType("ExecutionReappeared")
    /// A row of another source broke its contract.
    package static let rowRejected = EventType("RowRejected")
    /// A real sync of another source ended well.
    package static let syncCompleted = EventType("SyncCompleted")
    /// A real sync of another source failed.
    package static let syncFailed = EventType("SyncFailed")
    /// The market context of a trade (docs/contract/event-types.md, "ContextStamped").
    package static let contextStamped = EventType("ContextStamped")
    /// The quote nearest to an execution (docs/contract/event-types.md, "ExecutionBenchmarkRecorded").
    package static let executionBenchmarkRecorded = EventType("ExecutionBenchmarkRecorded")
    /// The quote nearest to a horizon of an execution (docs/contract/event-types.md, "ForwardMarkRecorded").
    package static let forwardMarkRecorded = EventType("ForwardMarkRecorded")
    /// A real backfill ended (docs/contract/event-types.md, "BackfillCompleted").
    package static let backfillCompleted = EventType("BackfillCompleted")
    /// One market observation (docs/contract/event-types.md, "MarketObserved").
    package static let marketObserved = EventType("MarketObserved")
    /// An hour of a series of observations was captured (docs/contract/event-types.md, "SnapshotCaptured").
    package static let snapshotCaptured = EventType("SnapshotCaptured")
    /// A vendor gave nothing of a series in a window (docs/contract/event-types.md, "CaptureFailed").
    package static let captureFailed = EventType("CaptureFailed")
    /// The trades of a contract on a market date were summarized (docs/contract/event-types.md, "IntradayFlowSummarized").
    package static let intradayFlowSummarized = EventType("IntradayFlowSummarized")
    /// An operator states what a portfolio held of a contract (docs/contract/event-types.md, "AssertionStated").
    package static let assertionStated = EventType("AssertionStated")
    /// An operator withdraws an assertion (docs/contract/event-types.md, "AssertionWithdrawn").
    package static let assertionWithdrawn = EventType("AssertionWithdrawn")
    /// Somebody showed a report pack (docs/contract/event-types.md, "ReportPublished").
    package static let reportPublished = EventType("ReportPublished")
    /// An alert's condition has held for long enough (docs/contract/alerts.md).
    package static let alertRaised = EventType("AlertRaised")
    /// A raised alert's figure left its threshold.
    package static let alertCleared = EventType("AlertCleared")
    /// A message about an alert reached its receiver.
    package static let alertDelivered = EventType("AlertDelivered")
    /// A message about an alert did not reach its receiver.
    package static let alertDeliveryFailed = EventType("AlertDeliveryFailed")
    /// No message about an alert is sent for a time.
    package static let alertSilenced = EventType("AlertSilenced")
    /// Alerts were evaluated up to a moment.
    package static let alertsEvaluated = EventType("AlertsEvaluated")
}

/// The events of option trades (docs/contract/event-types.md, "Types").
package enum TradeEvents {
    /// The types whose payload is an execution, of all sources.
    package static let executions = ExecutionEventTypes.all.flatMap { [$0.recorded, $0.updated] }
    /// The types that say that an execution is missing, or is there again.
    package static let presences = ExecutionEventTypes.all.flatMap { [$0.missing, $0.reappeared] }

    /// What a projection consumes of types in their first schema version.
    static func firstVersions(of types: [EventType]) -> [EventType: Set<Int>] {
        Dictionary(uniqueKeysWithValues: types.map { ($0, [1]) })
    }

    package static let registry = EventRegistry(definitions)
    /// The names of all types, in the order of their definitions.
    package static let typeNames = registry.types.map(\.rawValue)

    package static let definitions =
        ExecutionEventTypes.alpha.definitions + [
            EventDefinition(
                .contextStamped, readers: [1: { bytes throws(PayloadError) in try ContextStampedPayload(decoding: bytes) }],
                inPlace: { $0.contextStamped() }),
            EventDefinition(
                .executionBenchmarkRecorded,
                readers: [1: { bytes throws(PayloadError) in try ExecutionBenchmarkPayload(decoding: bytes) }],
                inPlace: { $0.executionBenchmark() }),
            EventDefinition(
                .forwardMarkRecorded, readers: [1: { bytes throws(PayloadError) in try ForwardMarkPayload(decoding: bytes) }],
                inPlace: { $0.forwardMark() }),
            EventDefinition(
                .marketObserved,
                readers: [
                    1: { bytes throws(PayloadError) in try MarketObservedPayload(decoding: bytes, schemaVersion: 1) },
                    2: { bytes throws(PayloadError) in try MarketObservedPayload(decoding: bytes, schemaVersion: 2) },
                    3: { bytes throws(PayloadError) in try MarketObservedPayload(decoding: bytes, schemaVersion: 3) },
                ]),
            SnapshotCapturedPayload.definition, CaptureFailedPayload.definition, IntradayFlowPayload.definition,
            AssertionStatedPayload.definition, AssertionWithdrawnPayload.definition, BackfillCompletedPayload.definition,
            ReportPublishedPayload.definition,
        ] + ExecutionEventTypes.neutral.definitions + BrokerEvents.definitions + AlertEvents.definitions
}

extension ExecutionPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([row.source, row.sourceTradeID]) }
}

extension ContextStampedPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([self.source, self.sourceTradeID]) }
}

extension ExecutionBenchmarkPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([self.source, self.sourceTradeID]) }
}

extension ForwardMarkPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([self.source, self.sourceTradeID]) }
}

extension MarketObservedPayload: EventPayload {}
extension RejectedRowPayload: EventPayload {}
extension SyncCompletedPayload: EventPayload {}
extension SyncFailedPayload: EventPayload {}
