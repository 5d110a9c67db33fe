import LedgerNotes
import LedgerValues

/// Reads the lines of a policy file, each on the lines before.
struct PolicyReader {
    private(set) var logs: [WitnessPolicy.Log] = []
    private(set) var witnesses: [WitnessPolicy.Witness] = []
    private(set) var groups: [WitnessPolicy.Group] = []
    private(set) var quorum: (member: WitnessPolicy.Member?, line: Int)?
    private var names: [ByteKey: WitnessPolicy.Member] = [:]
    /// The names that are members of a group.
    private var used: Set<ByteKey> = []
    private var logKeys: Set<[UInt8]> = []
    private var witnessKeys: Set<[UInt8]> = []

    mutating func read(_ bytes: ArraySlice<UInt8>, _ number: Int) throws(PolicyError) {
        func fault(_ problem: String) -> PolicyError { PolicyError(line: number, problem) }
        guard bytes.allSatisfy({ $0 == 0x09 || 0x20...0x7e ~= $0 || $0 >= 0x80 }) else {
            throw fault("expected no control characters but tabs")
        }
        let words = bytes.split { $0 == 0x20 || $0 == 0x09 }
        guard let first = words.first, first.first != UInt8(ascii: "#") else { return }
        let items = words.map(Self.text)
        switch items[0] {
        case "log": try readLog(items, fault)
        case "witness": try readWitness(items, fault)
        case "group": try readGroup(items, fault)
        case "quorum":
            guard items.count == 2 else { throw fault("expected `quorum NAME` or `quorum none`") }
            if let quorum { throw fault("expected one quorum, and line \(quorum.line) has one") }
            quorum = (items[1].isBytewiseEqual(to: "none") ? nil : try member(items[1], fault), number)
        default: throw fault("expected log, witness, group or quorum, found `\(items[0])`")
        }
    }

    /// A word as text. Names are opaque bytes, so bytes that are no UTF-8 become another text for each.
    private static func text(_ word: ArraySlice<UInt8>) -> String {
        String(validating: word, as: UTF8.self) ?? "\u{FFFD}" + word.map { String($0, radix: 16) }.joined(separator: ".")
    }

    private func key(_ text: String, _ fault: (String) -> PolicyError) throws(PolicyError) -> VerifierKey {
        do {
            return try VerifierKey(parsing: text)
        } catch {
            throw fault("\(error)")
        }
    }

    private mutating func readLog(_ items: [String], _ fault: (String) -> PolicyError) throws(PolicyError) {
        guard 2...3 ~= items.count else { throw fault("expected `log VKEY [URL]`") }
        let key = try key(items[1], fault)
        guard key.algorithm == 0x01, let verifier = try? NoteVerifier(vkey: items[1]) else {
            throw fault("unsupported_key: expected a log's Ed25519 key, type 0x01, found type \(Self.shown(key.algorithm))")
        }
        if !logKeys.insert(key.key).inserted { throw fault("expected each log once, found the key of another line") }
        if witnessKeys.contains(key.key) { throw fault("expected a key of the log's own, found a witness's") }
        logs.append(WitnessPolicy.Log(verifier: verifier, url: items.count > 2 ? items[2] : nil))
    }

    private mutating func readWitness(_ items: [String], _ fault: (String) -> PolicyError) throws(PolicyError) {
        guard 3...4 ~= items.count else { throw fault("expected `witness NAME VKEY [URL]`") }
        let key = try key(items[2], fault)
        guard key.algorithm == 0x04 || key.algorithm == 0x06 else {
            throw fault("unsupported_key: expected a witness's key, type 0x04, found type \(Self.shown(key.algorithm))")
        }
        let verifier = key.algorithm == 0x04 ? try? CosignatureVerifier(vkey: items[2]) : nil
        if key.algorithm == 0x04, verifier == nil { throw fault("expected an Ed25519 public key") }
        if !witnessKeys.insert(key.key).inserted { throw fault("expected each witness once, found the key of another line") }
        if logKeys.contains(key.key) { throw fault("expected a key of the witness's own, found a log's") }
        try define(items[1], .witness(witnesses.count), fault)
        witnesses.append(WitnessPolicy.Witness(name: items[1], verifier: verifier, url: items.count > 3 ? items[3] : nil))
    }

    private mutating func readGroup(_ items: [String], _ fault: (String) -> PolicyError) throws(PolicyError) {
        guard items.count >= 4 else { throw fault("expected `group NAME all|any|K NAME…` with at least one member") }
        let count = items.count - 3
        let threshold: Int
        switch items[2] {
        case "all": threshold = count
        case "any": threshold = 1
        default:
            guard let number = Int(items[2]), "\(number)".isBytewiseEqual(to: items[2]), 1...count ~= number else {
                throw fault("expected all, any or a number from 1 to \(count), found `\(items[2])`")
            }
            threshold = number
        }
        var members: [WitnessPolicy.Member] = []
        for name in items[3...] {
            if !used.insert(ByteKey(name)).inserted { throw fault("expected each name in at most one group, once, found `\(name)` again") }
            members.append(try member(name, fault))
        }
        try define(items[1], .group(groups.count), fault)
        groups.append(WitnessPolicy.Group(name: items[1], threshold: threshold, members: members))
    }

    private mutating func define(
        _ name: String, _ member: WitnessPolicy.Member, _ fault: (String) -> PolicyError
    ) throws(PolicyError) {
        if name.isBytewiseEqual(to: "none") { throw fault("expected another name than none") }
        if names.updateValue(member, forKey: ByteKey(name)) != nil { throw fault("expected a new name, found `\(name)` again") }
    }

    private func member(_ name: String, _ fault: (String) -> PolicyError) throws(PolicyError) -> WitnessPolicy.Member {
        guard let member = names[ByteKey(name)] else { throw fault("expected a name of an earlier line, found `\(name)`") }
        return member
    }

    private static func shown(_ algorithm: UInt8) -> String { "0x\(algorithm < 16 ? "0" : "")\(String(algorithm, radix: 16))" }
}
