import Foundation
import PayloadGenerator
import TestSupport
import Testing

/// The checked-in sources of payloads follow from `schema/events`; `swift run payload-generator` makes them anew.
@Suite struct PayloadGeneratorTests {
    private static func schema(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(projectRoot)/schema/events/\(name).json").map { Array($0) }
    }

    private static func found(_ name: String) throws -> (PayloadGroup, PayloadDescription) {
        for group in PayloadGroup.all {
            if let description = group.payloads.first(where: { $0.name == name }) { return (group, description) }
        }
        throw GeneratorError(description: "no \(name)")
    }

    private static func text(_ name: String, _ change: (String) -> String = { $0 }) throws -> String {
        let (group, description) = try found(name)
        return try PayloadSource.text(of: description, in: group) { file in
            schema(file).map { Array(change(String(decoding: $0, as: UTF8.self)).utf8) }
        }
    }

    @Test(arguments: PayloadGroup.all.flatMap { $0.payloads.map(\.name) })
    func `what is checked in is what the generator writes`(name: String) throws {
        let kept = try String(contentsOfFile: "\(projectRoot)/\(try Self.found(name).0.path)/\(name).swift", encoding: .utf8)
        #expect(try Self.text(name) == kept, "run `swift run payload-generator`")
    }

    @Test(arguments: PayloadGroup.all.map(\.path))
    func `nothing else lies in the folder`(path: String) throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(projectRoot)/\(path)").sorted()
        let group = try #require(PayloadGroup.all.first { $0.path == path })
        #expect(files == group.payloads.map { "\($0.name).swift" }.sorted())
    }

    @Test func `a listed type names each of its fields once for writing and reading`() throws {
        let grown = try Self.text("DispatchHaltedPayload") {
            $0.replacing(#""reason","#, with: #""halted_at", "reason","#, maxReplacements: 1).replacing(
                #""properties": {"#,
                with: ##""properties": {"halted_at": {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$", "description": "When."},"##,
                maxReplacements: 1)
        }
        #expect(grown.contains("    /// `halted_at`: When.\n    package var haltedAt: Digest32?\n"))
        #expect(grown.contains("haltedAt: Digest32? = nil"))
        #expect(grown.components(separatedBy: #"try fields.digest("halted_at", &haltedAt)"#).count == 2)
        #expect(grown.contains("left.haltedAt == right.haltedAt"))
    }

    @Test func `the keys of an embedded type are its own, and a derived field is checked`() throws {
        let stated = try Self.text("AssertionStatedPayload")
        #expect(stated.contains("try holding.code(&fields)") && !stated.contains("contract_key"))
        let submitted = try Self.text("OrderSubmittedPayload")
        #expect(submitted.contains("package var clientOrderID: String { body.clientOrderID }"))
        #expect(submitted.contains("clientOrderID.isBytewiseEqual(to: self.clientOrderID), \"is not that of the body\")"))
        // The embedded type has one key less than its schema says that it leaves out.
        #expect(throws: GeneratorError(description: "AssertionWithdrawn.v1: the object has no withdrawn_by")) {
            try Self.text("HoldingKey") { $0.replacing("withdrawn_by", with: "taken_back_by") }
        }
    }

    @Test func `a property that a schema gains is a field, a parameter, a key to write and a key to read`() throws {
        let grown = try Self.text("ModelMark") {
            $0.replacing(
                #""mark": {"#, with: ##""delta_usd": {"$ref": "#/$defs/decimal_or_null", "description": "US dollars."}, "mark": {"##,
                maxReplacements: 1
            ).replacing(#""iv","#, with: #""delta_usd", "iv","#, maxReplacements: 1)
        }
        #expect(grown.contains("    /// `delta_usd`: US dollars.\n    package var deltaUSD: FixedDecimal?\n"))
        #expect(grown.contains("        deltaUSD: FixedDecimal? = nil,\n"))
        #expect(grown.contains(#"        out.key("delta_usd")"#))
        #expect(grown.contains(#"        deltaUSD = try members.optionalDecimal("delta_usd")"#))
        #expect(grown.contains(##"take(#"{"delta_usd":"#), decimal(&read.deltaUSD),"##))
        #expect(grown.contains("left.deltaUSD == right.deltaUSD"))
    }

    @Test func `a schema that the generator can't follow is refused by name`() {
        #expect(throws: GeneratorError(description: "ContextStamped.v1.json is not there, or is not JSON")) {
            try Self.text("ContextStampedPayload") { _ in "" }
        }
        #expect(throws: GeneratorError(description: "ContextStamped.v1: dvol has a type that the generator does not know")) {
            try Self.text("ContextStampedPayload") {
                $0.replacing(
                    "\"dvol\": {\n      \"$ref\": \"#/$defs/decimal_or_null\"", with: "\"dvol\": {\n      \"type\": \"object\"")
            }
        }
        #expect(
            throws: GeneratorError(
                description: "ExecutionBenchmarkRecorded.v1: iv is not required; a payload has every key, null for an absent value")
        ) {
            try Self.text("ModelMark") { $0.replacing(#""iv","#, with: "") }
        }
    }

    @Test func `schemas that share an object must agree on it`() {
        #expect(throws: GeneratorError(description: "Basis: ExecutionBenchmarkRecorded.v1 and ContextStamped.v1 differ in strike")) {
            let (group, description) = try Self.found("Basis")
            _ = try PayloadSource.text(of: description, in: group) { file in
                let bytes = Self.schema(file)
                guard file.hasPrefix("ExecutionBenchmark") else { return bytes }
                return bytes.map {
                    Array(
                        String(decoding: $0, as: UTF8.self).replacing(
                            "\"strike\": {\n          \"$ref\": \"#/$defs/positive_decimal_or_null\"",
                            with: "\"strike\": {\n          \"$ref\": \"#/$defs/text\""
                        ).utf8)
                }
            }
        }
    }
}
