import LedgerProjections
import LedgerValues
import OptionTrades

/// The comparison of a filter's text with stored values.
package enum FilterMatching: Sendable {
    /// Byte by byte, for programs.
    case exact
    /// Without surrounding spaces and without regard to the case of ASCII letters, for people.
    case forgiving
}

extension ViewFilter {
    /// The condition for a text. Throws `ViewError.badParameter` with the possible values.
    func condition(_ text: String, _ matching: FilterMatching) throws(ViewError) -> RowFilter {
        switch matching {
        case .exact:
            guard values.isEmpty || values.contains(where: { $0.isBytewiseEqual(to: text) }) else { throw unknown(text) }
            return .equals(column: column, value: text)
        case .forgiving:
            let text = text.trimmed
            if text.isEmpty { throw .badParameter(name: parameter, expected: allowed ?? "a text that is not empty") }
            if values.isEmpty {
                // Rows are found by their source first. The source is compiled in.
                return parameter == "source" && text.asciiFolded.isBytewiseEqual(to: TradeLedger.standardSource)
                    ? .equals(column: column, value: TradeLedger.standardSource)
                    : .equalsIgnoringCase(column: column, value: text)
            }
            // Pages and help write values as `open long` or `open-long`.
            let written = text.asciiFolded.replacing(" ", with: "_").replacing("-", with: "_")
            guard let value = values.first(where: { $0.asciiFolded.isBytewiseEqual(to: written) }) else { throw unknown(text) }
            return .equals(column: column, value: value)
        }
    }

    private func unknown(_ text: String) -> ViewError {
        .badParameter(name: parameter, expected: "\(allowed ?? "a text"), found `\(text)`\(Suggestion.question(text, among: values))")
    }
}
