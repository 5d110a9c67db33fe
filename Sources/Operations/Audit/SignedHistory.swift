import SignedNotes
import Values

/// A signed head of the ledger whose segment it stands in.
struct SignedHead: Sendable, Equatable {
    let size: Int64
    let root: Digest32
}

/// What the file of signed checkpoints says up to some length, with every signature checked.
///
/// Memory: 40 bytes for each head that nobody has proven against the log yet.
struct SignedHistory: Sendable {
    /// The heads of one ledger id. Where a fork was acknowledged, the next one begins.
    struct Segment: Sendable {
        let origin: String
        let first: SignedHead
        /// Of the largest size.
        var largest: SignedHead
        /// The note of the largest head without extensions.
        var plain: (size: Int64, note: SignedNote)?
        var count: Int
    }

    /// Oldest first. Only the last one's heads must be continued: those before belong to ledgers that were left.
    private(set) var segments: [Segment] = []
    /// Heads of the last segment that are to be proven against the log.
    private(set) var unproven: [SignedHead] = []
    /// Of all segments.
    var count: Int { segments.reduce(0) { $0 + $1.count } }
    /// Bytes of the whole records.
    private(set) var length: Int64 = 0
    /// The last record, by which a grown file is known to be the same.
    private(set) var lastRecord: [UInt8] = []
    /// The largest head of a file that this one took the place of: it must be continued too, whatever this one says.
    private(set) var replaced: (origin: String, head: SignedHead)?
    private var verifier: NoteVerifier?

    init() {}

    /// Of another file, or one that was changed.
    init(replacing other: SignedHistory) {
        replaced = other.replaced
        guard let last = other.segments.last else { return }
        if let replaced, replaced.origin.isBytewiseEqual(to: last.origin), replaced.head.size >= last.largest.size { return }
        replaced = (last.origin, last.largest)
    }

    /// Reads on where it stopped.
    mutating func read(_ file: CheckpointFile, _ key: NoteVerifier) throws {
        var count = self.count
        try file.forEachRecord(from: length) { record, end in
            guard let note = try? SignedNote(parsing: Array(record)) else {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints is damaged after \(count) of them")
            }
            do {
                try add(note, key)
            } catch {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints: \(error)")
            }
            count += 1
            length = end
            lastRecord = Array(record) + [0x0a]
        }
    }

    private mutating func add(_ note: SignedNote, _ key: NoteVerifier) throws(NoteError) {
        let checkpoint = try Checkpoint(parsing: note.text)
        let verifier: NoteVerifier
        if let known = self.verifier, known.name.isBytewiseEqual(to: checkpoint.origin) {
            verifier = known
        } else {
            verifier = try key.named(checkpoint.origin)
        }
        try note.verify(verifier)
        let head = SignedHead(size: checkpoint.size, root: checkpoint.root)
        if segments.last?.origin.isBytewiseEqual(to: checkpoint.origin) != true {
            segments.append(Segment(origin: checkpoint.origin, first: head, largest: head, plain: nil, count: 0))
            unproven = []
        }
        self.verifier = verifier
        let last = segments.count - 1
        segments[last].count += 1
        if head.size > segments[last].largest.size { segments[last].largest = head }
        if checkpoint.extensions.isEmpty, head.size >= segments[last].plain?.size ?? 0 {
            segments[last].plain = (head.size, note)
        }
        unproven.append(head)
    }

    /// All heads were proven to be continued by one log: the largest continues the others, and stands for them from now on.
    mutating func proven() { unproven = [] }
}
