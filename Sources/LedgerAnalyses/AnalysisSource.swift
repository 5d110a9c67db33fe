public import LedgerRules
import LedgerValues

/// An analysis as a program registers it: how it is made from a rules version.
///
/// Another code version is another source of the same name.
public struct AnalysisSource: Sendable {
    public let name: String
    /// What a reader gives.
    public let parameters: [AnalysisParameter]
    let define: @Sendable (Int, RuleFileReader) throws -> AnalysisDefinition

    /// - Parameters:
    ///   - name: the analysis's name.
    ///   - make: the analysis under its rules of a version, `analyses/<name>/rules.v<N>.yaml`; throws `RuleError` if
    ///     these can't be used.
    public init<A: Analysis>(
        _ name: String, _ make: @escaping @Sendable (_ version: Int, _ read: RuleFileReader) throws -> A
    ) {
        self.name = name
        parameters = A.parameters
        define = { version, read in AnalysisDefinition(try make(version, read)) }
    }

    /// An analysis that a program answers in a way of its own: the registry knows its rules, and it can't be asked here.
    ///
    /// - Parameters:
    ///   - name: the analysis's name.
    ///   - identity: what it is under its rules of a version; throws `RuleError` if these can't be used.
    public init(
        answeredElsewhere name: String,
        identity: @escaping @Sendable (_ version: Int, _ read: RuleFileReader) throws -> AnalysisIdentity
    ) {
        self.name = name
        parameters = []
        define = { version, read in AnalysisDefinition(answeredElsewhere: try identity(version, read)) }
    }
}
