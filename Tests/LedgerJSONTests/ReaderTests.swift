import LedgerJSON
import LedgerValues
import RandomSupport
import Testing

/// The document of a text that must parse.
func parsed(_ text: String) throws -> JSONValue {
    try JSONDocument(parsing: Array(text.utf8)).root
}

/// The error of a text that must not.
func failure(_ bytes: [UInt8]) -> JSONError? {
    do {
        _ = try JSONDocument(parsing: bytes)
        return nil
    } catch {
        return error
    }
}

/// The fast reader's value in the plain reader's form.
private func plain(_ value: JSONValue) -> PlainValue {
    switch value.kind {
    case .null: return .null
    case .bool: return .bool(value.bool ?? false)
    case .number: return .number(value.sourceText)
    case .string: return .string(bytes(value))
    case .array: return .array(value.elements.map(plain))
    case .object: return .object(value.memberViews.map { PlainMember(key: bytes($0.keyValue), value: plain($0.value)) })
    }
}

private func bytes(_ string: JSONValue) -> [UInt8] {
    if let found = string.withUnescapedUTF8({ span in span.indices.map { span[$0] } }) { return found }
    guard case .string(let bytes) = PlainReader.read(Array(string.sourceText.utf8)) else { return [] }
    return bytes
}

@Suite("The JSON reader")
struct ReaderTests {
    @Test(arguments: UInt64(1)...60)
    func `it agrees with a plain reader on random documents`(seed: UInt64) throws {
        var source = RandomJSON(seed: seed)
        for _ in 0..<40 {
            let text = source.document()
            compare(text)
        }
    }

    @Test(arguments: UInt64(1)...60)
    func `it agrees with a plain reader on damaged documents`(seed: UInt64) throws {
        var source = RandomJSON(seed: seed)
        for _ in 0..<40 {
            let text = source.document()
            for _ in 0..<5 { compare(source.damaged(text)) }
        }
    }

    private func compare(_ text: [UInt8]) {
        let expected = PlainReader.read(text)
        do {
            let document = try JSONDocument(parsing: text)
            #expect(plain(document.root) == expected, "\(String(decoding: text, as: UTF8.self))")
        } catch {
            #expect(expected == nil, "\(error): \(String(decoding: text, as: UTF8.self))")
            #expect((0...text.count).contains(error.offset))
        }
    }

    @Test(
        "Malformed documents are refused where they break",
        arguments: [
            ("", .unexpectedEnd, 0), (" \n", .unexpectedEnd, 2), ("[1,]", .unexpectedByte, 3),
            ("{\"a\":1,}", .unexpectedByte, 7),
            ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2),
            ("{\"a\"]", .unexpectedByte, 4), ("{\"a\":}", .unexpectedByte, 5), ("{\"a\" 1}", .unexpectedByte, 5),
            ("{1:2}", .unexpectedByte, 1), ("{a:2}", .unexpectedByte, 1), ("{'a':2}", .unexpectedByte, 1),
            ("]", .unexpectedByte, 0),
            ("[1", .unexpectedEnd, 2), ("{\"a", .unexpectedEnd, 3), ("{\"a\"", .unexpectedEnd, 4),
            ("{\"a\":", .unexpectedEnd, 5),
            ("[", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1), ("[[]", .unexpectedEnd, 3),
            ("01", .invalidNumber, 0), ("-", .invalidNumber, 0), ("-01", .invalidNumber, 0), ("1.", .invalidNumber, 0),
            ("[1.e1]", .invalidNumber, 1), ("1e", .invalidNumber, 0), ("1e+", .invalidNumber, 0),
            ("+1", .unexpectedByte, 0),
            (".5", .unexpectedByte, 0), ("1.5.5", .trailingBytes, 3), ("0x10", .trailingBytes, 1),
            ("NaN", .unexpectedByte, 0),
            ("Infinity", .unexpectedByte, 0), ("-Infinity", .invalidNumber, 0), ("tru", .unexpectedEnd, 3),
            ("trUe", .unexpectedByte, 2), ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte, 3),
            ("falsey", .trailingBytes, 5),
            ("True", .unexpectedByte, 0), ("1 2", .trailingBytes, 2), ("{}{}", .trailingBytes, 2),
            ("[]]", .trailingBytes, 2),
            ("//c\n1", .unexpectedByte, 0), ("/**/1", .unexpectedByte, 0), ("\u{feff}1", .unexpectedByte, 0),
            ("\u{a0}1", .unexpectedByte, 0), ("\u{b}1", .unexpectedByte, 0), ("1\u{0}", .trailingBytes, 1),
            ("\"a", .unexpectedEnd, 2), ("\"a\nb\"", .unexpectedByte, 2), ("\"a\tb\"", .unexpectedByte, 2),
            ("\"a\u{0}b\"", .unexpectedByte, 2), ("\"a long enough text\u{1f}\"", .unexpectedByte, 19),
            ("\"\\x\"", .invalidEscape, 1), ("\"\\", .unexpectedEnd, 2), ("\"\\u12\"", .invalidEscape, 1),
            ("\"\\u12", .unexpectedEnd, 5),
            ("\"\\u12g4\"", .invalidEscape, 1), ("\"\\U0041\"", .invalidEscape, 1), ("\"\\u+123\"", .invalidEscape, 1),
            ("\"\\\u{0}\"", .invalidEscape, 1), ("\"\\ud800\\u12\"", .invalidEscape, 7),
        ] as [(String, JSONError.Kind, Int)])
    func malformed(text: String, kind: JSONError.Kind, offset: Int) {
        #expect(failure(Array(text.utf8)) == JSONError(kind, offset: offset))
    }

    @Test(
        "Bytes that are no UTF-8 are refused",
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xe1, 0x80],
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf1, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xfe],
            [0xff],
            [0xe2, 0x82, 0x28], [0xf0, 0x9f, 0x98, 0x28], [0xf8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func invalidUTF8(sequence: [UInt8]) {
        for padding in 0...9 {
            let before = Array("\"".utf8) + [UInt8](repeating: 0x61, count: padding)
            #expect(failure(before + sequence + Array("\"".utf8))?.kind == .invalidUTF8)
            #expect(failure(before + sequence)?.kind == .invalidUTF8)
            #expect(failure(before + Array("é😀".utf8) + sequence + Array("aaaaaaaaa\"".utf8))?.kind == .invalidUTF8)
        }
        #expect(failure(sequence)?.kind == .unexpectedByte)
    }

    @Test func `every boundary of well-formed UTF-8 is read`() throws {
        for text in [
            "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}",
        ] {
            #expect(try parsed("\"\(text)\"").string?.isBytewiseEqual(to: text) == true)
        }
    }

    @Test(arguments: ["[", "{\"a\":"])
    func `64 levels are read, 65 are not, whatever they are made of`(opening: String) {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ count: Int) -> [UInt8] {
            Array((String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count)).utf8)
        }
        #expect(failure(nested(64)) == nil)
        #expect(failure(nested(65)) == JSONError(.tooDeep, offset: 64 * opening.utf8.count))
        #expect(failure([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))?.kind == .tooDeep)
        #expect(throws: JSONError(.tooDeep, offset: 1)) {
            try JSONDocument(parsing: Array("[[]]".utf8), maximumDepth: 1)
        }
        #expect(throws: Never.self) { try JSONDocument(parsing: Array("[1,[],2]".utf8), maximumDepth: 2) }
    }

    @Test(
        "Keys that unescape to the same text are duplicates",
        arguments: [
            (#"{"a":1,"a":2}"#, "a"), (#"{"a":1,"\u0061":2}"#, "a"), (#"{"\u0061":1,"a":2}"#, "a"),
            (#"{"é":1,"\u00e9":2}"#, "é"),
            (#"{"\u00E9":1,"\u00e9":2}"#, "é"), (#"{"😀":1,"\uD83D\uDE00":2}"#, "😀"), (#"{"":1,"":2}"#, ""),
            (#"{"a/b":1,"a\/b":2}"#, "a/b"),
            (#"{"longer than a word":1,"longer than \u0061 word":2}"#, "longer than a word"),
            (#"{"x":{"a":1,"b":[{"c":0,"d":1,"c":2}]}}"#, "c"), (#"{"\ud800":1,"\uD800":2}"#, "\u{fffd}"),
        ])
    func duplicates(text: String, key: String) {
        #expect(failure(Array(text.utf8))?.kind == .duplicateKey(key))
    }

    @Test(
        "Keys that only look alike, or stand in different objects, are not",
        arguments: [
            #"{"a":1,"A":2}"#, #"{"a":{"a":{"a":1}},"b":{"a":1}}"#, #"[{"a":1},{"a":1}]"#, #"{"é":1,"e\u0301":2}"#,
            #"{"\ud800":1,"\ud801":2,"\udc00":3}"#, #"{"abcdefgh-1-abcdefgh":1,"abcdefgh-2-abcdefgh":2}"#,
            #"{"a":1,"a\u0000":2}"#,
            #"{"aaaaaaaa":1,"aaaaaaaaa":2,"aaaaaaa":3}"#,
        ])
    func distinct(text: String) {
        #expect(failure(Array(text.utf8)) == nil)
    }

    @Test(
        "Objects with very many keys stay fast, and duplicates in them are found",
        arguments: [63, 64, 65, 127, 128, 129, 5000, 100_000], [false, true])
    func manyKeys(count: Int, isReversed: Bool) throws {
        // Same length, same first and last eight bytes: fingerprints don't tell these keys apart.
        var keys = (0..<count).map { "\"same-beginning-\(1_000_000 + $0)-same-end\":{\"k\":\($0)}" }
        if isReversed { keys.reverse() }
        let root = try parsed("{" + keys.joined(separator: ",") + "}")
        #expect(root.count == count)
        #expect(root["same-beginning-\(1_000_000 + count - 1)-same-end"]?["k"]?.integer == Int64(count - 1))
        for twice in [0, count / 2, count - 1] {
            let again = "\"same-beginnin\\u0067-\(1_000_000 + twice)-same-end\":1"
            let text = "{" + keys.joined(separator: ",") + "," + again + "}"
            #expect(failure(Array(text.utf8))?.kind == .duplicateKey("same-beginning-\(1_000_000 + twice)-same-end"))
        }
    }

    @Test("Duplicates are found among keys in any order", arguments: 1...500 as ClosedRange<UInt64>)
    func anyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func key() -> String {
            let text = (0..<Int.random(in: 0...3, using: &random)).map { _ in ["a", "b", "é"].randomElement(using: &random) ?? "a" }
            return text.joined()
        }
        func object(depth: Int) -> (text: String, duplicate: Bool) {
            var keys = (0..<Int.random(in: 0...9, using: &random)).map { _ in key() }
            // In order, in order up to some key, or in none.
            let sorted = [keys.count, Int.random(in: 0...keys.count, using: &random), 0].randomElement(using: &random) ?? 0
            keys = keys[..<sorted].sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) } + keys[sorted...]
            var isDuplicate = false
            var seen: Set<[UInt8]> = []
            let members = keys.map { key in
                isDuplicate = !seen.insert(Array(key.utf8)).inserted || isDuplicate
                let escaped = Bool.random(using: &random) ? key : key.replacing("a", with: "\\u0061")
                if depth == 0 || Bool.random(using: &random) { return "\"\(escaped)\":1" }
                let inner = object(depth: depth - 1)
                isDuplicate = isDuplicate || inner.duplicate
                return "\"\(escaped)\":\(inner.text)"
            }
            return ("{\(members.joined(separator: ","))}", isDuplicate)
        }
        let (text, isDuplicate) = object(depth: 2)
        if case .duplicateKey? = failure(Array(text.utf8))?.kind {
            #expect(isDuplicate, "seed \(seed)")
        } else {
            #expect(!isDuplicate, "seed \(seed)")
        }
    }
}
