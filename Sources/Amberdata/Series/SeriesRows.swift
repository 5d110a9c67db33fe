import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// The observations that rows of answers hold. All functions on it are pure.
///
/// Observations are those of a window alone, and of one identity the first row counts: several paths answer beyond what was
/// asked. A row without what identifies its observation, or without any figure, counts as skipped.
struct SeriesRows {
    let window: SeriesWindow
    private(set) var observations: [MarketObservedPayload] = []
    private(set) var skipped = 0
    private var identities: Set<Digest32> = []

    init(_ window: SeriesWindow) { self.window = window }

    /// Adds an observation.
    mutating func add(_ draft: ObservationDraft, mayBeNull: Bool = false) {
        guard mayBeNull || draft.hasFigure, let observation = draft.payload else {
            skipped += 1
            return
        }
        add(observation)
    }

    mutating func add(_ observation: MarketObservedPayload) {
        guard window.contains(observation.timestamp) else { return }
        if identities.insert(observation.kindAndIdentity).inserted { observations.append(observation) }
    }

    mutating func skip() { skipped += 1 }
}

extension MarketObservedPayload {
    /// Kinds may have the same identifying fields.
    fileprivate var kindAndIdentity: Digest32 { Digest32(sha256Of: Array(kind.rawValue.utf8) + identifyingBytes()) }
}

extension Instant {
    static let microsecondsPerHour: Int64 = 3_600_000_000

    /// The start of the UTC hour.
    var flooredToHour: Instant { advanced(byMicroseconds: -(microseconds % Self.microsecondsPerHour)) ?? self }

    var plusHour: Instant { advanced(byMicroseconds: Self.microsecondsPerHour) ?? .maximum }
}
