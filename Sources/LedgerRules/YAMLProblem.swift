internal import Yams

/// Why a text is not YAML, on one line. It does not quote the text, which may hold a secret.
public struct YAMLProblem: Sendable, CustomStringConvertible {
    /// The line number, from 1; nil if the whole text is at fault.
    public let line: Int?
    private let column: Int?
    /// The parser's problem, in words.
    public let reason: String

    /// Makes the problem of an error.
    ///
    /// - Parameter error: the error that the parser threw.
    public init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            self.init(mark, context.map { "\($0.text) of line \($0.mark.line): \(problem)" } ?? problem)
        case .reader(let problem, _, _, _): self.init(nil, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                context.mark,
                "each key is expected once, found again: \(duplicates.sorted().map { "`\($0)`" }.joined(separator: ", "))")
        case nil, .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(nil, "it can't be read")
        }
    }

    private init(_ mark: Mark?, _ reason: String) {
        line = mark?.line
        column = mark?.column
        self.reason = reason
    }

    public var description: String {
        line.flatMap { line in column.map { "line \(line), column \($0): \(reason)" } } ?? reason
    }
}

extension RuleError {
    /// The error of a file that is not YAML.
    init(path: String, notYAML error: any Error) {
        let problem = YAMLProblem(error)
        self.init(path: path, line: problem.line, problem: "not YAML: \(problem.reason)")
    }
}
