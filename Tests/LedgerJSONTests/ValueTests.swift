import LedgerJSON
import LedgerValues
import Testing

@Suite("Parsed values")
struct ValueTests {
    @Test func `every kind answers to its own questions alone`() throws {
        let root = try parsed(#"[null,true,false,1,"s",[1,2],{"a":1}]"#)
        let values = Array(root.elements)
        #expect(values.map(\.kind) == [.null, .bool, .bool, .number, .string, .array, .object])
        #expect(values.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(values.map(\.bool) == [nil, true, false, nil, nil, nil, nil])
        #expect(values.map(\.integer) == [nil, nil, nil, 1, nil, nil, nil])
        #expect(values.map(\.string) == [nil, nil, nil, nil, "s", nil, nil])
        #expect(values.map(\.count) == [0, 0, 0, 0, 0, 2, 1])
        #expect(values.map { Array($0.elements).count } == [0, 0, 0, 0, 0, 2, 0])
        #expect(values.map { Array($0.members).count } == [0, 0, 0, 0, 0, 0, 1])
        #expect(values.map { $0["a"] != nil } == [false, false, false, false, false, false, true])
        #expect(root.count == 7)
    }

    @Test(
        "Integers that fit are read, others are not",
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("1.0", nil), ("1e2", nil), ("99999999999999999999", nil), ("-7", -7),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) throws {
        #expect(try parsed(text).integer == expected)
        #expect(try parsed("[\(text)]").elements.first { _ in true }?.integer == expected)
    }

    @Test func `decimals are read from numbers and from strings, escaped or not`() throws {
        #expect(try parsed("12.10").decimal?.description == "12.1")
        #expect(try parsed("\"12.10\"").decimal?.description == "12.1")
        #expect(try parsed(#""1\u0032.5""#).decimal?.description == "12.5")
        #expect(throws: DecimalError.notANumber) { try parsed("\" 1\"").parseDecimal() }
        #expect(throws: DecimalError.notANumber) { try parsed("\"\"").parseDecimal() }
        #expect(throws: DecimalError.notANumber) { try parsed("true").parseDecimal() }
        #expect(throws: DecimalError.notANumber) { try parsed(#""1\ud800""#).parseDecimal() }
        #expect(throws: DecimalError.outOfRange) { try parsed("1e18").parseDecimal() }
        #expect(throws: DecimalError.tooManyFractionDigits) { try parsed("\"0.00000000001\"").parseDecimal() }
        #expect(try parsed("1e18").decimal == nil)
    }

    @Test func `a member is found by the bytes of its unescaped key, whatever stands before it`() throws {
        let root = try parsed(
            #"{"a":{"b":1,"c":[{"d":2}]},"\u0062":3,"key of sixteen b":4,"key of sixteen c":5,"e\u0301":6,"x\ud800":7,"":8}"#)
        let found = ["b", "key of sixteen b", "key of sixteen c", "e\u{301}", ""].map { root[$0]?.integer }
        #expect(found == [3, 4, 5, 6, 8])
        for absent in ["c", "d", "\u{e9}", "key of sixteen", "key of sixteen d", "x", "x\u{fffd}"] {
            #expect(root[absent] == nil, "\(absent)")
        }
        #expect(root["a"]?["c"]?.elements.first { _ in true }?["d"]?.integer == 2 && root["a"]?["a"] == nil)
    }

    @Test func `texts, instants and dates are read from strings alone, escaped or not`() throws {
        let time = "2026-02-05T20:00:00.5Z"
        #expect(try parsed("\"\(time)\"").instant == Instant(time) && Instant(time) != nil)
        #expect(try parsed(#""2026-02-05T20:00:00\u005a""#).instant == Instant("2026-02-05T20:00:00Z"))
        #expect(try parsed(#""2026-02\u002d05""#).date == CalendarDate("2026-02-05"))
        for text in ["1", "null", "true", "[]", #""""#, #""\ud800""#, #""2026-02-30""#] {
            #expect(try parsed(text).instant == nil && parsed(text).date == nil)
        }
        #expect(try parsed(#""\u00e9""#).stringEquals("\u{e9}"))
        #expect(try !parsed(#""\u00e9""#).stringEquals("e\u{301}"))
        #expect(try !parsed("null").stringEquals("null") && parsed(#""""#).stringEquals(""))
    }

    @Test func `strings with unpaired surrogates or U+0000 parse, and say so`() throws {
        let lone = try parsed(#""a\ud800b""#)
        #expect(lone.string == nil && lone.stringIssue == .unpairedSurrogate && lone.hasUnpairedSurrogate)
        #expect(lone.withUnescapedUTF8 { $0.count } == nil)
        #expect(lone.sourceText == #""a\ud800b""#)
        #expect(try parsed(#""\udc00\ud800""#).stringIssue == .unpairedSurrogate)
        #expect(try parsed(#""\ud800\ud800\udc00""#).stringIssue == .unpairedSurrogate)
        #expect(try parsed(#""\ud83d\u0041""#).stringIssue == .unpairedSurrogate)
        #expect(try parsed(#""\ud83dx\ude00""#).stringIssue == .unpairedSurrogate)
        let nul = try parsed(#""a\u0000b""#)
        #expect(nul.string == "a\u{0}b" && nul.stringIssue == .nul && nul.containsNUL)
        #expect(try parsed(#""\u0000\ud800""#).stringIssue == .unpairedSurrogate)
        #expect(try parsed(#""\ud83d\ude00\\u0000""#).stringIssue == nil)
        #expect(try parsed("1").stringIssue == nil)
    }

    @Test func `every escape is undone`() throws {
        let text = try #require(try parsed(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83D\uDe00é""#).string)
        #expect(text.isBytewiseEqual(to: "\"\\/\u{8}\u{c}\n\r\tA\u{e9}€😀é"))
        #expect(try parsed(#""\ue000\uffff\u07ff\u0800""#).string == "\u{e000}\u{ffff}\u{7ff}\u{800}")
    }

    @Test func `members are found by the bytes of their unescaped keys`() throws {
        let root = try parsed(#"{ "a" : 1 , "b\u0063" : [ 1 , {"x":2} ] , "é":true, "":null, "\ud800":3 }"#)
        #expect(root.members.map(\.key) == ["a", "bc", "é", "", "\u{fffd}"])
        #expect(root.memberViews.map { $0.keyIs("bc") } == [false, true, false, false, false])
        #expect(root.memberViews.map { $0.keyIs("é") } == [false, false, true, false, false])
        #expect(root.memberViews.map { $0.keyIs("") } == [false, false, false, true, false])
        #expect(root.memberViews.map(\.keyIssue) == [nil, nil, nil, nil, .unpairedSurrogate])
        #expect(root.memberViews.map { $0.withKeyBytes { $0.count } } == [1, 2, 2, 0, nil])
        #expect(root["bc"]?.sourceText == #"[ 1 , {"x":2} ]"#)
        #expect(root["bc"]?.count == 2)
        #expect(root["e\u{301}"] == nil, "canonical equivalence is no equality")
        #expect(root["\u{e9}"]?.bool == true && root[""]?.isNull == true && root["z"] == nil)
        let source = root.sourceRange
        #expect(source.lowerBound == 0 && source.upperBound == root.sourceText.utf8.count)
        #expect(try parsed(#""a\u0062""#).stringIs("ab") && !parsed(#""abc""#).stringIs("ab"))
    }
}
