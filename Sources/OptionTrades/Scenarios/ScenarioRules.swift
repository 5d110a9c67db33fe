package import LedgerAnalyses
package import LedgerRules
package import LedgerValues

/// The rules of scenarios (`analyses/scenarios/rules.v<N>.yaml`).
package final class ScenarioRules: Sendable {
    package static let name = "scenarios"
    /// Raised whenever the code changes a document of the same rows under the same rules.
    private static let codeVersion = 1
    package static let source = AnalysisSource(answeredElsewhere: name) { version, read in
        try ScenarioRules(version: version, read: read).identity
    }

    package let identity: AnalysisIdentity
    package let file: RuleFile
    package let dates: MarketDateRules
    /// Ratios.
    package let spotChanges: [FixedDecimal]
    /// Vol points.
    package let ivChanges: [FixedDecimal]
    package let daysForward: [Int]
    package let ivFloor: FixedDecimal
    package let daysPerYear: Int
    package let staleDays: Int
    package let modelGapShare: FixedDecimal
    package let fileMultiplier: FixedDecimal

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "analyses/\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "reads", "spot_changes", "iv_changes", "days_forward", "iv_floor", "days_per_year", "stale_days",
            "model_gap_share", "file_multiplier",
        ])
        file = document.file
        dates = try MarketDateRules(path: try root.used("shared/market_dates."), read: read)
        identity = try AnalysisIdentity(name: Self.name, codeVersion: Self.codeVersion, document, using: dates.files)
        func decimals(_ name: String) throws -> [FixedDecimal] {
            try root.member(name).elements().map { node in
                guard let decimal = try? FixedDecimal(try node.scalar()) else { throw node.fail("expected a decimal number") }
                return decimal
            }
        }
        spotChanges = try decimals("spot_changes")
        ivChanges = try decimals("iv_changes")
        daysForward = try root.member("days_forward").elements().map { node in
            guard let days = Int(try node.scalar()), (0...3650).contains(days) else { throw node.fail("expected days from 0 to 3650") }
            return days
        }
        ivFloor = try root.decimal("iv_floor")
        guard ivFloor > .zero else { throw try root.member("iv_floor").fail("is not above zero") }
        daysPerYear = try root.whole("days_per_year", from: 1)
        staleDays = try root.whole("stale_days", from: 0)
        modelGapShare = try root.decimal("model_gap_share")
        fileMultiplier = try root.decimal("file_multiplier")
    }
}
