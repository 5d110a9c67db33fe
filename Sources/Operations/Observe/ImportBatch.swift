import LedgerEvents
import LedgerValues
import OptionTrades

/// The events that a batch of observations adds to the log. The decision is pure, so it can be repeated if another
/// writer came first.
struct ImportBatch: Sendable {
    private(set) var events: [NewEvent] = []
    private(set) var counts: [MarketKind: ImportCounts] = [:]

    /// The batch's events if the log has none of its streams.
    init(new items: [ImportItem]) {
        var seen: ContentTable?
        self.init(items, stored: StoredObservations(), seen: &seen) { _ in false }
    }

    /// - Parameters:
    ///   - stored: the latest observation of each stream in the batch
    ///   - seen: the observations that earlier batches of a dry run would have stored; this batch adds its own
    ///   - isReplayed: whether an earlier run of the files already stored a line's content at its place in the order
    init(
        _ items: [ImportItem], stored: StoredObservations, seen: inout ContentTable?,
        isReplayed: (ImportItem) -> Bool
    ) {
        var latest = stored.latest
        for item in items {
            let observation = item.observation
            let stream = ByteKey(observation.stream)
            if isReplayed(item) {
                counts[observation.kind, default: ImportCounts()].unchanged += 1
                continue
            }
            if seen != nil {
                let key = StreamKey(observation)
                let content = observation.contentDigest.leadingBits
                let known = seen?[key] ?? latest[stream]?.content.leadingBits
                counts[observation.kind, default: ImportCounts()].count(known: known, content)
                seen?[key] = content
                continue
            }
            let known = latest[stream]
            counts[observation.kind, default: ImportCounts()].count(known: known?.content, observation.contentDigest)
            if known?.content == observation.contentDigest { continue }
            let version = known?.version ?? 0
            events.append(observation.event(previousVersion: version))
            latest[stream] = StoredObservations.Latest(version: version + 1, content: observation.contentDigest)
        }
    }
}

/// The outcome of observations.
package struct ImportCounts: Sendable, Equatable {
    /// Observations that are the first of their stream.
    package var inserted = 0
    /// Observations whose content differs from their stream's latest, which they supersede.
    package var superseding = 0
    /// Observations that the log has already.
    package var unchanged = 0

    package init(inserted: Int = 0, superseding: Int = 0, unchanged: Int = 0) {
        self.inserted = inserted
        self.superseding = superseding
        self.unchanged = unchanged
    }

    fileprivate mutating func count<Content: Equatable>(known: Content?, _ content: Content) {
        if known == nil {
            inserted += 1
        } else if known == content {
            unchanged += 1
        } else {
            superseding += 1
        }
    }

    static func += (left: inout ImportCounts, right: ImportCounts) {
        left.inserted += right.inserted
        left.superseding += right.superseding
        left.unchanged += right.unchanged
    }
}
