import Foundation
import LedgerEvents
import LedgerJSON
import LedgerValues
import Testing

/// Python's `jsonschema`, where it is installed: a validator that shares nothing with ours.
enum IndependentValidator {
    static let isInstalled = (try? run(["-c", "import jsonschema, referencing"], input: "")) != nil

    private static let program = """
        import glob, json, sys, jsonschema, referencing
        directory, validators = sys.argv[1], {}
        files = [json.load(open(path, encoding="utf-8")) for path in glob.glob(f"{directory}/*.json")]
        registry = referencing.Registry().with_resources(
            [(file["$id"], referencing.Resource.from_contents(file)) for file in files])
        for line in sys.stdin.buffer:
            name, payload = json.loads(line)
            if name not in validators:
                with open(f"{directory}/{name}.json", encoding="utf-8") as file:
                    schema = json.load(file)
                jsonschema.Draft202012Validator.check_schema(schema)
                validators[name] = jsonschema.Draft202012Validator(schema, registry=registry)
            print("1" if validators[name].is_valid(json.loads(payload)) else "0")
        """

    /// Whether each payload matches the schema of its type.
    ///
    /// - Parameter version: of all payloads; nil for those that ``RandomPayloads`` makes.
    static func verdicts(_ payloads: [(type: EventType, payload: [UInt8])], version: Int? = nil) throws -> [Bool] {
        let lines = payloads.map { type, payload in
            let name = "\(type.rawValue).v\(version ?? type.randomVersion)"
            return text(JSONNode.array([.string(name), .string(text(payload))]).httpBytes())
        }
        let directory = TestFiles.root.appending(path: "schema/events").path
        let output = try run(["-W", "ignore", "-c", program, directory], input: lines.joined(separator: "\n") + "\n")
        return output.split(separator: "\n").map { $0 == "1" }
    }

    private struct Failed: Error {}

    private static func run(_ arguments: [String], input: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(input.utf8).write(to: folder.appending(path: "input"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: "input"))
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return String(decoding: answer, as: UTF8.self)
    }
}

@Suite(.enabled(if: IndependentValidator.isInstalled, "python3 has no jsonschema"))
struct IndependentValidatorTests {
    @Test func `an independent validator accepts the service's own payloads`() throws {
        var payloads: [(type: EventType, payload: [UInt8])] = []
        for (type, version) in payloadVersions {
            let sample = try TestFiles.sample(type.rawValue, version: version)
            if version == type.randomVersion {
                payloads.append((type, sample))
            } else {
                #expect(try IndependentValidator.verdicts([(type, sample)], version: version) == [true])
            }
        }
        for seed in 0..<50 as Range<UInt64> {
            var random = RandomPayloads(seed: seed)
            payloads += random.all()
        }
        let verdicts = try IndependentValidator.verdicts(payloads)
        #expect(verdicts.count == payloads.count)
        for (verdict, payload) in zip(verdicts, payloads) where !verdict {
            Issue.record("\(payload.type) refused: \(text(payload.payload))")
        }
    }

    @Test func `an independent validator and ours agree about altered payloads`() throws {
        let schemas = try TestFiles.schemas()
        var payloads: [(type: EventType, payload: [UInt8])] = []
        for seed in 0..<120 as Range<UInt64> {
            var random = RandomPayloads(seed: seed)
            for (type, payload) in random.all() {
                var node = try JSONNode(copying: JSONDocument(parsing: payload).root)
                node.alterOnce(&random)
                payloads.append((type, node.httpBytes()))
            }
        }
        let verdicts = try IndependentValidator.verdicts(payloads)
        #expect(verdicts.count == payloads.count)
        var accepted = 0
        for (theirs, (type, payload)) in zip(verdicts, payloads) {
            let document = try JSONDocument(parsing: payload)
            var ours = true
            do {
                try schemas.validate(type: type.rawValue, version: type.randomVersion, payload: document)
                accepted += 1
            } catch {
                ours = false
            }
            #expect(ours == theirs, "\(type): \(text(payload))")
        }
        // Both kinds are there, or the comparison says little.
        #expect(accepted > 50 && accepted < payloads.count - 200)
    }
}

extension JSONNode {
    /// A copy of a parsed value whose numbers are integers.
    init(copying value: JSONValue) throws {
        switch value.kind {
        case .null: self = .null
        case .bool: self = .bool(value.bool ?? false)
        case .number: self = .integer(try #require(value.integer))
        case .string: self = .string(try #require(value.string))
        case .array: self = .array(try value.elements.map(JSONNode.init(copying:)))
        case .object: self = .object(try value.members.map { ($0.key, try JSONNode(copying: $0.value)) })
        }
    }

    /// Values at and around the borders of every pattern and range.
    private static let borders: [JSONNode] =
        [
            "", "0", "-0", "00", "01", "1", "-1", "+1", "1.", ".5", "0.5", "-0.5", "1.50", "1.05", "1e3", "0.0",
            "0.0000000001", "0.00000000001", "999999999999999999", "1000000000000000000",
            "-999999999999999999.9999999999",
            "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2199-12-31T23:59:59.999999Z", "2200-01-01T00:00:00Z",
            "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2000-02-29T12:00:00.000001Z",
            "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.100Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.1+00:00", "2026-01-01t00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "0001-01-01", "0000-01-01", "0000-02-29", "0004-02-29",
            "1900-02-29", "2000-02-29", "2400-02-29", "2026-02-30", "2026-04-31", "2026-1-1", "9999-12-31",
            "10000-01-01",
            "0b0f8b1e-6c0a-4f8e-9d53-5b1f0c3c7a11", "0B0F8B1E-6C0A-4F8E-9D53-5B1F0C3C7A11",
            "0b0f8b1e6c0a4f8e9d535b1f0c3c7a11",
            "0b0f8b1e-6c0a-4f8e-9d53-5b1f0c3c7a1g", "A260130C00350000", "ABCDEFG260130C00350000", "A260230C00350000",
            "A240229P00000001", "A230229P00000001", "A260130C00000000", "A260130X00350000", "1A260130C00350000",
            "a260130C00350000", "MSTR  260130C00350000", "US", "USD", "USDCX", "USDCXX", "usd", "ÜSD", "buy", "sell",
            "call",
            "FILLED", "filled", "\u{0}", "a\u{0}", " ", "é", "𝄞",
        ].map(JSONNode.string)
        + [
            .string(String(repeating: "a", count: 64)), .string(String(repeating: "g", count: 64)),
            .string(String(repeating: "𝄞", count: 128)), .string(String(repeating: "𝄞", count: 129)),
            .null, .bool(true), .bool(false), .integer(0), .integer(-1), .integer(9_007_199_254_740_991),
            .integer(9_007_199_254_740_992), .array([]), .object([]), .array([.string("a"), .string("a")]),
            .array([.string("a"), .string("b")]), .array([.integer(1)]), .object([("a", .integer(1))]),
            .object([("a", .string("x"))]),
        ]

    /// Drops or adds a member, or replaces a value, somewhere inside.
    mutating func alterOnce(_ random: inout RandomPayloads) {
        switch self {
        case .object(var members) where !members.isEmpty:
            let place = random.number(0...members.count - 1)
            switch random.number(0...19) {
            case 0: members.remove(at: place)
            case 1: members.append(("zz", random.pick(Self.borders)))
            default: members[place].1.alterOnce(&random)
            }
            self = .object(members)
        case .array(var elements) where !elements.isEmpty:
            let place = random.number(0...elements.count - 1)
            switch random.number(0...9) {
            case 0: elements.remove(at: place)
            case 1: elements.append(elements[place])
            default: elements[place].alterOnce(&random)
            }
            self = .array(elements)
        default:
            self = random.pick(Self.borders)
        }
    }
}
