import LedgerJSON
import LedgerValues
import RandomSupport
import Testing

private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}

@Suite("The JSON writer")
struct WriterTests {
    @Test func `commas stand where they belong, absent values are null`() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.integer(Int64.min)
        writer.integer(0)
        writer.bool(true)
        writer.bool(nil)
        writer.string(":")
        writer.string("[")
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.raw(Array(#"{"raw":1}"#.utf8))
        writer.endArray()
        writer.key("b" as String)
        writer.decimalString(try FixedDecimal("12.10"))
        writer.key("c")
        writer.decimalNumber(try FixedDecimal("-0.5"))
        writer.key("d")
        writer.decimalNumber(nil)
        writer.key("e")
        writer.instant(Instant("2026-01-14T10:32:10.5-05:00"))
        writer.key("f")
        writer.date(CalendarDate("2026-01-30"))
        writer.key("g")
        writer.null()
        writer.key("h")
        writer.string(nil)
        writer.key("i")
        writer.uniqueID(UniqueID(high: 1, low: 2))
        writer.endObject()
        #expect(
            text(writer.bytes)
                == #"{"a":[-9223372036854775808,0,true,null,":","[",[],{},{"raw":1}],"b":"12.1","c":-0.5,"d":null,"#
                + #""e":"2026-01-14T15:32:10.500000Z","f":"2026-01-30","g":null,"h":null,"#
                + #""i":"00000000-0000-0001-0000-000000000002"}"#)
    }

    @Test func `a document that is already JSON loses what is left out as one written member by member`() {
        let document = Array(#"{"a":1,"b":{"a":2,"c":[3]},"c":"\u0001","d":null}"#.utf8)
        func written(_ omitted: [String]) -> String {
            var writer = JSONWriter(omitting: omitted)
            for _ in 0..<2 {
                writer.raw(document)
                writer.endLine()
            }
            return text(writer.bytes)
        }
        #expect(written([]) == String(repeating: text(document) + "\n", count: 2))
        #expect(written(["a", "c"]) == String(repeating: #"{"b":{"a":2,"c":[3]},"d":null}"# + "\n", count: 2))
        #expect(written(["d"]) == String(repeating: #"{"a":1,"b":{"a":2,"c":[3]},"c":"\u0001"}"# + "\n", count: 2))
    }

    /// Documents of members a to h; which are shared, first or last in the document or neither, is in the mask.
    @Test(arguments: 0..<64, [[], ["a"], ["c", "d"], ["h"]])
    func `what documents share is what each of them would have written`(mask: Int, omitted: [String]) {
        func documents(_ share: (inout JSONWriter, (inout JSONWriter) -> Void) -> Void) -> String {
            var writer = JSONWriter(reservingCapacity: 8, omitting: omitted)
            for group in 0..<3 {
                writer.beginAlike()
                for document in 0..<group + 1 {
                    writer.beginObject()
                    for (run, keys) in [["a", "b"], ["c"], ["d", "e"], ["f"], ["g"], ["h"]].enumerated() {
                        let isShared = mask & (1 << run) != 0
                        let members = { (out: inout JSONWriter) in
                            for key in keys {
                                out.key(key)
                                out.integer(isShared ? group : 10 * group + document)
                            }
                        }
                        isShared ? share(&writer, members) : members(&writer)
                    }
                    writer.endObject()
                    writer.endLine()
                }
            }
            #expect(writer.lines == 6)
            return text(writer.bytes)
        }
        let plain = documents { $1(&$0) }
        #expect(documents { $0.shared($1) } == plain)
        #expect(plain.hasPrefix(omitted.isEmpty ? #"{"a":0,"b":0,"c":0,"d":0,"# : "{"))
    }

    @Test func `strings are escaped as RFC 8785 says`() {
        let controls = String(String.UnicodeScalarView((0..<0x20).compactMap(Unicode.Scalar.init)))
        #expect(
            text(JSONNode.string(controls).canonicalBytes())
                == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
                + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f""#)
        #expect(
            text(JSONNode.string("\"\\/\u{7f}\u{80}é€😀\u{2028}").canonicalBytes())
                == "\"\\\"\\\\/\u{7f}\u{80}é€😀\u{2028}\"")
    }

    @Test(arguments: UInt64(1)...30)
    func `whatever is written reads as the same text`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                let limit: UInt32 = [0x30, 0x80, 0x800, 0x11_0000].randomElement(using: &random) ?? 0x80
                scalars.append(Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) ?? "x")
            }
            let original = String(scalars)
            let written = JSONNode.string(original).canonicalBytes()
            #expect(try JSONDocument(parsing: written).root.string?.isBytewiseEqual(to: original) == true)
            let number = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
            #expect(text(JSONNode.integer(number).httpBytes()) == "\(number)")
        }
    }

    @Test func `nodes write decimals as strings in events and as numbers in HTTP`() throws {
        let node = JSONNode.object([
            ("z", .decimal(try FixedDecimal("466630651.75"))),
            ("a", .array([.null, .bool(false), .object([("c", .integer(1)), ("b", .string("x"))])])),
        ])
        #expect(text(node.canonicalBytes()) == #"{"a":[null,false,{"b":"x","c":1}],"z":"466630651.75"}"#)
        #expect(text(node.httpBytes()) == #"{"z":466630651.75,"a":[null,false,{"c":1,"b":"x"}]}"#)
        #expect(node == node && node != node.sorted)
        #expect(JSONNode.string("\u{e9}") != .string("e\u{301}"))
    }
}
