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
    private let source: any SeriesSource
    private let currencies: [String]
    private let callsPerDay: Int

    /// Nil if nothing is scheduled. Throws the problem of the settings.
    package init?(_ ledger: Ledger) throws {
        guard let schedule = ledger.settings.captureSchedule else { return nil }
        self.ledger = ledger
        self.schedule = schedule
        source = try ledger.seriesSource()
        currencies = ledger.settings.captureCurrencies
        callsPerDay = ledger.settings.captureCallsPerDay
    }

    package func run() async {
        var lease: AdvisoryLock?
        var budget = CallBudget(perDay: callsPerDay)
        var moment = ledger.now()
        while !Task.isCancelled {
            let (boundary, series) = schedule.next(after: moment)
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
                try await capture(series, at: boundary, &budget)
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

    private func capture(_ series: [CaptureSeries], at boundary: Instant, _ budget: inout CallBudget) async throws {
        for var options in schedule.options(series, at: boundary, currencies: currencies) {
            let left = budget.left(on: ledger.now().date)
            guard left > 0 else {
                ledger.logger.warning("the calls of the day are used up; nothing is captured before the next", metadata: [:])
                return
            }
            options.maximumCalls = left
            let before = source.callsMade
            defer { budget.use(source.callsMade - before, on: ledger.now().date) }
            let summary = try await ledger.capture(options, from: source)
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
    }
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
