public import LedgerValues

/// A parameter of an analysis: a text that a reader gives.
///
/// What it is called is declared here alone; the HTTP interface's refusals and the command line's help follow.
public struct AnalysisParameter: Sendable {
    public let name: String
    /// What is expected, for help and refusals.
    public let expected: String
    /// Whether a reader may leave it out.
    public let isOptional: Bool

    public init(_ name: String, expected: String, isOptional: Bool = false) {
        self.name = name
        self.expected = expected
        self.isOptional = isOptional
    }
}

/// A parameter that is missing, or is not what is expected.
public struct ParameterProblem: Error, Sendable, Equatable {
    public let name: String
    public let expected: String

    public init(_ parameter: AnalysisParameter) {
        name = parameter.name
        expected = parameter.expected
    }
}

/// What a reader gave.
public struct ParameterValues: Sendable {
    private let values: [String: String]

    public init(_ values: [String: String]) { self.values = values }

    /// A value of 1 to 64 bytes without control characters or space at its ends.
    public func text(_ parameter: AnalysisParameter) throws(ParameterProblem) -> String {
        guard let text = values[parameter.name], 1...64 ~= text.utf8.count, text.isBytewiseEqual(to: text.trimmed),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { throw ParameterProblem(parameter) }
        return text
    }
    /// The text of a parameter that may be left out, of up to 512 bytes; nil if it is.
    public func optional(_ parameter: AnalysisParameter) throws(ParameterProblem) -> String? {
        guard let text = values[parameter.name] else { return nil }
        guard 1...512 ~= text.utf8.count, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw ParameterProblem(parameter) }
        return text
    }

    /// Decimals between commas, at most `maximum`, each within a range; empty if the parameter is left out.
    public func decimals(
        _ parameter: AnalysisParameter, atMost maximum: Int, in range: ClosedRange<FixedDecimal>
    ) throws(ParameterProblem) -> [FixedDecimal] {
        guard let text = try optional(parameter) else { return [] }
        var found: [FixedDecimal] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard found.count < maximum, let value = try? FixedDecimal(String(part)), range.contains(value) else {
                throw ParameterProblem(parameter)
            }
            found.append(value)
        }
        return found
    }

    /// An instant; nil if the parameter is left out.
    public func instant(_ parameter: AnalysisParameter) throws(ParameterProblem) -> Instant? {
        guard let text = try optional(parameter) else { return nil }
        guard let instant = Instant(text) else { throw ParameterProblem(parameter) }
        return instant
    }
}
