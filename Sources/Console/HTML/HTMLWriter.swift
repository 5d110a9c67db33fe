/// Writes an HTML document as UTF-8.
///
/// Text and attribute values are escaped by construction: no method writes a string as markup. Names of elements and
/// attributes are literals of the program.
package struct HTMLWriter: Sendable {
    /// The clock of the document's reader.
    let clock: WallClock
    /// Where the names of the figures that are written now lead to; nil where they lead nowhere.
    var references: FigureReferences?
    /// The bytes written so far.
    package private(set) var bytes: [UInt8] = []

    package init(clock: WallClock = .utc, reservingCapacity capacity: Int = 16 << 10) {
        self.clock = clock
        bytes.reserveCapacity(capacity)
    }

    /// Writes `<!doctype html>`.
    package mutating func doctype() { append("<!doctype html>\n") }

    /// Writes an element. `content` writes its inside.
    package mutating func element(
        _ name: StaticString, _ attributes: [Attribute] = [], _ content: (inout HTMLWriter) throws -> Void
    ) rethrows {
        open(name, attributes)
        try content(&self)
        append("</")
        append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    /// Writes an element that holds only text.
    package mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], text: String) {
        element(name, attributes) { $0.text(text) }
    }

    /// Writes an element without content and end tag, such as `input`.
    package mutating func void(_ name: StaticString, _ attributes: [Attribute] = []) { open(name, attributes) }

    /// Writes text.
    package mutating func text(_ text: String) { Escaping.append(text, to: &bytes) }

    /// Writes the inside of a `script` or `style`, which HTML takes as it is up to the first `</`. Traps if there is one.
    mutating func rawText(_ content: [UInt8]) {
        let slash = UInt8(ascii: "/")
        precondition(
            !zip(content, content.dropFirst()).contains { $0 == UInt8(ascii: "<") && $1 == slash }, "a script or style ends at its first </"
        )
        bytes.append(contentsOf: content)
    }

    private mutating func open(_ name: StaticString, _ attributes: [Attribute]) {
        bytes.append(UInt8(ascii: "<"))
        append(name)
        for attribute in attributes {
            bytes.append(UInt8(ascii: " "))
            append(attribute.name)
            guard let value = attribute.value else { continue }
            bytes.append(UInt8(ascii: "="))
            bytes.append(UInt8(ascii: "\""))
            Escaping.append(value, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}

/// The escaping of text in HTML, the same inside elements and inside quoted attribute values.
enum Escaping {
    /// Appends the text. The five characters with a meaning in HTML become references. Controls, which HTML does not
    /// allow, become U+FFFD. So do characters that change the direction of writing, because they could make one figure
    /// look like another.
    static func append(_ text: String, to out: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            var (start, at) = (0, 0)
            while at < bytes.count {
                guard let (count, written) = replacement(of: bytes, at: at) else {
                    at += 1
                    continue
                }
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<at]))
                written.withUTF8Buffer { out.append(contentsOf: $0) }
                at += count
                start = at
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }

    /// How many bytes from a place are one character that is not written as it is, and what is written instead. Nil for all others.
    private static func replacement(of bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (count: Int, written: StaticString)? {
        switch bytes[index] {
        // Most characters: letters, digits and what stands beside them.
        case 0x3F...0x7E, 0x28...0x3B, UInt8(ascii: " "): nil
        case UInt8(ascii: "&"): (1, "&amp;")
        case UInt8(ascii: "<"): (1, "&lt;")
        case UInt8(ascii: ">"): (1, "&gt;")
        case UInt8(ascii: "\""): (1, "&quot;")
        case UInt8(ascii: "'"): (1, "&#39;")
        case UInt8(ascii: "\t"), UInt8(ascii: "\n"): nil
        case 0..<0x20, 0x7F: (1, "\u{FFFD}")
        // U+0080 to U+009F
        case 0xC2: bytes[index + 1] < 0xA0 ? (2, "\u{FFFD}") : nil
        // U+061C
        case 0xD8: bytes[index + 1] == 0x9C ? (2, "\u{FFFD}") : nil
        case 0xE2:
            switch (bytes[index + 1], bytes[index + 2]) {
            // U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069
            case (0x80, 0x8E...0x8F), (0x80, 0xAA...0xAE), (0x81, 0xA6...0xA9): (3, "\u{FFFD}")
            default: nil
            }
        default: nil
        }
    }
}
