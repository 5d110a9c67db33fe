public import PostgresStore
import Values

/// Under which rules a reader asks for a view: `rules=`.
public enum RulesChoice: Sendable, Hashable {
    /// The version that is served now.
    case served
    /// `as_served`: the version that was promoted at the position that is read.
    case asServed
    /// `<projection>@v<N>`, or `<projection>@v<N>/c<M>` with the code version too.
    case version(VersionReference)

    /// Reads the parameter's text.
    ///
    /// - Parameter projection: the view's; another's name is refused.
    public init(parsing text: String, projection: String) throws(ViewError) {
        if text == "as_served" {
            self = .asServed
            return
        }
        guard let at = text.firstIndex(of: "@"),
            let version = try? VersionReference(parsing: String(text[text.index(after: at)...]))
        else {
            throw .badParameter(
                name: "rules",
                expected: "\(projection)@v<N>, with the code version \(projection)@v<N>/c<M>, or as_served")
        }
        guard text[..<at].utf8.elementsEqual(projection.utf8) else {
            throw .badParameter(
                name: "rules",
                expected: "rules of this view's projection \(projection), as in \(projection)@v1, not of another")
        }
        self = .version(version)
    }

    /// The parameter's text; nil for what is served now.
    public func text(projection: String) -> String? {
        switch self {
        case .served: nil
        case .asServed: "as_served"
        case .version(let version): "\(projection)@\(version)"
        }
    }
}
