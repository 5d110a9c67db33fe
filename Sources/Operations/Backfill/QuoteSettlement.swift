import LedgerEvents
import LedgerPostgres
import LedgerValues
import OptionTrades

/// The result for one wanted benchmark or mark.
struct Settled: Sendable {
    /// Nil if the content equals the latest of its stream.
    var event: NewEvent?
    var quality: String
    var horizon: String?
    /// The error key under which a look-up without a quote is counted.
    var error: String?
}

/// The end of a wanted item's look-up.
enum QuoteOutcome: Sendable {
    /// There was nothing to look up.
    case notAsked
    case answered(QuoteAnswer)
    case failed(QuoteError)
}

/// A benchmark or mark that waits for a quote.
protocol QuoteItem: Sendable {
    var execution: WantedExecution { get }
    /// The horizon of a mark. Nil for a benchmark.
    var horizonKey: String? { get }
    /// The reason why there is nothing to look up, if that is the contract's.
    var problem: String? { get }
    /// Nil if there is nothing to look up.
    var lookup: QuoteLookup? { get }
    /// False if its recorded quote stays unchanged.
    var isWanted: Bool { get }
    /// The item's place among the others. Equal logs are therefore filled in the same order.
    var order: (tradeDate: Instant, stream: String) { get }
    func settle(_ outcome: QuoteOutcome, from source: any QuoteSource, at time: Instant, redact: (String) -> String)
        -> Settled
}

extension BackfillRun {
    /// Looks up the quotes of all items and appends the resulting events in batches. After a run that died, the next
    /// run does not repeat look-ups whose events were appended.
    ///
    /// Throws `BackfillError.unreachable` when the source cannot be reached, and `notConfigured` if nothing can be sent
    /// to it. Earlier answers are appended first.
    func settle(
        _ unordered: [some QuoteItem], from choice: QuoteChoice, _ summary: inout BackfillSummary,
        onProgress: @Sendable (BackfillProgress) -> Void
    ) async throws {
        let items = unordered.sorted(by: Self.precedes)
        let lookups = Set(items.compactMap(\.lookup))
        let source = try await choice.open(ledger, Array(lookups), upTo: position)
        summary.quoteSource = source.name
        summary.lookups = lookups.count
        var known: [QuoteLookup: QuoteOutcome] = [:]
        var next = 0
        while next < items.count {
            try Task.checkCancellation()
            let end = Self.endOfBatch(items, from: next, source.lookupsPerBatch)
            let batch = items[next..<end]
            let asked = Self.distinctLookups(batch).filter { known[$0] == nil }
            let outcomes = await Self.ask(source, asked)
            try Task.checkCancellation()
            known.merge(outcomes) { $1 }
            try await append(batch, known, source, &summary)
            summary.calls = source.callsMade
            if let failure = Self.end(outcomes) {
                let problem = ledger.redact(failure.description)
                throw failure.kind == .unreachable ? BackfillError.unreachable(problem) : .notConfigured(problem)
            }
            // Items with the same look-up are adjacent, so only the last look-up can continue into the next batch.
            known = batch.last?.lookup.flatMap { lookup in known[lookup].map { [lookup: $0] } } ?? [:]
            next = end
            onProgress(BackfillProgress(done: next, of: items.count, calls: source.callsMade))
        }
    }

    /// Orders by look-up, so that look-ups with shared calls are adjacent. Items without a look-up come first.
    private static func precedes<Item: QuoteItem>(_ left: Item, _ right: Item) -> Bool {
        switch (left.lookup, right.lookup) {
        case (nil, _?): return true
        case (_?, nil): return false
        case (let a?, let b?) where a != b: return a < b
        default:
            if left.order.tradeDate != right.order.tradeDate { return left.order.tradeDate < right.order.tradeDate }
            return left.order.stream.isBytewiseLess(than: right.order.stream)
        }
    }

    /// The largest number of items in a batch, for items that share few look-ups.
    private static let itemsPerBatch = 2_000

    private static func endOfBatch(_ items: [some QuoteItem], from start: Int, _ lookupsPerBatch: Int) -> Int {
        var lookups = 0
        var index = start
        while index < items.count, index - start < itemsPerBatch {
            if let lookup = items[index].lookup, index == start || items[index - 1].lookup != lookup {
                if lookups == lookupsPerBatch { break }
                lookups += 1
            }
            index += 1
        }
        return index
    }

    private static func distinctLookups(_ batch: ArraySlice<some QuoteItem>) -> [QuoteLookup] {
        var found: [QuoteLookup] = []
        for lookup in batch.lazy.compactMap(\.lookup) where found.last != lookup { found.append(lookup) }
        return found
    }

    /// Makes sorted look-ups: those of one contract in sequence, several contracts at a time.
    private static func ask(_ source: any QuoteSource, _ lookups: [QuoteLookup]) async -> [QuoteLookup: QuoteOutcome] {
        var groups: [[QuoteLookup]] = []
        for lookup in lookups {
            if let last = groups.last?.last, last.contract == lookup.contract {
                groups[groups.count - 1].append(lookup)
            } else {
                groups.append([lookup])
            }
        }
        return await withTaskGroup(of: [(QuoteLookup, QuoteOutcome)].self) { tasks in
            var outcomes: [QuoteLookup: QuoteOutcome] = [:]
            for (number, group) in groups.enumerated() {
                if number >= source.concurrency, let done = await tasks.next() {
                    outcomes.merge(done) { $1 }
                    if end(outcomes) != nil { break }
                }
                tasks.addTask {
                    zip(group, await source.answers(to: group)).map { lookup, result in
                        switch result {
                        case .success(let answer): (lookup, .answered(answer))
                        case .failure(let error): (lookup, .failed(error))
                        }
                    }
                }
            }
            for await done in tasks { outcomes.merge(done) { $1 } }
            return outcomes
        }
    }

    /// The error that ends the run here, if any. Of several errors the first one bytewise.
    private static func end(_ outcomes: [QuoteLookup: QuoteOutcome]) -> QuoteError? {
        outcomes.values.compactMap { outcome in
            if case .failed(let error) = outcome, error.endsRun { error } else { nil }
        }.min { $0.description.isBytewiseLess(than: $1.description) }
    }

    /// Appends a batch's events. Unanswered look-ups are left for another run.
    private func append(
        _ batch: ArraySlice<some QuoteItem>, _ known: [QuoteLookup: QuoteOutcome], _ source: any QuoteSource,
        _ summary: inout BackfillSummary
    ) async throws {
        let time = ledger.now()
        var events: [NewEvent] = []
        var counted = summary
        for item in batch {
            let outcome: QuoteOutcome
            if let lookup = item.lookup {
                guard let known = known[lookup] else { continue }
                if case .failed(let error) = known, error.endsRun { continue }
                outcome = known
            } else {
                outcome = .notAsked
            }
            let settled = item.settle(outcome, from: source, at: time, redact: ledger.redact)
            if let event = settled.event { events.append(event) }
            guard item.isWanted else { continue }
            counted.count(quality: settled.quality, horizon: settled.horizon)
            if let error = settled.error { counted.count(error: error) }
            if settled.event == nil { counted.unchanged += 1 }
        }
        try await append(events)
        counted.appended += events.count
        summary = counted
    }
}

/// The errors of an event without a quote, and the keys under which they are counted.
enum LookupProblem {
    static let incompleteContract = "incomplete_contract"
    static let adjustedRoot = "adjusted_root"
    static let notEntitled = "not_entitled"
    static let failed = "lookup_failed"

    /// The largest number of characters kept of a vendor's message.
    private static let longestText = 300

    /// The event's `error`: without secrets and on a single line, even if a vendor's message has several.
    static func text(_ error: QuoteError, redact: (String) -> String) -> String {
        let line = redact("\(key(error)): \(error)").unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        return String(line.prefix(longestText))
    }

    static func key(_ error: QuoteError) -> String { error.kind == .notEntitled ? notEntitled : failed }
}
