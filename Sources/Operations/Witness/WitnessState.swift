import LedgerEvents
import LedgerNotes
import LedgerValues
import LedgerWitness

/// What a witness cosigned last of each log, as its file has it: the checkpoints with the logs' signatures and its own.
struct WitnessState: Sendable {
    private static let header = "alpha-ledger/witness/v1"
    private static let end = "end"

    private(set) var notes: [ByteKey: SignedNote] = [:]

    init() {}

    /// Reads the whole file of a witness. Throws for anything that is not exactly what ``bytes(_:)`` writes.
    init(parsing bytes: [UInt8], _ key: CosignatureVerifier) throws(WitnessError) {
        var rest = bytes[...]
        func line() -> String? {
            guard let end = rest.firstIndex(of: 0x0a) else { return nil }
            defer { rest = rest[(end + 1)...] }
            return String(validating: rest[..<end], as: UTF8.self)
        }
        guard line()?.isBytewiseEqual(to: Self.header) ?? false else { throw .state(problem: "the state is not a witness's") }
        guard line()?.isBytewiseEqual(to: key.vkey) ?? false else { throw .state(problem: "the state is that of another key") }
        while true {
            let start = rest.startIndex
            guard let length = line() else { throw .state(problem: "the state ends early") }
            if length.hasPrefix(Self.end) {
                guard length.isBytewiseEqual(to: Self.end(of: bytes[..<start])) else { throw .state(problem: "the state is damaged") }
                break
            }
            guard let count = Int(length), count > 0, rest.count >= count, let note = try? SignedNote(parsing: Array(rest.prefix(count))),
                let head = Self.head(of: note, key)
            else { throw .state(problem: "the state is damaged") }
            rest = rest.dropFirst(count)
            if notes.updateValue(note, forKey: ByteKey(head.origin)) != nil { throw .state(problem: "the state has a log twice") }
        }
        guard rest.isEmpty else { throw .state(problem: "the state goes on after its end") }
    }

    /// The file's contents.
    func bytes(_ key: CosignatureVerifier) -> [UInt8] {
        var out = Array("\(Self.header)\n\(key.vkey)\n".utf8)
        for (_, note) in notes.sorted(by: { $0.key < $1.key }) {
            let bytes = note.bytes
            out += Array("\(bytes.count)\n".utf8) + bytes
        }
        return out + Array("\(Self.end(of: out[...]))\n".utf8)
    }

    /// The last line: the digest of all before it.
    private static func end(of bytes: ArraySlice<UInt8>) -> String { "\(end) \(Digest32(sha256Of: Array(bytes)))" }

    mutating func keep(_ note: SignedNote, of origin: String) { notes[ByteKey(origin)] = note }

    /// What was cosigned last of a log.
    func head(of origin: String, _ key: CosignatureVerifier) -> WitnessedHead? {
        notes[ByteKey(origin)].flatMap { Self.head(of: $0, key)?.head }
    }

    private static func head(of note: SignedNote, _ key: CosignatureVerifier) -> (origin: String, head: WitnessedHead)? {
        guard let checkpoint = try? Checkpoint(parsing: note.text), let time = try? key.time(in: note) else { return nil }
        return (checkpoint.origin, WitnessedHead(size: checkpoint.size, root: checkpoint.root, time: time))
    }
}
