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
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out.append(contentsOf: "&amp;".utf8)
            case "<": out.append(contentsOf: "&lt;".utf8)
            case ">": out.append(contentsOf: "&gt;".utf8)
            case "\"": out.append(contentsOf: "&quot;".utf8)
            case "'": out.append(contentsOf: "&#39;".utf8)
            case "\t", "\n": out.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{200E}",
                "\u{200F}", "\u{61C}":
                out.append(contentsOf: "\u{FFFD}".utf8)
            default: out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}
