package import LedgerEvents
import LedgerRules
package import LedgerValues

/// A contract on a market date, and where its trades come from.
package struct FlowSubject: Sendable {
    package let source: FlowSource
    package let symbol: String
    package let marketDate: CalendarDate
    package let contract: OptionContract
    package let multiplier: FixedDecimal

    package init(
        source: FlowSource, symbol: String, marketDate: CalendarDate, contract: OptionContract, multiplier: FixedDecimal
    ) {
        (self.source, self.symbol, self.marketDate) = (source, symbol, marketDate)
        (self.contract, self.multiplier) = (contract, multiplier)
    }
}

/// Why trades can't be summarized.
package struct FlowProblem: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The summary of a contract's trades on a market date, ready to be recorded.
package struct FlowSummary: Sendable {
    package let payload: IntradayFlowPayload
    /// The last trade's time, rounded down to the microsecond; without trades the end of the market date.
    package let effectiveAt: Instant

    package init(payload: IntradayFlowPayload, effectiveAt: Instant) { (self.payload, self.effectiveAt) = (payload, effectiveAt) }

    /// Throws if a figure is too large, and for a date outside the years of the rules' clock.
    package init(
        of subject: FlowSubject, _ read: FlowTrades, inputs: FlowInputs, _ rules: IntradayFlowRules
    ) throws(FlowProblem) {
        let place = "\(subject.symbol) on \(subject.marketDate)"
        guard let end = rules.dates.end(of: subject.marketDate, market: subject.contract.underlying) else {
            throw FlowProblem("\(place): the market date is outside the years of \(rules.dates.newYork.file.path)")
        }
        struct Place: Hashable {
            let minutes: Int
            let start: Instant
        }
        var all = FlowSums()
        var buckets: [Place: FlowSums] = [:]
        for trade in read.trades {
            all.add(trade, multiplier: subject.multiplier)
            for minutes in rules.bucketMinutes {
                guard let start = rules.bucketStart(of: trade.time.instant, on: subject.marketDate, minutes: minutes) else { continue }
                buckets[Place(minutes: minutes, start: start), default: FlowSums()].add(trade, multiplier: subject.multiplier)
            }
        }
        func figures(_ sums: FlowSums) throws(FlowProblem) -> FlowFigures {
            guard let figures = sums.figures(digits: rules.shareDigits) else {
                throw FlowProblem("\(place): a volume or a notional is not below 10^18")
            }
            return figures
        }
        var payload = IntradayFlowPayload()
        (payload.source, payload.symbol, payload.marketDate) = (subject.source, subject.symbol, subject.marketDate)
        (payload.underlying, payload.expiry) = (subject.contract.underlying, subject.contract.expiry)
        (payload.optionType, payload.strike) = (subject.contract.optionType, subject.contract.strike)
        payload.multiplier = subject.multiplier
        payload.figures = try figures(all)
        payload.validQuoteCount = all.validQuoteCount
        payload.quoteCoverage = all.share(of: all.validQuoteCount, digits: rules.shareDigits)
        for (place, sums) in buckets.sorted(by: { ($0.key.minutes, $0.key.start) < ($1.key.minutes, $1.key.start) }) {
            var bucket = FlowBucket()
            (bucket.start, bucket.minutes) = (place.start, Int64(place.minutes))
            bucket.figures = try figures(sums)
            payload.buckets.append(bucket)
        }
        payload.warnings = read.warnings
        payload.inputs = inputs
        payload.rules = rules.summaryFiles.map { RuleReference(version: $0.version, digest: $0.digest, file: $0.path) }
        self.payload = payload
        effectiveAt = read.trades.map(\.time).max()?.instant ?? end
    }

    /// `IntradayFlowSummarized` after the given version of its stream (0 for the first).
    package func event(previousVersion: Int64) -> NewEvent {
        payload.event(previousVersion: previousVersion, effectiveAt: effectiveAt)
    }
}
