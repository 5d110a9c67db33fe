package import LedgerEvents
import LedgerValues

/// What the events of a source are called. The payloads are the same for all sources.
package struct ExecutionEventTypes: Sendable {
    /// An execution seen for the first time, and one that changed.
    package let recorded, updated: EventType
    /// An execution that a full-scope run no longer found, or found again.
    package let missing, reappeared: EventType
    /// A row that broke its source's contract.
    package let rejected: EventType
    /// How a real run ended.
    package let completed, failed: EventType

    /// Those of the standard source, the Alpha feed, which was the first.
    package static let alpha = ExecutionEventTypes(
        recorded: .alphaExecutionRecorded, updated: .alphaExecutionUpdated, missing: .alphaExecutionMissing,
        reappeared: .alphaExecutionReappeared, rejected: .alphaRowRejected, completed: .alphaSyncCompleted,
        failed: .alphaSyncFailed)
    /// Those of every other source.
    package static let neutral = ExecutionEventTypes(
        recorded: .executionRecorded, updated: .executionUpdated, missing: .executionMissing, reappeared: .executionReappeared,
        rejected: .rowRejected, completed: .syncCompleted, failed: .syncFailed)

    static let all = [alpha, neutral]

    /// The types of the events of a stored `source`.
    package static func of(source: String) -> ExecutionEventTypes {
        source.isBytewiseEqual(to: TradeLedger.standardSource) ? .alpha : .neutral
    }

    /// The types of the events of a feed's runs.
    static func of(feed: String) -> ExecutionEventTypes {
        feed.isBytewiseEqual(to: TradeLedger.standardFeed) ? .alpha : .neutral
    }

    var definitions: [EventDefinition] {
        [
            EventDefinition(
                recorded, readers: [1: { bytes throws(PayloadError) in try ExecutionPayload(decodingRecorded: bytes) }],
                inPlace: { $0.execution().flatMap { $0.changedFields == nil ? $0 : nil } }),
            EventDefinition(
                updated, readers: [1: { bytes throws(PayloadError) in try ExecutionPayload(decodingUpdated: bytes) }],
                inPlace: { $0.execution().flatMap { $0.changedFields == nil ? nil : $0 } }),
            EventDefinition(
                missing, readers: [1: { bytes throws(PayloadError) in try PresencePayload(decoding: bytes, isMissing: true) }]),
            EventDefinition(
                reappeared, readers: [1: { bytes throws(PayloadError) in try PresencePayload(decoding: bytes, isMissing: false) }]),
            EventDefinition(
                rejected,
                readers: [
                    1: { bytes throws(PayloadError) in try RejectedRowPayload(decoding: bytes) },
                    2: { bytes throws(PayloadError) in try RejectedRowPayload(decodingCut: bytes) },
                ]),
            EventDefinition(
                completed,
                readers: [
                    1: { bytes throws(PayloadError) in try SyncCompletedPayload(decoding: bytes) },
                    2: { bytes throws(PayloadError) in try SyncCompletedPayload(decoding: bytes, hasActor: true) },
                ]),
            EventDefinition(
                failed,
                readers: [
                    1: { bytes throws(PayloadError) in try SyncFailedPayload(decoding: bytes) },
                    2: { bytes throws(PayloadError) in try SyncFailedPayload(decoding: bytes, hasActor: true) },
                ]),
        ]
    }
}

extension ExecutionPayload {
    init(decodingRecorded bytes: [UInt8]) throws(PayloadError) {
        try self.init(decoding: bytes)
        guard changedFields == nil else { throw PayloadError(pointer: "", problem: "has the unknown key changed_fields") }
    }

    init(decodingUpdated bytes: [UInt8]) throws(PayloadError) {
        try self.init(decoding: bytes)
        guard changedFields != nil else { throw PayloadError(pointer: "", problem: "lacks the key changed_fields") }
    }
}
