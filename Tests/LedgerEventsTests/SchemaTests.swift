import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@Suite struct SchemaTests {
    let schemas: EventSchemas

    init() throws {
        schemas = try TestFiles.schemas()
    }

    private func violation(_ type: EventType, _ payload: String) throws -> SchemaViolation? {
        let document = try JSONDocument(parsing: Array(payload.utf8))
        do {
            try schemas.validate(type: type.rawValue, version: type.randomVersion, payload: document)
            return nil
        } catch {
            return error
        }
    }

    @Test func `there is a schema for every type that has payloads, and no other`() {
        let expected = payloadVersions.map { "\($0.type.rawValue).v\($0.version)" }.sorted()
        #expect(schemas.versions.map { "\($0.type).v\($0.version)" } == expected)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `the service's own payloads match by construction`(seed: UInt64) throws {
        var payloads = RandomPayloads(seed: seed)
        for (type, bytes) in payloads.all() {
            #expect(try violation(type, text(bytes)) == nil, "seed \(seed)")
        }
    }

    @Test func `the content fields that the schemas list are those of the digest`() throws {
        for type in [EventType.alphaExecutionRecorded, .alphaExecutionUpdated] {
            #expect(schemas.contentFields(type: type.rawValue, version: 1) == ExecutionRow.fieldNames)
        }
        #expect(schemas.contentFields(type: "AlphaExecutionMissing", version: 1) == ["source", "source_trade_id"])
        #expect(schemas.contentFields(type: "AlphaExecutionMissing", version: 2) == nil)
        func keys(_ bytes: [UInt8]) throws -> [String] { try JSONDocument(parsing: bytes).root.members.map(\.key) }
        var random = RandomPayloads(seed: 1)
        let contents = [
            ("ContextStamped", random.stamp().contentBytes()),
            ("ExecutionBenchmarkRecorded", random.benchmark().contentBytes()),
            ("ForwardMarkRecorded", random.mark().contentBytes()),
        ]
        for (type, content) in contents {
            let fields = try keys(content)
            #expect(schemas.contentFields(type: type, version: 1) == fields)
        }
        func fields(of kinds: [MarketKind]) -> [String] { kinds.flatMap { $0.fields.map(\.name) } }
        let first = fields(of: MarketKind.allCases.filter { $0.isIn(1) }) + ["kind", "rounded", "unit_source"]
        #expect(schemas.contentFields(type: "MarketObserved", version: 1) == Set(first).sorted())
        for version in [2, 3] {
            let later = fields(of: MarketKind.written(in: version)) + ["kind", "missing_sources"]
            #expect(schemas.contentFields(type: "MarketObserved", version: version) == Set(later).sorted())
        }
    }

    @Test func `an unknown type or version has no schema to match`() throws {
        let document = try JSONDocument(parsing: Array("{}".utf8))
        for (type, version) in [("AlphaExecutionLost", 1), ("AlphaExecutionMissing", 2)] {
            #expect(throws: SchemaViolation.self) {
                try schemas.validate(type: type, version: version, payload: document)
            }
        }
    }

    @Test(arguments: [
        ["\"strike\":\"350\"", "\"strike\":\"0\"", "/strike", "a decimal above zero in its shortest text or null"],
        ["\"strike\":\"350\"", "\"strike\":\"350.0\"", "/strike", "a decimal above zero in its shortest text or null"],
        ["\"strike\":\"350\"", "\"strike\":350", "/strike", "a string or null"],
        ["\"FILLED\"", "\"filled\"", "/trade_status", "\"FILLED\" or"],
        ["\"sell\"", "1", "/direction", "\"buy\" or \"sell\" or null"],
        ["\"source_broker\":\"BROKER A\",", "", "", "the key source_broker"],
        ["\"source_broker\":\"BROKER A\"", "\"source_broker\":\"\"", "/source_broker", "not empty"],
        ["\"source_broker\":\"BROKER A\"", "\"source_broker\":\"A\\u0000\"", "/source_broker", "no U+0000"],
        ["\"source_broker\":\"BROKER A\"", "\"source_broker\":\"\\ud800\"", "/source_broker", "Unicode"],
        ["\"source_broker\":", "\"a/b~\":1,\"source_broker\":", "/a~1b~0", "no such key"],
        ["\"2026-01-30\"", "\"2026-02-29\"", "/expiry", "a date"],
        ["\"2026-01-21T14:29:58Z\"", "\"2026-01-21T14:29:58.000000Z\"", "/trade_date", "an instant"],
        ["\"deskCode\":\"\\\"D-4\\\"\"", "\"deskCode\":4", "/unknown_fields/deskCode", "a string"],
        ["\"MSTR260130C00350000\"", "\"MSTR  260130C00350000\"", "/option_symbol", "a compact option symbol"],
    ])
    func `a payload that does not match is refused at its place`(change: [String]) throws {
        let sample = text(try TestFiles.sample("AlphaExecutionRecorded", version: 1))
        let altered = sample.replacing(change[0], with: change[1])
        #expect(altered != sample)
        let violation = try #require(try violation(.alphaExecutionRecorded, altered))
        #expect(violation.pointer == change[2])
        let words = change[3].replacing(" or null", with: "")
        #expect(violation.expected.contains(words), "\(violation)")
        #expect(!violation.description.contains("BROKER"))
    }

    @Test func `counts, lengths, constants and repeated elements are checked`() throws {
        let completed = text(try TestFiles.sample("AlphaSyncCompleted", version: 1))
        func pointer(_ old: String, _ new: String) throws -> String? {
            try violation(.alphaSyncCompleted, completed.replacing(old, with: new))?.pointer
        }
        #expect(try pointer("\"fetched\":749", "\"fetched\":-1") == "/summary/fetched")
        #expect(try pointer("\"fetched\":749", "\"fetched\":9007199254740991") == nil)
        #expect(try pointer("\"fetched\":749", "\"fetched\":9007199254740992") == "/summary/fetched")
        #expect(try pointer("\"fetched\":749", "\"fetched\":99999999999999999999") == "/summary/fetched")
        #expect(try pointer("\"fetched\":749", "\"fetched\":7.5") == "/summary/fetched")
        #expect(try pointer("\"dry_run\":false", "\"dry_run\":true") == "/summary/dry_run")
        #expect(
            try pointer("\"unknown_keys\":{\"deskCode\":12}", "\"unknown_keys\":{\"deskCode\":null}")
                == "/summary/unknown_keys/deskCode")
        #expect(
            try pointer("\"portfolios\":[\"ICOI\",\"IMST\"]", "\"portfolios\":[\"ICOI\",\"ICOI\"]")
                == "/scope_details/portfolios/1")

        let missing = #"{"scope_key":"s","source":"s","source_trade_id":"ID"}"#
        #expect(
            try violation(.alphaExecutionMissing, missing.replacing("ID", with: String(repeating: "é", count: 128)))
                == nil)
        #expect(
            try violation(.alphaExecutionMissing, missing.replacing("ID", with: String(repeating: "é", count: 129)))?
                .pointer
                == "/source_trade_id")
        #expect(try violation(.alphaExecutionMissing, "[]")?.pointer == "")
        #expect(
            try violation(
                .alphaRowRejected, #"{"raw":"x","reasons":[],"scope_key":"s","source":"s","source_trade_id":null}"#)?
                .pointer == "/reasons")
    }

    @Test(arguments: [
        ["\"vol_metrics\"", "\"dvol\"", "/kind", "\"gex_hourly\" or \"vol_metrics\""],
        ["\"vol_metrics\"", "\"spot\"", "/dvol", "no such key"],
        ["\"kind\":\"vol_metrics\",", "", "", "the key kind"],
        ["\"58.3\"", "58.3", "/dvol", "a string"],
        ["\"91234.56\"", "\"0\"", "/spot", "a decimal above zero"],
        ["\"2026-01-21T14:00:00Z\"", "null", "/timestamp", "a string"],
        ["\"fraction\"", "\"\"", "/unit_source", "not empty"],
        ["\"clamped_iv\":null,", "", "", "the key clamped_iv"],
        ["\"clamped_iv\":null", "\"clamped_iv\":\"-1\"", "/clamped_iv", "a decimal of zero or more"],
        ["[\"put_call\",", "[\"put_call\",\"put_call\",", "/missing_sources/1", "no element twice"],
        ["\"amberdata\"", "7", "/observed_source", "a string"],
    ])
    func `an observation is checked as one of its kind`(change: [String]) throws {
        let sample = text(try TestFiles.sample("MarketObserved", version: 2))
        let altered = sample.replacing(change[0], with: change[1])
        #expect(altered != sample)
        let violation = try #require(try violation(.marketObserved, altered))
        #expect(violation.pointer == change[2])
        #expect(violation.expected.contains(change[3]), "\(violation)")
        #expect(try self.violation(.marketObserved, sample) == nil)
        #expect(try self.violation(.marketObserved, "[]")?.pointer == "")
    }

    @Test(arguments: [
        [#"{"type":"object","anyOf":[]}"#, "/anyOf is not a keyword known here"],
        [#"{"oneOf":[]}"#, "/oneOf is known here for objects told apart by a required constant text only"],
        [
            #"{"oneOf":[{"type":"object","required":["k"],"properties":{"k":{"const":"a"}}},{"type":"string"}]}"#,
            "/oneOf is known here for objects told apart by a required constant text only",
        ],
        [
            #"{"oneOf":[{"type":"object","required":["k"],"properties":{"k":{"const":"a"}}},{"type":"object","required":["k"],"properties":{"k":{"const":"a"}}}]}"#,
            "/oneOf is known here for objects told apart by a required constant text only",
        ],
        [
            #"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}}}]}"#,
            "/oneOf is known here for objects told apart by a required constant text only",
        ],
        [#"{"type":"string","pattern":"^a+$"}"#, "/pattern is not a pattern known here"],
        [#"{"type":"decimal"}"#, "/type names an unknown type"],
        [##"{"$ref":"#/$defs/none"}"##, "/$ref refers to nothing"],
        [##"{"$ref":"other.json"}"##, "/$ref refers to no schema file"],
        [
            ##"{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"items":{"$ref":"#/$defs/a"}}}}"##,
            "is part of a circle",
        ],
        [#"{"properties":{},"required":["a"]}"#, "/required/0 is not among the properties"],
        [#"{"properties":{},"x-content":["a"]}"#, "/x-content/0 is not among the properties"],
        [#"{"properties":{"a":{"x-content":[]}}}"#, "/properties/a/x-content is not a keyword known here"],
        [#"{"$defs":{"unused":{"format":"date"}}}"#, "/$defs/unused/format is not a keyword known here"],
        [#"{"minLength":-1}"#, "/minLength is below zero"],
        [#"{"uniqueItems":true}"#, "/uniqueItems is known here for arrays of strings only"],
        [#"{"const":1.5}"#, "/const has a value of a kind not known here"],
        [#"[]"#, "is not an object"],
        [#"{"#, "invalid JSON"],
    ])
    func `a schema that the validator does not know all of is refused when it is loaded`(schema: [String]) {
        #expect {
            try EventSchemas(files: ["Type.v1.json": Array(schema[0].utf8)])
        } throws: { error in
            "\(error)".hasPrefix("schema Type.v1.json: ") && "\(error)".contains(schema[1])
        }
    }

    @Test(arguments: ["Type.json", "Type.v0.json", "Type.v01.json", "Type.v1.yaml", ".v1.json", "Type.1.json"])
    func `a schema file of another name is refused`(name: String) {
        #expect(throws: SchemaFileError.self) { try EventSchemas(files: [name: Array("{}".utf8)]) }
    }
    @Test func `a domain's own pattern checks texts without their escapes`() throws {
        // Small letters and backslashes.
        let pattern = TextPattern(#"^[a-z\\]+$"#, meaning: "small letters and backslashes") { text in
            for index in text.indices where !(97...122).contains(text[index]) && text[index] != 92 { return false }
            return !text.isEmpty
        }
        let schema = #"{"type":"object","properties":{"t":{"type":"string","pattern":"^[a-z\\\\]+$"}}}"#
        let schemas = try EventSchemas(files: ["Type.v1.json": Array(schema.utf8)], patterns: [pattern])
        func problem(_ payload: String) throws -> String? {
            do {
                try schemas.validate(type: "Type", version: 1, payload: try JSONDocument(parsing: Array(payload.utf8)))
                return nil
            } catch let violation as SchemaViolation {
                return violation.expected
            }
        }
        #expect(try problem(#"{"t":"ab"}"#) == nil)
        #expect(try problem(#"{"t":"a\\b"}"#) == nil)
        #expect(try problem(#"{"t":"\u0061b"}"#) == nil)
        // A line break, though its escape has only letters and a backslash.
        #expect(try problem(#"{"t":"a\nb"}"#) == "small letters and backslashes")
        #expect(try problem(#"{"t":"A"}"#) == "small letters and backslashes")
        #expect(throws: SchemaFileError.self) { try EventSchemas(files: ["Type.v1.json": Array(schema.utf8)]) }
    }
}
