import LedgerEvents
import LedgerPostgres
import LedgerValues
import OptionTrades

/// Imported quotes: the `option_quote` observations in the log, the latest of each identity.
///
/// All look-ups are known beforehand, so one pass over the observations of their underlyings answers them. Only the
/// nearest quote of each window is kept, so memory grows with the look-ups, not with the observations.
struct LogQuotes: QuoteSource {
    static let name = "log"
    var name: String { Self.name }
    let lookupsPerBatch = 1_000
    let concurrency = 1
    let callsMade = 0

    private let answers: [QuoteLookup: QuoteAnswer]

    /// Reads the log up to a position. O(observations of the underlyings × nearby look-ups of their contract).
    init(answering lookups: [QuoteLookup], upTo position: Int64, _ session: PostgresSession) throws {
        var search = QuoteSearch(lookups)
        for underlying in search.underlyings {
            try ObservationReader().forEach(
                kinds: [.optionQuote], subject: underlying.text, upTo: position, session
            ) { position, payload in
                guard let (contract, quote) = payload.quote else { return }
                search.consider(SourcedQuote(quote, position: position), of: contract)
            }
        }
        answers = search.answers()
    }

    func answers(to lookups: [QuoteLookup]) async -> [Result<QuoteAnswer, QuoteError>] {
        lookups.map { lookup in
            answers[lookup].map { .success($0) }
                ?? .failure(QuoteError(.other, "the log was not read for this contract"))
        }
    }

    func leastCalls(for lookups: [QuoteLookup]) -> Int { 0 }

    func label(for use: QuoteUse) -> String { "imported_option_quote" }
}

/// The look-ups that a pass over quotes answers.
struct QuoteSearch {
    fileprivate struct Entry {
        let lookup: QuoteLookup
        var nearest: NearestQuote
        var nearestWidened: NearestQuote
    }

    /// A contract's look-ups by target, and the largest reach of any look-up from its target.
    private struct Contract {
        var entries: [Entry] = []
        var reach: Int64 = 0

        mutating func add(_ entry: Entry, _ reach: Int64) {
            entries.append(entry)
            self.reach = max(self.reach, reach)
        }
    }

    private var contracts: [OptionContract: Contract] = [:]

    init(_ lookups: [QuoteLookup]) {
        for lookup in Set(lookups).sorted() {
            let entry = Entry(
                lookup: lookup, nearest: NearestQuote(to: lookup.target),
                nearestWidened: NearestQuote(to: lookup.target))
            let reach =
                [lookup.window, lookup.widened ?? lookup.window].map { window in
                    max(
                        lookup.target.microseconds - window.from.microseconds,
                        window.through.microseconds - lookup.target.microseconds)
                }.max() ?? 0
            contracts[lookup.contract, default: Contract()].add(entry, reach)
        }
    }

    var underlyings: [ByteKey] { Set(contracts.keys.map { ByteKey($0.underlying) }).sorted() }

    /// Considers a quote for the contract's look-ups that reach it.
    mutating func consider(_ quote: SourcedQuote, of contract: OptionContract) {
        let time = quote.quote.time
        guard let reach = contracts[contract]?.reach else { return }
        let earliest = time.advanced(byMicroseconds: -reach) ?? .minimum
        let latest = time.advanced(byMicroseconds: reach) ?? .maximum
        contracts[contract]?.entries.withTargets(from: earliest, through: latest) { entry in
            if entry.lookup.window.contains(time) {
                entry.nearest.consider(quote)
            } else if entry.lookup.widened?.contains(time) ?? false {
                entry.nearestWidened.consider(quote)
            }
        }
    }

    func answers() -> [QuoteLookup: QuoteAnswer] {
        var answers: [QuoteLookup: QuoteAnswer] = [:]
        for entry in contracts.values.lazy.flatMap(\.entries) {
            let lookup = entry.lookup
            // A quote in the window itself makes the widened window irrelevant.
            if let widened = lookup.widened, entry.nearest.best == nil {
                answers[lookup] = QuoteAnswer(found: entry.nearestWidened.best, window: widened, isWidened: true)
            } else {
                answers[lookup] = QuoteAnswer(found: entry.nearest.best, window: lookup.window, isWidened: false)
            }
        }
        return answers
    }
}

extension [QuoteSearch.Entry] {
    /// Visits the entries with a target within a span. O(log n + visited entries).
    fileprivate mutating func withTargets(
        from start: Instant, through end: Instant, _ body: (inout QuoteSearch.Entry) -> Void
    ) {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].lookup.target >= start { high = middle } else { low = middle + 1 }
        }
        while low < count, self[low].lookup.target <= end {
            body(&self[low])
            low += 1
        }
    }
}
