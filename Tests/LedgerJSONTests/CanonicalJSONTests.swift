import LedgerJSON
import LedgerValues
import RandomSupport
import Testing

private func canonical(_ text: String) throws -> String {
    String(decoding: try canonicalize(parsed(text)), as: UTF8.self)
}

@Suite("Canonical JSON")
struct CanonicalJSONTests {
    @Test func `the key order of RFC 8785's own example`() throws {
        // Section 3.2.3, with strings that name the keys.
        let source = #"""
            {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
            """#
        let document = try JSONDocument(parsing: try canonicalize(parsed(source)))
        #expect(
            document.root.members.compactMap(\.value.string) == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face",
                "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test(arguments: UInt64(1)...40)
    func `keys are ordered by UTF-16 code units, surrogates below U+E000`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = [
            "a", "b", "\u{7f}", "\u{80}", "é", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{fffd}", "\u{ffff}",
            "😀", "\u{10000}", "\u{10ffff}",
        ]
        var keys: [ByteKey] = []
        for _ in 0..<40 {
            keys.append(
                ByteKey(
                    (0..<Int.random(in: 0...4, using: &random)).compactMap { _ in alphabet.randomElement(using: &random)
                    }.joined()))
        }
        for a in keys {
            for b in keys {
                #expect(
                    CanonicalKeyOrder.precedes(a.text, b.text)
                        == Array(a.text.utf16).lexicographicallyPrecedes(Array(b.text.utf16)))
            }
        }
        let expected = Set(keys).map(\.text).sorted { Array($0.utf16).lexicographicallyPrecedes(Array($1.utf16)) }
        let node = JSONNode.object(Set(keys).map { ($0.text, .null) })
        let written = try JSONDocument(parsing: node.canonicalBytes())
        #expect(written.root.members.map { ByteKey($0.key) } == expected.map { ByteKey($0) })
        #expect(try canonicalize(JSONDocument(parsing: node.httpBytes()).root) == node.canonicalBytes())
    }

    @Test(
        "Spelling goes, content stays",
        arguments: [
            (" { \"b\" : 1 , \"a\" : [ true , null , { } , [ ] ] } ", #"{"a":[true,null,{},[]],"b":1}"#), ("-0", "0"),
            (#""\u0041\/\u000A\u001F""#, #""A/\n\u001f""#), (#""\ud83d\ude00""#, "\"😀\""),
            ("9007199254740991", "9007199254740991"),
            ("-9007199254740991", "-9007199254740991"),
            (#"{"b":{"\u0062":1,"a":2},"a":0}"#, #"{"a":0,"b":{"a":2,"b":1}}"#),
            (#""\u0000""#, #""\u0000""#),
        ])
    func examples(source: String, expected: String) throws {
        #expect(try canonical(source) == expected)
    }

    @Test(
        "What has no canonical form here is refused",
        arguments: [
            ("1.0", .notAnInteger, 0), ("[1e2]", .notAnInteger, 1), ("9007199254740992", .integerTooLarge, 0),
            ("-9007199254740992", .integerTooLarge, 0), ("99999999999999999999", .integerTooLarge, 0),
            (#"[1,"\ud800"]"#, .unpairedSurrogate, 3), (#"{"\udc00":1}"#, .unpairedSurrogate, 1),
        ] as [(String, CanonicalJSONError.Reason, Int)])
    func refused(source: String, reason: CanonicalJSONError.Reason, offset: Int) throws {
        let value = try parsed(source)
        #expect(throws: CanonicalJSONError(reason: reason, offset: offset)) { try canonicalize(value) }
    }

    @Test(arguments: UInt64(1)...40)
    func `canonical form is a fixed point that keeps the content`(seed: UInt64) throws {
        var source = RandomJSON(seed: seed)
        for _ in 0..<40 {
            guard let document = try? JSONDocument(parsing: source.document()) else { continue }
            guard let once = try? canonicalize(document.root) else { continue }
            let twice = try canonicalize(JSONDocument(parsing: once).root)
            #expect(once == twice)
            #expect(sorted(PlainReader.read(document.bytes)) == PlainReader.read(once))
        }
    }

    private func sorted(_ value: PlainValue?) -> PlainValue? {
        switch value {
        case .array(let elements): return .array(elements.compactMap { sorted($0) })
        case .object(let members):
            let byUnits = members.sorted {
                Array(String(decoding: $0.key, as: UTF8.self).utf16)
                    .lexicographicallyPrecedes(Array(String(decoding: $1.key, as: UTF8.self).utf16))
            }
            return .object(byUnits.map { PlainMember(key: $0.key, value: sorted($0.value) ?? .null) })
        case .number("-0"): return .number("0")
        default: return value
        }
    }
}
