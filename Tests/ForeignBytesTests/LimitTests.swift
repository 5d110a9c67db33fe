import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerProjections
import LedgerStore
import LedgerValues
import LedgerWitness
import MarketData
import OptionTrades
import TestSupport
import Testing

@testable import API
@testable import Operations

/// What each reader takes at its limit (docs/contract/limits.md), and that it refuses one beyond.
@Suite struct LimitTests {
    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test func `JSON is read 64 deep and not 65`() throws {
        func nested(_ depth: Int) -> [UInt8] { Array((Self.repeated("[", depth) + Self.repeated("]", depth)).utf8) }
        #expect(try JSONDocument(parsing: nested(64)).root.count == 1)
        #expect(throws: JSONError.self) { try JSONDocument(parsing: nested(65)) }
    }

    @Test func `a request body is read 8 deep and not 9`() throws {
        func body(_ depth: Int) throws -> RequestBody {
            let text = #"{"a":"# + Self.repeated("[", depth - 1) + Self.repeated("]", depth - 1) + "}"
            let request = APIRequest(method: "POST", path: "/", body: Array(text.utf8), isFromLoopback: true)
            return try RequestBody(request, keys: ["a"])
        }
        #expect(try body(8).members.count == 1)
        #expect(throws: Problem.self) { try body(9) }
    }

    @Test func `a signal has 4,096 bytes and not 4,097`() throws {
        let rules = try DispatchRules(version: 1) { readFile(projectRoot + "/projections/" + $0) }
        let reading = IntentReading(source: .sampleBroker, rules: rules, now: try #require(Instant("2026-01-28T15:00:00Z")))
        func signal(_ bytes: Int) throws -> String? {
            let text = #"{"s":""# + Self.repeated("x", bytes - 8) + #""}"#
            let intent = """
                {"intent_id":"I-1","ticker":"SPY","instrument_type":"CALL","action":"BUY","strategy":"day_trade","signal":\(text)}
                """
            return try reading.intent(JSONDocument(parsing: Array(intent.utf8)).root).intent.signal
        }
        #expect(try signal(4_096)?.utf8.count == 4_096)
        #expect(throws: BrokerError.self) { try signal(4_097) }
    }

    @Test func `a note has a mebibyte and 100 signatures, and neither a byte nor a signature more`() throws {
        let line = SignedNote.lines(ForeignReader.note.signatures.prefix(1).map { $0 })
        func note(text: Int, signatures: Int) throws -> SignedNote {
            let text = Array(repeating: UInt8(ascii: "a"), count: text - 1) + [0x0a]
            return try SignedNote(parsing: text + [0x0a] + (0..<signatures).flatMap { _ in line })
        }
        #expect(try note(text: 10, signatures: 100).signatures.count == 100)
        #expect(throws: NoteError.self) { try note(text: 10, signatures: 101) }
        let room = SignedNote.maximumBytes - 1 - line.count
        #expect(try note(text: room, signatures: 1).bytes.count == 1 << 20)
        #expect(throws: NoteError.self) { try note(text: room + 1, signatures: 1) }
    }

    @Test func `a checkpoint has 16 extension lines and not 17`() throws {
        func checkpoint(_ lines: Int) throws -> Checkpoint {
            try Checkpoint(parsing: ForeignReader.checkpoint.text + Array(Self.repeated("x\n", lines - 1).utf8))
        }
        #expect(try checkpoint(16).extensions.count == 16)
        #expect(throws: NoteError.self) { try checkpoint(17) }
    }

    @Test func `a witness takes a proof of 63 hashes, and calls one of 64 malformed`() throws {
        let core = WitnessCore(try WitnessPolicy(parsing: Array(ForeignReader.policy.utf8)))
        func verdict(_ hashes: Int) throws -> WitnessCore.Verdict {
            let path = Array(repeating: MerkleHash.leaf([1]), count: hashes)
            let body = AddCheckpoint.body(old: 7, path, ForeignReader.note)
            let last = WitnessedHead(size: 7, root: MerkleHash.leaf([2]), time: 1)
            return core.judge(try #require(AddCheckpoint(parsing: body)), after: last)
        }
        #expect(try verdict(63) == .inconsistent)
        #expect(try verdict(64) == .malformed)
    }

    @Test func `a line of observations has a mebibyte and not a byte more, and the next one is read`() throws {
        func faults(_ length: Int) -> [String] {
            let start = #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","#
            let next = start + #""price":1}"#
            let long = start + #""source":""# + Self.repeated("x", length - start.utf8.count - 12) + #""}"#
            var reader = MarketDataReader(ImportOptions(format: .ndjson))
            var found: [String] = []
            func take(_ line: MarketDataReader.Line) {
                if case .failure(let fault) = line.content { found.append(fault.reason) } else { found.append("read") }
            }
            reader.read(Array("\(long)\n\(next)\n".utf8).span) { take($0) }
            reader.finish { take($0) }
            return found
        }
        // A text of a mebibyte is none that an observation may have.
        let (within, beyond) = (faults(1 << 20), faults(1 << 20 + 1))
        #expect(within.count == 2 && !within[0].contains("is longer than") && within[1] == "read", "\(within)")
        #expect(beyond == ["is longer than 1048576 bytes", "read"], "\(beyond)")
    }

    @Test func `an answer of points has 5,000 and not one more`() throws {
        let columns = try ColumnSet(parsing: try #require(readFile(projectRoot + "/projections/spot_snapshots/columns.json")))
        func points(_ count: Int) throws -> Int {
            var points = SeriesPoints(.hour, .last, columns, time: "timestamp")
            for hour in 0..<count {
                let time = try #require(Instant(microseconds: Int64(hour) * 3_600_000_000)).description
                let row = Array(#"{"currency":"BTC","price":"1","timestamp":"\#(time)"}"#.utf8)
                _ = points.add(RowKey(["BTC", time]), try JSONDocument(parsing: row).root)
            }
            return try points.rows().count
        }
        #expect(try points(5_000) == 5_000)
        #expect(throws: ViewError.self) { try points(5_001) }
    }
}
