public import LedgerProjections
public import LedgerRules
import LedgerValues

/// The contents of a version's tables up to a position, as an earlier comparison found them.
public struct RecordedVersion: Sendable, Equatable {
    public let name: String
    /// The version of its rules, for example `v1`.
    public let version: String
    public let codeVersion: Int
    /// The rule files, in path order.
    public let rules: [RuleFile]
    public let position: Int64
    /// The number of rows current at the position.
    public let rows: Int
    /// The tally of all rows and facts, ended or current.
    public let tally: VersionTally

    public init(
        name: String, version: String, codeVersion: Int, rules: [RuleFile], position: Int64, rows: Int, tally: VersionTally
    ) {
        self.name = name
        self.version = version
        self.codeVersion = codeVersion
        self.rules = rules
        self.position = position
        self.rows = rows
        self.tally = tally
    }

    /// The version's rules and code, for example `v2/c1`.
    public var label: String { VersionReference(version: version, codeVersion: codeVersion).description }

    /// Whether a version has the same rules and code as this one, and a checkpoint that is not earlier.
    func isContinued(by definition: ProjectionDefinition, _ other: ProjectionVersion) -> Bool {
        name.isBytewiseEqual(to: other.name) && version.isBytewiseEqual(to: other.version) && codeVersion == other.codeVersion
            && rules == definition.identity.rules && position <= other.position
    }
}
