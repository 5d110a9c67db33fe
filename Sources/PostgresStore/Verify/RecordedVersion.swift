public import Projections
public import Rules
import Values

/// What an earlier comparison found the tables of a version to hold, up to a position.
public struct RecordedVersion: Sendable, Equatable {
    public let name: String
    /// Of its rules, for example `v1`.
    public let version: String
    public let codeVersion: Int
    /// In path order.
    public let rules: [RuleFile]
    public let position: Int64
    /// Current at the position.
    public let rows: Int
    /// Of all rows and facts, ended or current.
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

    /// Its rules and code, for example `v2/c1`.
    public var label: String { VersionReference(version: version, codeVersion: codeVersion).description }

    /// Whether a version folds what this one did, by the same rules and code, and stands no earlier.
    func isContinued(by definition: ProjectionDefinition, _ other: ProjectionVersion) -> Bool {
        name.isBytewiseEqual(to: other.name) && version.isBytewiseEqual(to: other.version) && codeVersion == other.codeVersion
            && rules == definition.identity.rules && position <= other.position
    }
}
