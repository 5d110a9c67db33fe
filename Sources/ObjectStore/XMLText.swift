/// Reads the flat documents that S3 answers with: elements by name, without attributes that matter and without nesting of a name in itself.
struct XMLText {
    private let text: Substring

    init(_ bytes: [UInt8]) { text = Substring(decoding: bytes, as: UTF8.self) }

    private init(_ text: Substring) { self.text = text }

    /// The contents of the elements of a name, in order.
    func elements(_ name: String) -> [XMLText] {
        var found: [XMLText] = []
        var rest = text
        while let start = rest.firstRange(of: "<\(name)>"), let end = rest[start.upperBound...].firstRange(of: "</\(name)>") {
            found.append(XMLText(rest[start.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return found
    }

    /// The text of the first element of a name.
    subscript(name: String) -> String? { elements(name).first?.value }

    /// The text with its five named entities resolved.
    private var value: String {
        var value = String(text)
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            value.replace(entity, with: character)
        }
        return value
    }
}
