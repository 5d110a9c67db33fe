import OptionTrades
import Projections
import Values

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
