package import LedgerJSON

/// A reference to the rule file that produced a stamp.
public struct RuleReference: Sendable, Equatable {
    public let version: Int
    /// Lower-case hex SHA-256 of the file's bytes.
    public let digest: String
    /// The path below the rules directory.
    public let file: String

    public init(version: Int, digest: String, file: String) {
        self.version = version
        self.digest = digest
        self.file = file
    }

    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("digest")
        out.string(digest)
        out.key("file")
        out.string(file)
        out.key("version")
        out.integer(version)
        out.endObject()
    }

    /// Writes an array of references.
    package static func write(_ references: [RuleReference], to out: inout JSONWriter) {
        out.beginArray()
        for reference in references { reference.write(to: &out) }
        out.endArray()
    }

    /// Reads an array that ``write(_:to:)`` wrote.
    package static func read(_ value: JSONValue, pointer: String) throws(PayloadError) -> [RuleReference] {
        guard value.kind == .array else { throw PayloadError(pointer: pointer, problem: "is not an array") }
        var references: [RuleReference] = []
        for element in value.elements {
            references.append(try RuleReference(decoding: element, pointer: "\(pointer)/\(references.count)"))
        }
        return references
    }

    package init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        digest = try members.text("digest")
        file = try members.text("file")
        version = Int(try members.integer("version"))
        try members.finish(["digest", "file", "version"])
    }
}
