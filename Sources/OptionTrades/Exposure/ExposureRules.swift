package import LedgerProjections
package import LedgerRules
package import LedgerValues

/// The rules of gamma exposure (`exposure/rules.v<N>.yaml`).
package final class ExposureRules: Sendable {
    package static let name = "exposure"

    /// How gamma is repriced.
    package struct ZeroGamma: Sendable {
        package let from: Int
        package let divisor: Int
        package let steps: Int
        package let minimumDays: Double
        package let daysPerYear: Double
        /// Of the largest gross sum: smaller sums are left out.
        package let negligible: Double
    }

    package let identity: ProjectionIdentity
    package let dates: MarketDateRules
    package let holidays: Set<CalendarDate>
    package let convention: String
    package let move: FixedDecimal
    package let nearExpiries: Int
    package let topLevels: Int
    /// Sums nearer to zero are zero.
    package let flipZero: ExactNumber
    package let zeroGamma: ZeroGamma

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "convention", "move", "near_expiries", "top_levels", "flip_zero_digits", "zero_gamma",
        ])
        dates = try MarketDateRules(path: try root.used("shared/market_dates."), read: read)
        let closed = try RuleDocument(
            path: try root.used("shared/us_market_holidays."), kind: "us_market_holidays", read: read)
        try closed.root.allowOnly(["rules", "version", "closed"])
        holidays = Set(try closed.root.member("closed").dates())
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: 1, ownRules: document.file,
            rules: ([document.file, closed.file] + dates.files).sorted { $0.path < $1.path })
        convention = try root.text("convention")
        move = try root.decimal("move")
        nearExpiries = try root.whole("near_expiries", from: 1)
        topLevels = try root.whole("top_levels", from: 1)
        var power = ExactNumber(1)
        for _ in 0..<min(try root.whole("flip_zero_digits", from: 0), 30) { power = power * ExactNumber(10) }
        flipZero = ExactNumber(1).divided(by: power) ?? .zero
        zeroGamma = try ZeroGamma(try root.member("zero_gamma"))
    }
}

extension ExposureRules.ZeroGamma {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["from", "divisor", "steps", "minimum_days", "days_per_year", "negligible_digits"])
        from = try node.whole("from", from: 1)
        divisor = try node.whole("divisor", from: 1)
        steps = try node.whole("steps", from: 1)
        minimumDays = Double(nearest: try node.decimal("minimum_days"))
        daysPerYear = Double(try node.whole("days_per_year", from: 1))
        var share = 1.0
        for _ in 0..<min(try node.whole("negligible_digits", from: 0), 30) { share *= 10 }
        negligible = 1 / share
    }
}
