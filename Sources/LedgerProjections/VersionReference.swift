import LedgerValues

/// A user's reference to a version of a projection: `v2`, or `v2/c3` if the code version matters too.
public struct VersionReference: Sendable, Hashable, CustomStringConvertible {
    /// The rules version with its letter, for example `v2`.
    public let version: String
    /// The code version; nil if any may be meant.
    public let codeVersion: Int?

    public init(version: String, codeVersion: Int? = nil) {
        self.version = version
        self.codeVersion = codeVersion
    }

    /// Reads `v<N>` or `v<N>/c<N>`, with numbers from 1 and without leading zeros.
    public init(parsing text: String) throws(VersionReferenceError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let rules = Self.number(parts[0], after: "v") else {
            throw .badRules(found: text)
        }
        version = "v\(rules)"
        guard parts.count == 2 else {
            codeVersion = nil
            return
        }
        guard let code = Self.number(parts[1], after: "c") else {
            throw .badCode(found: text)
        }
        codeVersion = code
    }

    /// Reads a number of at most nine digits, so that the catalog can hold every number.
    private static func number(_ text: Substring, after letter: Character) -> Int? {
        guard text.first == letter, (2...10).contains(text.utf8.count) else { return nil }
        let digits = text.dropFirst()
        guard digits.utf8.first != UInt8(ascii: "0"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(digits)
    }

    public var description: String { codeVersion.map { "\(version)/c\($0)" } ?? version }
}

/// Why a text is not a version reference.
public enum VersionReferenceError: Error, Equatable, CustomStringConvertible {
    /// It does not begin with a rules version.
    case badRules(found: String)
    /// It goes on with something other than a code version.
    case badCode(found: String)

    public var description: String {
        switch self {
        case .badRules(let text): "version: expected v<rules> or v<rules>/c<code>, for example v2 or v2/c3, found `\(text)`"
        case .badCode(let text): "version: expected c<code> after the `/`, for example v2/c3, found `\(text)`"
        }
    }
}
