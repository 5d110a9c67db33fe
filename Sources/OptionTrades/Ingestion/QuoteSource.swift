import LedgerEvents
package import LedgerValues

/// A span of time, both ends inclusive.
package struct QuoteWindow: Sendable, Hashable {
    package var from: Instant
    package var through: Instant

    package init(from: Instant, through: Instant) {
        self.from = from
        self.through = through
    }

    /// The given number of minutes around an instant. `endsThere` excludes the time after it.
    package init(around target: Instant, minutes: Int, endsThere: Bool = false) {
        let reach = Int64(minutes) * 60_000_000
        from = target.advanced(byMicroseconds: -reach) ?? .minimum
        through = endsThere ? target : target.advanced(byMicroseconds: reach) ?? .maximum
    }

    package func contains(_ instant: Instant) -> Bool { from <= instant && instant <= through }
}

/// A request to a source: the quote of a contract that is nearest to an instant.
package struct QuoteLookup: Sendable, Hashable {
    package var contract: OptionContract
    package var target: Instant
    package var window: QuoteWindow
    /// The window to search if the first one holds no quote at all. Nil to search no further.
    package var widened: QuoteWindow?

    package init(contract: OptionContract, target: Instant, window: QuoteWindow, widened: QuoteWindow? = nil) {
        self.contract = contract
        self.target = target
        self.window = window
        self.widened = widened
    }
}

extension QuoteLookup: Comparable {
    /// Orders by contract, then by time, so that look-ups with shared calls are adjacent.
    package static func < (left: QuoteLookup, right: QuoteLookup) -> Bool {
        if left.contract != right.contract { return left.contract < right.contract }
        if left.target != right.target { return left.target < right.target }
        if left.window != right.window {
            return (left.window.from, left.window.through) < (right.window.from, right.window.through)
        }
        let (a, b) = (left.widened ?? left.window, right.widened ?? right.window)
        return (a.from, a.through) < (b.from, b.through)
    }
}

/// A quote with the observation that imported it. The position is nil for a vendor's answer.
package struct SourcedQuote: Sendable, Equatable {
    package var quote: OptionQuote
    package var position: Int64?

    package init(_ quote: OptionQuote, position: Int64? = nil) {
        self.quote = quote
        self.position = position
    }
}

/// The result of a look-up.
package struct QuoteAnswer: Sendable, Equatable {
    /// Nil if neither window holds a quote.
    package var found: SourcedQuote?
    /// The last window searched.
    package var window: QuoteWindow
    package var isWidened: Bool

    package init(found: SourcedQuote?, window: QuoteWindow, isWidened: Bool) {
        self.found = found
        self.window = window
        self.isWidened = isWidened
    }
}

/// The reason why a look-up failed, as a sentence without secrets.
package struct QuoteError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The vendor refused with 401 or 403.
        case notEntitled
        /// The vendor did not answer at all.
        case unreachable
        /// Nothing could be sent with these settings.
        case notConfigured
        case other
    }

    package var kind: Kind
    package var description: String

    package init(_ kind: Kind = .other, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether further requests are useless and nothing was learned about the contract.
    package var endsRun: Bool { kind == .unreachable || kind == .notConfigured }
}

/// The purpose of a quote, which determines the label of its source.
package struct QuoteUse: Sendable, Equatable {
    package var isWidened: Bool
    package var isExpiry: Bool
    package var isAdjustedRoot: Bool

    package init(isWidened: Bool = false, isExpiry: Bool = false, isAdjustedRoot: Bool = false) {
        self.isWidened = isWidened
        self.isExpiry = isExpiry
        self.isAdjustedRoot = isAdjustedRoot
    }
}

/// A source of quotes.
package protocol QuoteSource: Sendable {
    /// `log` or `amberdata`.
    var name: String { get }
    /// The number of look-ups that are settled before their events are appended. A run that dies loses at most this many.
    var lookupsPerBatch: Int { get }
    /// The largest number of contracts looked up at a time.
    var concurrency: Int { get }
    /// Requests sent so far.
    var callsMade: Int { get }
    /// Answers look-ups of one contract, given in ascending order, in the same order. There is an answer for each
    /// look-up, or fewer if the last answer ends the run.
    func answers(to lookups: [QuoteLookup]) async -> [Result<QuoteAnswer, QuoteError>]
    /// The number of requests that look-ups, given in ascending order, take if every first window holds a quote and no request
    /// is repeated.
    func leastCalls(for lookups: [QuoteLookup]) -> Int
    /// The `benchmark_source` or `mark_source` of a quote.
    func label(for use: QuoteUse) -> String
}

/// The nearest quote to an instant so far, by its own time. At equal distances the earlier quote wins, at the same time
/// the one of the earlier bucket.
package struct NearestQuote: Sendable {
    package let target: Instant
    package private(set) var best: SourcedQuote?

    package init(to target: Instant) { self.target = target }

    package mutating func consider(_ candidate: SourcedQuote) {
        guard let best else {
            self.best = candidate
            return
        }
        let (old, new) = (best.quote, candidate.quote)
        let (known, distance) = (old.time.distance(to: target), new.time.distance(to: target))
        if (distance, new.time, new.timestamp) < (known, old.time, old.timestamp) { self.best = candidate }
    }
}

extension Instant {
    /// In microseconds, without sign.
    package func distance(to other: Instant) -> UInt64 { (microseconds - other.microseconds).magnitude }
}

/// A vendor of quotes as a program registers it: its settings, and how it is opened from their values.
package struct QuoteVendor: Sendable {
    /// What a user calls it, for example `amberdata`.
    package let name: String
    /// The settings that it understands.
    package let settings: [Setting]
    /// The setting without which it can't be asked, and what was expected of it.
    package let key: (name: String, expected: String)
    /// The source, ready to be asked.
    package let open: @Sendable (SettingValues, _ key: String) -> any QuoteSource
    /// Starts the vendor's sample server, and opens the source that asks it, as fast as it can. Nil if there is none.
    package let sample: (@Sendable () async throws -> (server: SampleServer, source: any QuoteSource))?

    package init(
        name: String, settings: [Setting], key: (name: String, expected: String),
        open: @escaping @Sendable (SettingValues, _ key: String) -> any QuoteSource,
        sample: (@Sendable () async throws -> (server: SampleServer, source: any QuoteSource))? = nil
    ) {
        self.name = name
        self.settings = settings
        self.key = key
        self.open = open
        self.sample = sample
    }
}
