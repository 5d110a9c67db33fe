/// Why a text is not a JSON document, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    public enum Kind: Equatable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that the grammar does not allow at its place (control characters in strings included).
        case unexpectedByte
        /// Bytes that are not well-formed UTF-8.
        case invalidUTF8
        /// A backslash that does not start a valid escape.
        case invalidEscape
        /// A number that breaks the grammar, such as `01`, `1.` or `-`.
        case invalidNumber
        /// A key that its object already has, compared after unescaping.
        case duplicateKey(String)
        /// Arrays and objects nested beyond the limit.
        case tooDeep
        /// Something other than white space follows the document.
        case trailingBytes
        /// A document of 2 GiB or more.
        case tooLarge
    }

    /// The kind of fault.
    public let kind: Kind

    /// The byte offset of the error, from 0.
    public let offset: Int

    /// An error of that kind at that byte offset.
    public init(_ kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// One sentence with the offset. It names a duplicate key, and quotes nothing else from the document.
    public var description: String {
        let what =
            switch kind {
            case .unexpectedEnd: "the text ends inside a value"
            case .unexpectedByte: "unexpected byte"
            case .invalidUTF8: "invalid UTF-8"
            case .invalidEscape: "invalid escape"
            case .invalidNumber: "invalid number"
            case .duplicateKey(let key): "duplicate key \"\(key)\""
            case .tooDeep: "nested too deeply"
            case .trailingBytes: "something follows the document"
            case .tooLarge: "the document is too large"
            }
        return "invalid JSON at byte \(offset): \(what)"
    }
}
