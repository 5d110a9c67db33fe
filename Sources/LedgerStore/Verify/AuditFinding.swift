/// A fault that an audit found, or a check that it could not make.
public struct AuditFinding: Sendable, Equatable, CustomStringConvertible {
    /// The kinds of findings.
    public enum Kind: String, Sendable {
        /// The stored data contradicts the log, the installed files, or itself.
        case fault
        /// Something needed for the check is missing. The finding may be waived by naming its subject.
        case unchecked
    }

    public let kind: Kind
    /// The subject of the finding, for example `projection outcomes v2/c1`.
    public let subject: String
    public let problem: String

    public init(_ kind: Kind, _ subject: String, _ problem: String) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
    }

    public var description: String { "\(subject): \(kind == .fault ? "" : "could not be checked: ")\(problem)" }
}
