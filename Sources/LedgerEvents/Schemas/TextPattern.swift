/// A value of `pattern` in a domain's event schemas, beside those that the engine knows.
public struct TextPattern: Sendable {
    /// The regular expression (ECMA 262), exactly as the schema files have it.
    public let expression: String
    /// A description of matching texts, for error messages.
    public let meaning: String
    let matches: @Sendable (Span<UInt8>) -> Bool

    /// Makes a pattern.
    ///
    /// - Parameters:
    ///   - expression: the regular expression (ECMA 262), exactly as the schema files have it.
    ///   - meaning: a description of matching texts, such as `a postal code`.
    ///   - matches: whether the expression matches a text, given by its UTF-8 without JSON's escapes. It must accept exactly the
    ///     same texts, because others check events by the schema files alone.
    public init(_ expression: String, meaning: String, matches: @escaping @Sendable (Span<UInt8>) -> Bool) {
        self.expression = expression
        self.meaning = meaning
        self.matches = matches
    }
}
