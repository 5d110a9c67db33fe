import PostgresStore
import Values

/// A filter of a view: the parameter that people and programs give, and the column that it compares.
///
/// What a filter can be is declared here alone; the HTTP interface's refusals and description, the command line's help
/// and completions, and the console's choices follow.
public struct ViewFilter: Sendable {
    public let parameter: String
    public let column: String
    /// What it is called where a person chooses.
    public let title: String
    /// What the column can hold; empty where any text can stand in it.
    public let values: [String]

    /// A filter on any text.
    static func text(_ parameter: String, _ column: String, _ title: String) -> ViewFilter {
        ViewFilter(parameter: parameter, column: column, title: title, values: [])
    }

    /// A filter on one of a few values.
    static func choice(_ parameter: String, _ column: String, _ title: String, _ values: [String]) -> ViewFilter {
        ViewFilter(parameter: parameter, column: column, title: title, values: values)
    }

    /// A filter on the values of a compiled enumeration.
    static func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ parameter: String, _ column: String, _ title: String, _: Value.Type
    ) -> ViewFilter {
        choice(parameter, column, title, Value.allCases.map(\.rawValue))
    }

    /// `closed, open_long, open_short or indeterminate`; nil where any text can be asked for.
    public var allowed: String? {
        guard let last = values.last else { return nil }
        return values.count == 1 ? last : "\(values.dropLast().joined(separator: ", ")) or \(last)"
    }
}

/// How a filter's text meets what is stored.
public enum FilterMatching: Sendable {
    /// Byte by byte: programs.
    case exact
    /// Without the space around it and without regard to the case of ASCII letters: people.
    case forgiving
}

extension ViewFilter {
    /// The condition that a text asks for; throws `ViewError.badParameter` with the values that there are.
    func condition(_ text: String, _ matching: FilterMatching) throws(ViewError) -> RowFilter {
        switch matching {
        case .exact:
            guard values.isEmpty || values.contains(where: { $0.isBytewiseEqual(to: text) }) else { throw unknown(text) }
            return .equals(column: column, value: text)
        case .forgiving:
            let text = text.trimmed
            if text.isEmpty { throw .badParameter(name: parameter, expected: allowed ?? "a text that is not empty") }
            if values.isEmpty {
                // Rows are found by their source first, which is compiled in.
                return parameter == "source" && text.asciiFolded.isBytewiseEqual(to: SyncOperation.source)
                    ? .equals(column: column, value: SyncOperation.source)
                    : .equalsIgnoringCase(column: column, value: text)
            }
            // As pages and help write them: `open long`, `open-long`.
            let written = text.asciiFolded.replacing(" ", with: "_").replacing("-", with: "_")
            guard let value = values.first(where: { $0.asciiFolded.isBytewiseEqual(to: written) }) else { throw unknown(text) }
            return .equals(column: column, value: value)
        }
    }

    private func unknown(_ text: String) -> ViewError {
        .badParameter(name: parameter, expected: "\(allowed ?? "a text"), found `\(text)`\(Suggestion.question(text, among: values))")
    }
}
