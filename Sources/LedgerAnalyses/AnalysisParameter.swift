import LedgerValues

/// A parameter of an analysis: a text that a reader must give.
///
/// What it is called is declared here alone; the HTTP interface's refusals and the command line's help follow.
public struct AnalysisParameter: Sendable {
    public let name: String
    /// What is expected, for help and refusals.
    public let expected: String

    public init(_ name: String, expected: String) {
        self.name = name
        self.expected = expected
    }
}

/// A parameter that is missing, or is not what is expected.
public struct ParameterProblem: Error, Sendable, Equatable {
    public let name: String
    public let expected: String
}

/// What a reader gave.
public struct ParameterValues: Sendable {
    private let values: [String: String]

    public init(_ values: [String: String]) { self.values = values }

    /// A value of 1 to 64 bytes without control characters or space at its ends.
    public func text(_ parameter: AnalysisParameter) throws(ParameterProblem) -> String {
        guard let text = values[parameter.name], 1...64 ~= text.utf8.count, text.isBytewiseEqual(to: text.trimmed),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { throw ParameterProblem(name: parameter.name, expected: parameter.expected) }
        return text
    }
}
