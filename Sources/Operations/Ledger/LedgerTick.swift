import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
package import LedgerValues
import OptionTrades

/// A moment at which something happened to the whole ledger, for the play head of pages: a run of a sync ended, or another version was served.
package struct LedgerTick: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A run that stored rows, or found nothing new.
        case sync
        /// A run that changed rows which the ledger had already.
        case correction
        /// A run that failed.
        case failure
        /// Another version of a projection was served.
        case promotion
    }

    /// The position of the last event of what happened.
    package let position: Int64
    package let recordedAt: Instant
    package let kind: Kind
    /// What happened, in a few words: `749 new, 3 corrected`.
    package let text: String
}

extension Ledger {
    /// The latest ticks, latest first, at most `limit`.
    package func ticks(limit: Int) async throws -> [LedgerTick] {
        let events = try await read(.latest) { session in
            let log = LogReader()
            return try log.latestEvents(inStreamsPrefixed: Streams.syncs, limit: limit, session)
                + log.latestEvents(inStreamsPrefixed: ProjectionPromotedPayload.streams, limit: limit, session)
        }
        // An event that a newer program wrote makes no tick.
        return events.sorted { $0.position > $1.position }.prefix(limit).compactMap { event in
            (try? registry.events.payload(of: event)).flatMap { LedgerTick(event, $0) }
        }
    }
}

extension LedgerTick {
    /// Nil for an event that makes no tick.
    fileprivate init?(_ event: RecordedEvent, _ payload: any EventPayload) {
        (position, recordedAt) = (event.position, event.recordedAt)
        switch payload {
        case let run as SyncCompletedPayload:
            guard let summary = try? JSONDocument(parsing: run.summary).root else { return nil }
            func count(_ names: String...) -> Int64 { names.reduce(0) { $0 + (summary[$1]?.integer ?? 0) } }
            let counts = [
                (count("inserted"), "new"), (count("updated", "missing", "reappeared"), "corrected"), (count("rejected"), "rejected"),
            ].filter { $0.0 > 0 }
            kind = counts.contains { $0.1 == "corrected" } ? .correction : .sync
            text = counts.isEmpty ? "nothing new" : counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        case let run as SyncFailedPayload: (kind, text) = (.failure, run.errorCode)
        case let promotion as ProjectionPromotedPayload:
            (kind, text) = (.promotion, "\(promotion.projection) \(promotion.newVersion)/c\(promotion.codeVersion)")
        default: return nil
        }
    }
}
