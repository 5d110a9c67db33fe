package import LedgerProjections
import LedgerValues
import OptionTrades

/// The rules under which a reader requests a view: `rules=`.
package enum RulesChoice: Sendable, Hashable {
    /// The version that is served now.
    case served
    /// `as_served`: the version that was promoted at the position to read.
    case asServed
    /// `v<N>` or `<projection>@v<N>`. `/c<M>` selects the code version too.
    case version(VersionReference)

    /// Reads a parameter's text.
    ///
    /// - Parameters:
    ///   - projection: the view's projection. The name of another one is refused.
    ///   - name: the parameter, for an error
    package init(parsing text: String, projection: String, parameter name: String = "rules") throws(ViewError) {
        if text == "as_served" {
            self = .asServed
            return
        }
        if let at = text.firstIndex(of: "@"), !View.projection(named: String(text[..<at])).isBytewiseEqual(to: projection) {
            throw .badParameter(
                name: name,
                expected: "rules of this view's projection \(projection), as in v1 or \(projection)@v1, not of another")
        }
        guard let version = try? VersionReference(parsing: text, of: projection) else {
            throw .badParameter(
                name: name,
                expected: "v<N> or \(projection)@v<N>, with the code version v<N>/c<M>, or as_served")
        }
        self = .version(version)
    }

    /// The parameter's text. Nil for the version served now.
    package func text(projection: String) -> String? {
        switch self {
        case .served: nil
        case .asServed: "as_served"
        case .version(let version): "\(projection)@\(version)"
        }
    }
}
