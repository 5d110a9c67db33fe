/// Something that an audit found wrong, or could not check.
public struct AuditFinding: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// What is stored contradicts the log, the files that are installed, or itself.
        case fault
        /// What would be needed to check it is not here. It may be waived by naming the subject.
        case unchecked
    }

    public let kind: Kind
    /// What it is about, for example `projection outcomes v2/c1`.
    public let subject: String
    public let problem: String

    public init(_ kind: Kind, _ subject: String, _ problem: String) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
    }

    public var description: String { "\(subject): \(kind == .fault ? "" : "could not be checked: ")\(problem)" }
}
