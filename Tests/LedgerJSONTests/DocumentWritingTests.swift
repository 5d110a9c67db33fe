import LedgerJSON
import LedgerValues
import RandomSupport
import Testing

@Suite("Values of documents, written")
struct DocumentWritingTests {
    private func written(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
        var writer = JSONWriter(reservingCapacity: 1)
        writer.beginArray()
        writer.null()
        try body(&writer)
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `a value is written as it stands, and a decimal's string as a number`() throws {
        let root = try parsed(#"{"a":"1.5","b":{"c":[null]},"d":7,"e":"","f":"say \"x\""}"#)
        #expect(
            written { out in
                for key in ["a", "b", "d", "e", "f", "g"] { out.value(root[key]) }
            } == #"[null,"1.5",{"c":[null]},7,"","say \"x\"",null]"#)
        #expect(
            written { out in
                for key in ["a", "b", "d", "e", "g"] { out.decimalNumber(of: root[key]) }
            } == "[null,1.5,null,null,null,null]")
    }

    @Test func `objects keep everything but the quotes of their decimals`() throws {
        let text = #"[{"a":"1.5","b":"2","c":{"a":"3"}},{"a":null,"b":"4"},{},5,["6"],{"b":"","a":"-0.25"}]"#
        #expect(
            written { $0.objects(try? parsed(text), decimals: ["a", "b"]) }
                == #"[null,[{"a":1.5,"b":2,"c":{"a":"3"}},{"a":null,"b":4},{},5,["6"],{"b":"","a":-0.25}]]"#)
        #expect(written { $0.objects(try? parsed(text), decimals: []) } == "[null,\(text)]")
        #expect(written { $0.objects(try? parsed("[]"), decimals: ["a"]) } == "[null,[]]")
        #expect(written { $0.objects(try? parsed("{}"), decimals: ["a"]) } == "[null,null]")
        #expect(written { $0.objects(nil, decimals: ["a"]) } == "[null,null]")
    }

    @Test(
        arguments: [
            ("{}", [], "{}"), ("{}", ["b", "c"], #"{"b":[0],"c":[1]}"#), (#"{"a":1}"#, ["b"], #"{"a":1,"b":[0]}"#),
            (#"{"c":"}"}"#, ["a", "b"], #"{"a":[0],"b":[1],"c":"}"}"#),
            (
                #"{"a":[{"z":"\"]"},2],"c":{"b":{}},"d":-1.5e3,"f":null}"#, ["b", "e", "g"],
                #"{"a":[{"z":"\"]"},2],"b":[0],"c":{"b":{}},"d":-1.5e3,"e":[1],"f":null,"g":[2]}"#
            ),
        ] as [(String, [String], String)]) func `members are inserted at their places`(
            object: String, keys: [String], expected: String
        ) throws
    {
        let members = keys.enumerated().map { (key: $0.element, json: Array("[\($0.offset)]".utf8)) }
        #expect(String(decoding: try JSONDocument.inserting(members, into: Array(object.utf8)), as: UTF8.self) == expected)
    }

    @Test func `an object with inserted members is the one that was written with them`() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomJSON(seed: seed)
            let all = (0..<random.number(in: 0...12)).map { String(UnicodeScalar(UInt8(97 + $0))) }
            let (kept, inserted) = (all.filter { _ in random.number(in: 0...2) > 0 }, all)
            let values = Dictionary(
                uniqueKeysWithValues: all.map { ($0, (try? JSONDocument(parsing: random.document())).map { canonical($0.root) } ?? "null") }
            )
            func object(_ keys: [String]) -> [UInt8] {
                Array("{\(keys.map { "\"\($0)\":\(values[$0] ?? "")" }.joined(separator: ","))}".utf8)
            }
            let rest = inserted.filter { !kept.contains($0) }.map { (key: $0, json: Array((values[$0] ?? "").utf8)) }
            #expect(try JSONDocument.inserting(rest, into: object(kept)) == object(all), "seed \(seed)")
        }
    }

    @Test(arguments: ["", "{", #"{"a"#, #"{"a":"#, #"{"a":1"#, #"{"a":[1}"#, "[1]"]) func `a torn object is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONDocument.inserting([("b", [UInt8(ascii: "1")])], into: Array(text.utf8)) }
    }

    /// The text without white space outside strings.
    private func canonical(_ value: JSONValue) -> String {
        switch value.kind {
        case .array: "[\(value.elements.map(canonical).joined(separator: ","))]"
        case .object: "{\(value.memberViews.map { "\($0.keyValue.sourceText):\(canonical($0.value))" }.joined(separator: ","))}"
        default: value.sourceText
        }
    }
}
