package import LedgerValues
package import OptionTrades

/// What a run captures.
package struct CaptureOptions: Sendable {
    package var series: [CaptureSeries]
    package var currencies: [String]
    /// The start, a whole hour. Nil for the last hour or day that is over.
    package var from: Instant?
    /// The end, exclusive, a whole hour. Nil for all that is over.
    package var to: Instant?
    /// False for a dry run, which asks and compares and writes nothing.
    package var apply: Bool
    /// Whether hours that are captured already are asked for again.
    package var again: Bool
    /// The largest number of requests. Nil for any number.
    package var maximumCalls: Int?

    package init(
        series: [CaptureSeries], currencies: [String], from: Instant? = nil, to: Instant? = nil, apply: Bool, again: Bool = false,
        maximumCalls: Int? = nil
    ) {
        self.series = series
        self.currencies = currencies
        self.from = from
        self.to = to
        self.apply = apply
        self.again = again
        self.maximumCalls = maximumCalls
    }

    /// Throws ``CaptureError/badOptions(_:)`` for what no run can do.
    func check() throws(CaptureError) {
        if series.isEmpty { throw .badOptions("series: expected one or more of \(Self.names), chain:SYMBOL, bars:SYMBOL") }
        if currencies.isEmpty { throw .badOptions("currency: expected one or more markets, for example BTC") }
        for (name, instant) in [("from", from), ("to", to)] {
            guard let instant, instant != instant.flooredToHour else { continue }
            throw .badOptions("\(name): expected a whole hour of UTC, for example \(instant.flooredToHour)")
        }
        if let from, let to, from >= to { throw .badOptions("to: expected a time after from") }
        if let maximumCalls, maximumCalls < 1 { throw .badOptions("max_calls: expected a number above 0") }
    }

    /// The names of all series of markets, for help and errors.
    package static let names = CaptureSeries.ofMarkets.map(\.rawValue).joined(separator: ", ")

    /// Series and markets in the order of a run, each once. Prints come last, since they need most calls.
    var pairs: [(series: CaptureSeries, currency: String)] {
        var seen: Set<ByteKey> = []
        let markets = currencies.filter { seen.insert(ByteKey($0)).inserted }
        return CaptureSeries.allCases.filter(series.contains).flatMap { one in markets.map { (one, $0) } }
    }
}

extension CaptureSeries {
    /// What blocks arrive late by: prints of so long ago are asked for again.
    static let lateMicroseconds: Int64 = 30 * 60_000_000

    /// What bars have to be older than. A vendor gives no younger ones to those who may not have them in real time.
    static let barDelayMicroseconds: Int64 = 20 * 60_000_000

    var stepMicroseconds: Int64 { Int64(stepHours) * Instant.hourMicroseconds }

    /// The end of what a vendor can have at a moment.
    func end(at now: Instant) -> Instant {
        switch self {
        // A day's cone is of the days before it.
        case .volCone: now.floored(to: stepMicroseconds).advanced(byMicroseconds: stepMicroseconds) ?? .maximum
        case .prints: now.flooredToMinute
        case .minuteBars, .dailyBars: (now.advanced(byMicroseconds: -Self.barDelayMicroseconds) ?? .minimum).flooredToMinute
        default: now.floored(to: stepMicroseconds)
        }
    }

    /// The hours or days of a range, from their starts. Of days only whole ones.
    func steps(from: Instant?, to: Instant?, now: Instant) -> [Instant] {
        if isOfBars { return periods(from: from, to: to, now: now) }
        let end = min(to ?? .maximum, end(at: now))
        let start: Instant
        if let from {
            let floored = from.floored(to: stepMicroseconds)
            start = floored == from ? from : floored.advanced(byMicroseconds: stepMicroseconds) ?? .maximum
        } else if self == .prints {
            start = (end.advanced(byMicroseconds: -Self.lateMicroseconds) ?? .minimum).flooredToHour
        } else {
            start = end.floored(to: stepMicroseconds).advanced(byMicroseconds: -stepMicroseconds) ?? .minimum
        }
        let last = self == .prints ? end : end.floored(to: stepMicroseconds)
        return stride(from: start.microseconds, to: last.microseconds, by: Int(stepMicroseconds)).compactMap { Instant(microseconds: $0) }
    }

    /// The starts of the periods of bars in which a range lies, whole ones but for the last. Without a range the running one.
    private func periods(from: Instant?, to: Instant?, now: Instant) -> [Instant] {
        let end = min(to ?? .maximum, end(at: now))
        guard end > .minimum, let last = end.advanced(byMicroseconds: -1) else { return [] }
        var periods: [Instant] = []
        var step = self.step(at: from ?? last)
        while step < end {
            periods.append(step)
            step = next(after: step)
        }
        return periods
    }

    /// The step in which a moment lies. Of daily bars it starts with the month.
    func step(at moment: Instant) -> Instant {
        guard self == .dailyBars else { return moment.floored(to: stepMicroseconds) }
        let (year, month, _) = moment.date.components
        return CalendarDate(year: year, month: month, day: 1).flatMap { Instant(startOf: $0) } ?? .minimum
    }

    /// The step in which an observation lies.
    func step(of observation: MarketObservedPayload) -> Instant {
        guard isOfBars else { return step(at: observation.timestamp) }
        let period = observation.text("period") ?? ""
        return Instant(self == .dailyBars ? "\(period)-01T00:00:00Z" : "\(period):00:00Z") ?? step(at: observation.timestamp)
    }

    func next(after step: Instant) -> Instant {
        let later = step.advanced(byMicroseconds: stepMicroseconds) ?? .maximum
        // The longest month after the start of one ends in the first days of the next one, or with the month.
        return self == .dailyBars ? self.step(at: later) : later
    }

    /// The end of a step when it is over. A month of days ends in New York.
    func end(of step: Instant) -> Instant {
        let next = next(after: step)
        guard self == .dailyBars else { return next }
        return next.date.advanced(byDays: -1).flatMap { NewYorkDay.end(of: $0) } ?? next
    }

    /// The end of a step, no later than all that there is.
    func end(of step: Instant, at now: Instant) -> Instant {
        // A chain is asked for as it stands.
        self == .chain ? end(of: step) : min(end(of: step), end(at: now))
    }

    /// Whether a step needs no further look: it was captured, of prints to its end and when late blocks had come.
    func isSettled(_ step: Instant, by captured: SnapshotCapturedPayload?, at now: Instant) -> Bool {
        guard let captured else { return false }
        if isOfBars { return captured.windowTo >= end(of: step) }
        guard self == .prints, let end = step.advanced(byMicroseconds: stepMicroseconds) else { return true }
        return captured.windowTo >= end && end.microseconds <= now.microseconds - Self.lateMicroseconds
    }
}

extension Instant {
    static let hourMicroseconds: Int64 = 3_600_000_000

    func floored(to step: Int64) -> Instant { advanced(byMicroseconds: -(microseconds % step)) ?? self }

    var flooredToHour: Instant { floored(to: Self.hourMicroseconds) }
}
