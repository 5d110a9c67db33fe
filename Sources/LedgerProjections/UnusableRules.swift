public import LedgerRules

/// A rules version of a projection whose files can't be used: one is broken, or differs from the one that a ledger
/// recorded.
public struct UnusableRules: Sendable {
    public let name: String
    /// The version's name, for example `v2`.
    public let version: String
    /// The problem, with the file and the line.
    public let problem: RuleError

    package init(name: String, version: String, problem: RuleError) {
        self.name = name
        self.version = version
        self.problem = problem
    }
}
