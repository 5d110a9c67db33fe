/// A filter of a view: the parameter that people and programs give, and the column that it compares.
///
/// Its possible values are declared here alone. The HTTP interface's refusals and description, the command line's help
/// and completions, and the console's choices all follow from this declaration.
package struct ViewFilter: Sendable {
    package let parameter: String
    package let column: String
    /// The label for people who choose.
    package let title: String
    /// The values that the column can hold. Empty if it can hold any text.
    package let values: [String]

    /// What all views of trades are filtered by.
    static let ofTrades = [
        text("source", "source", "Source"), text("portfolio", "source_portfolio", "Portfolio"),
        text("underlying", "underlying_symbol", "Underlying"),
    ]

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

    /// `closed, open_long, open_short or indeterminate`. Nil if the filter accepts any text.
    package var allowed: String? {
        guard let last = values.last else { return nil }
        return values.count == 1 ? last : "\(values.dropLast().joined(separator: ", ")) or \(last)"
    }
}
