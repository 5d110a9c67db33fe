import LedgerProjections
package import LedgerRules
package import LedgerValues

/// The rules of intraday flow (`intraday_flow/rules.v<N>.yaml`).
package final class IntradayFlowRules: Sendable {
    package static let name = "intraday_flow"

    package let file: RuleFile
    package let dates: MarketDateRules
    /// Names the ranges of delta.
    package let surface: IVSurfaceRules
    package let bucketMinutes: [Int]
    package let shareDigits: Int
    package let listedMultiplier: FixedDecimal
    package let utcMultiplier: FixedDecimal
    /// Each source once.
    package let sourceOrder: [FlowSource]
    package let maximumContracts: Int

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "bucket_minutes", "share_digits", "multiplier", "source_order", "maximum_contracts",
        ])
        file = document.file
        dates = try MarketDateRules(path: try root.used("shared/market_dates."), read: read)
        let path = try root.used("\(IVSurfaceRules.name)/rules.")
        guard let surfaceVersion = Int(path.dropFirst("\(IVSurfaceRules.name)/rules.v".utf8.count).dropLast(".yaml".utf8.count)) else {
            throw try root.member("uses").fail("\(path) names no version")
        }
        surface = try IVSurfaceRules(version: surfaceVersion, read: read)
        bucketMinutes = try root.wholes("bucket_minutes", 1...1440)
        shareDigits = try root.whole("share_digits", from: 0)
        guard shareDigits <= FixedDecimal.fractionDigits else { throw try root.member("share_digits").fail("is more than a decimal has") }
        let multiplier = try root.member("multiplier")
        try multiplier.allowOnly(["listed", "utc_markets"])
        listedMultiplier = try multiplier.decimal("listed")
        utcMultiplier = try multiplier.decimal("utc_markets")
        let order = try root.member("source_order")
        sourceOrder = try order.elements().map { node in
            guard let source = FlowSource(rawValue: try node.scalar()) else { throw node.fail("is no source of flow") }
            return source
        }
        guard Set(sourceOrder).count == FlowSource.allCases.count, sourceOrder.count == FlowSource.allCases.count else {
            throw order.fail("expected each source once")
        }
        maximumContracts = try root.whole("maximum_contracts", from: 1)
    }

    /// The files that a summary follows from, by path.
    package var summaryFiles: [RuleFile] { ([file] + dates.files).sorted { $0.path < $1.path } }

    /// All files read, each once, by path.
    package var files: [RuleFile] {
        Set(summaryFiles + surface.identity.rules).sorted { $0.path < $1.path }
    }

    /// The multiplier of a contract of which no chain says one.
    package func multiplier(of underlying: String) -> FixedDecimal { dates.isUTC(underlying) ? utcMultiplier : listedMultiplier }

    /// The start of the bucket that holds a moment of a market date: whole buckets from 00:00 New York of that date. Nil outside the
    /// years of the clock.
    func bucketStart(of moment: Instant, on date: CalendarDate, minutes: Int) -> Instant? {
        guard let midnight = dates.newYork.instant(of: date, hour: 0, minute: 0) else { return nil }
        let length = Int64(minutes) * 60_000_000
        let offset = moment.microseconds - midnight.microseconds
        // Rounds down: a UTC market's date begins before midnight in New York.
        let into = (offset % length + length) % length
        return moment.advanced(byMicroseconds: -into)
    }
}
