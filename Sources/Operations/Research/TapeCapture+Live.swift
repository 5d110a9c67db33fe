import Alpaca
import Glibc
import LedgerJSON
package import LedgerValues
import OptionTrades

extension TapeCapture {
    /// How long the vendor may fail before the capture ends.
    private static let longestFailure: Int64 = 300_000_000
    /// Between two questions for the trades of the day so far, of which the last one counts.
    private static let tradesEvery: Int64 = 900_000_000

    /// How far a capture is.
    package struct Progress: Sendable {
        /// Quotes that were written.
        package let quotes: Int
        /// Answers of the vendor.
        package let answers: Int
        /// Why there is no answer now; nil if there is one.
        package let problem: String?
    }

    /// Captures the quotes of contracts each second, with the trades of the day, until a moment, the end of the day in New York, or the
    /// cancellation of the task, which is an orderly end.
    ///
    /// The trades are asked for whole each time, since they have no number by which two answers could be joined. Throws ``FlowProblem``
    /// for a file that can't be written and without rights to quotes, and `BrokerFailure`. What was written stays in every case, and the
    /// next run goes on with it.
    ///
    /// - Parameters:
    ///   - symbols: OCC symbols, at most ``mostLiveSymbols``.
    ///   - end: when to end; nil for the end of the day.
    ///   - folder: of the tapes.
    ///   - onProgress: receives each question's end.
    package func live(
        _ symbols: [OptionSymbol], until end: Instant?, into folder: String, onProgress: @escaping (Progress) -> Void = { _ in }
    ) async throws -> [Outcome] {
        guard let date = NewYorkDay.date(at: now()), let midnight = NewYorkDay.end(of: date) else {
            throw FlowProblem("the clock shows no date of New York")
        }
        guard symbols.count <= Self.mostLiveSymbols else {
            throw FlowProblem("\(symbols.count) contracts are more than the \(Self.mostLiveSymbols) of a question each second")
        }
        let lock = try Self.lock(folder)
        defer { close(lock) }
        // Asked first: a file of quotes without trades would say that there were none.
        var written = Self.written(
            try await entitled { try await trades(symbols, on: date, through: now(), into: folder) { _ in .stream } })
        var tape = try LiveQuotes(symbols, on: date, into: folder)
        do {
            written.formUnion(
                try await poll(&tape, symbols, on: date, until: min(end ?? midnight, midnight), into: folder, onProgress))
        } catch {
            try tape.end(Task.isCancelled ? .stopped : .failed)
            guard Task.isCancelled else { throw error }
        }
        try tape.end(.stopped)
        // A cancellation ends the questions for quotes, not the last one for trades.
        let last = min(now(), midnight.advanced(byMicroseconds: -1) ?? midnight)
        let outcomes = try await Task { try await trades(symbols, on: date, through: last, into: folder) { _ in .stream } }.value
        written.formUnion(Self.written(outcomes))
        return outcomes.map { outcome in
            let quotes = tape.written(outcome.symbol)
            let isWritten = quotes > 0 || written.contains(ByteKey(outcome.symbol))
            return Outcome(
                symbol: outcome.symbol, source: outcome.source, state: isWritten ? .written : outcome.state, trades: outcome.trades,
                quotes: quotes)
        }
    }

    /// The contracts whose trades were written.
    private static func written(_ outcomes: [Outcome]) -> Set<ByteKey> {
        Set(outcomes.filter { $0.state == .written }.map { ByteKey($0.symbol) })
    }

    /// Asks for quotes each second. Returns the contracts whose trades were written meanwhile.
    private func poll(
        _ tape: inout LiveQuotes, _ symbols: [OptionSymbol], on date: CalendarDate, until end: Instant, into folder: String,
        _ onProgress: (Progress) -> Void
    ) async throws -> Set<ByteKey> {
        let names = symbols.map { "\($0)" }
        var tradesAt = now().advanced(byMicroseconds: Self.tradesEvery) ?? end
        var failingSince: Instant?
        var written: Set<ByteKey> = []
        while now() < end, !Task.isCancelled {
            let begun = now()
            var problem: BrokerFailure?
            do {
                let found = try await entitled { try await client.latestOptionQuotes(of: names) }
                // The vendor's clock is that of the quotes.
                try tape.take(found.quotes, at: found.at ?? now())
                failingSince = nil
                if begun >= tradesAt {
                    tradesAt = begun.advanced(byMicroseconds: Self.tradesEvery) ?? end
                    written.formUnion(
                        Self.written(try await trades(symbols, on: date, through: begun, into: folder) { _ in .stream }))
                }
            } catch let failure as BrokerFailure {
                if Task.isCancelled { break }
                let since = failingSince ?? begun
                failingSince = since
                if failure.kind == .unauthorized || now().microseconds - since.microseconds >= Self.longestFailure { throw failure }
                problem = failure
            }
            onProgress(Progress(quotes: tape.written, answers: tape.answers, problem: problem?.message))
            let passed = Double(now().microseconds - begun.microseconds) / 1_000_000
            do { try await sleep(max(0, min(1, 1 - passed))) } catch { break }
        }
        return written
    }

    /// A question whose refusal is named.
    private func entitled<Value>(_ question: () async throws -> Value) async throws -> Value {
        do {
            return try await question()
        } catch let failure as BrokerFailure where failure.kind == .malformed && patience.lastStatus == 403 {
            throw FlowProblem(
                "the account has no right to the exchanges' quotes and trades of now (403); --date captures trades of a past day")
        }
    }

    /// Two captures of one folder would write each quote twice. The system releases the lock when the program ends.
    private static func lock(_ folder: String) throws(FlowProblem) -> Int32 {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw FlowProblem("\(folder) can't be written: \(String(cString: strerror(errno)))")
        }
        // FlowPartitions reads no name that begins with a point.
        let path = "\(folder)/.capture.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FlowProblem("\(path) can't be opened: \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw FlowProblem("another capture of \(folder) is running")
        }
        return descriptor
    }
}

/// The quotes of several contracts on a market date.
private struct LiveQuotes {
    /// A gap between two answers that is no gap of the quotes: requests are sent again within it.
    private static let longestPause: Int64 = 10_000_000

    private let date: CalendarDate
    private var files: [(symbol: String, quotes: TapeQuotes)]
    private var lastAnswer: Instant?
    private(set) var answers = 0

    init(_ symbols: [OptionSymbol], on date: CalendarDate, into folder: String) throws {
        self.date = date
        files = try symbols.map { symbol in
            ("\(symbol)", try TapeQuotes(TapeCapture.place(.stream, date, "\(symbol)", "quotes"), below: folder))
        }
    }

    var written: Int { files.reduce(0) { $0 + $1.quotes.written } }

    func written(_ symbol: String) -> Int { files.first { $0.symbol.isBytewiseEqual(to: symbol) }?.quotes.written ?? 0 }

    /// Takes over an answer of the vendor at a moment. A contract that the answer leaves out has a gap from the answer before on.
    mutating func take(_ found: [ByteKey: JSONNode], at moment: Instant) throws {
        let before = lastAnswer
        let isLate = before.map { moment.microseconds - $0.microseconds > Self.longestPause } ?? false
        for index in files.indices {
            let quote = found[ByteKey(files[index].symbol)]
            let time = quote.flatMap { Self.time(of: $0) }
            if let before, isLate || time == nil { files[index].quotes.interrupt(from: before, .failed) }
            // A quote of another day is none of this tape.
            guard let quote, let time, NewYorkDay.date(at: time.instant) == date else { continue }
            try files[index].quotes.take(quote, at: time)
        }
        lastAnswer = moment
        answers += 1
    }

    /// Ends the quotes at the last answer.
    mutating func end(_ reason: TapeGap) throws {
        for index in files.indices {
            if let lastAnswer { files[index].quotes.interrupt(from: lastAnswer, reason) }
            try files[index].quotes.writeGap()
        }
    }

    private static func time(of quote: JSONNode) -> TapeInstant? {
        guard case .object(let members) = quote, case .string(let text)? = members.first(where: { $0.0 == "timestamp" })?.1 else {
            return nil
        }
        return TapeInstant(text)
    }
}
