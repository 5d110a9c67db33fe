import LedgerStore
import LedgerValues
import Logging
import OptionTrades

/// Captures by a schedule until its task is cancelled. One service of a ledger does, that which holds the lease.
package struct CaptureService: Sendable {
    private static let leaseKey = "capture schedule"
    /// Services don't ask the vendor in the same second.
    private static let jitterMicroseconds: Int64 = 15_000_000

    private let ledger: Ledger
    private let schedule: CaptureSchedule
    /// Nil if no series of a market is scheduled.
    private let source: (any SeriesSource)?
    private let symbols: SymbolSources
    private let currencies: [String]
    private let callsPerDay: Int

    /// Nil if nothing is scheduled. Throws the problem of the settings.
    package init?(_ ledger: Ledger) throws {
        guard let schedule = ledger.settings.captureSchedule else { return nil }
        self.ledger = ledger
        self.schedule = schedule
        source = schedule.hasMarkets ? try ledger.seriesSource() : nil
        symbols = SymbolSources(ledger, SymbolQuestion())
        for entry in schedule.entries {
            for target in entry.symbols { _ = try symbols.source(of: target.series, target.symbol) }
        }
        currencies = ledger.settings.captureCurrencies
        callsPerDay = ledger.settings.captureCallsPerDay
    }

    package func run() async {
        var lease: AdvisoryLock?
        var budget = CallBudget(perDay: callsPerDay)
        var moment = ledger.now()
        while !Task.isCancelled {
            let (boundary, series) = schedule.next(after: moment)
            let ofSymbols = schedule.symbols(after: moment)
            let due = boundary.microseconds + CaptureSchedule.delayMicroseconds + Int64.random(in: 0..<Self.jitterMicroseconds)
            do {
                try await Task.sleep(for: .microseconds(max(0, due - ledger.now().microseconds)))
            } catch { break }
            moment = Instant(microseconds: boundary.microseconds + CaptureSchedule.delayMicroseconds) ?? .maximum
            do {
                if let held = lease, await !held.isHeld() {
                    await held.release()
                    lease = nil
                }
                if lease == nil { lease = try await AdvisoryLock.acquire(Self.leaseKey, ledger.serviceConfiguration) }
                guard lease != nil else { continue }
                try await capture(series, ofSymbols, at: boundary, &budget)
            } catch is CancellationError {
                break
            } catch {
                ledger.logger.warning("a scheduled capture failed", metadata: ["reason": "\(ledger.redact("\(error)"))"])
            }
            // What is missed while a capture takes long is not made up for one by one: the next one looks back.
            let now = ledger.now()
            if schedule.next(after: moment).boundary < now { moment = max(moment, now.advanced(byMicroseconds: -1) ?? now) }
        }
        await lease?.release()
    }

    private func capture(
        _ series: [CaptureSeries], _ ofSymbols: [(series: CaptureSeries, symbols: [String])], at boundary: Instant,
        _ budget: inout CallBudget
    ) async throws {
        for (series, names) in ofSymbols {
            let options = schedule.options(of: series, names, at: boundary)
            try await run(options, &budget) { try await ledger.capture(options: $0, ofSymbolsFrom: symbols) }
        }
        guard let source, !series.isEmpty else { return }
        for options in schedule.options(series, at: boundary, currencies: currencies) {
            try await run(options, &budget) { try await ledger.capture($0, from: source) }
        }
    }

    private func run(
        _ options: CaptureOptions, _ budget: inout CallBudget, _ capture: (CaptureOptions) async throws -> CaptureSummary
    ) async throws {
        let left = budget.left(on: ledger.now().date)
        guard left > 0 else {
            ledger.logger.warning("the calls of the day are used up; nothing is captured before the next", metadata: [:])
            return
        }
        var options = options
        options.maximumCalls = left
        let before = callsMade
        defer { budget.use(callsMade - before, on: ledger.now().date) }
        let summary: CaptureSummary
        do {
            summary = try await capture(options)
        } catch let error as CancellationError {
            throw error
        } catch {
            // A vendor that does not answer keeps nobody from asking another one.
            ledger.logger.warning("a scheduled capture failed", metadata: ["reason": "\(ledger.redact("\(error)"))"])
            return
        }
        for outcome in summary.outcomes {
            guard let failure = outcome.failure else { continue }
            ledger.logger.warning(
                "a series was not captured",
                metadata: [
                    "series": "\(outcome.series.rawValue)", "currency": "\(outcome.currency)", "code": "\(failure.code.rawValue)",
                    "reason": "\(ledger.redact(failure.message))",
                ])
        }
    }

    private var callsMade: Int { (source?.callsMade ?? 0) + symbols.callsMade }
}

/// The requests of a UTC day.
struct CallBudget {
    private let perDay: Int
    private var date = CalendarDate.minimum
    private var used = 0

    init(perDay: Int) { self.perDay = perDay }

    mutating func left(on today: CalendarDate) -> Int {
        use(0, on: today)
        return max(0, perDay - used)
    }

    mutating func use(_ calls: Int, on today: CalendarDate) {
        if today != date { (date, used) = (today, 0) }
        used += calls
    }
}
