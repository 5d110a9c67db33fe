import LedgerMerkle
import LedgerNotes
import LedgerValues

/// A signed head. The segment that contains it determines its ledger.
struct SignedHead: Sendable, Equatable {
    let size: Int64
    let root: Digest32
}

/// The contents of the file of signed checkpoints up to some length, with every signature checked.
///
/// Memory: 8 bytes a size, and 40 bytes for each head that has not been proven against the log yet.
struct SignedHistory: Sendable {
    /// The heads of one ledger id. An acknowledged fork starts the next segment.
    struct Segment: Sendable {
        let origin: String
        let first: SignedHead
        /// The head of the largest size.
        var largest: SignedHead
        /// The note of the largest head without extensions.
        var plain: (size: Int64, note: SignedNote)?
        var count: Int
        var sizes = PublishedSizes()
    }

    /// Oldest first. Only the heads of the last segment must be continued, because earlier segments belong to abandoned
    /// ledger ids.
    private(set) var segments: [Segment] = []
    /// The heads of the last segment that still have to be proven against the log.
    private(set) var unproven: [SignedHead] = []
    /// The number of heads in all segments.
    var count: Int { segments.reduce(0) { $0 + $1.count } }
    /// The size of the whole records in bytes.
    private(set) var length: Int64 = 0
    /// The last record. It shows whether a grown file is still the same file.
    private(set) var lastRecord: [UInt8] = []
    /// The largest head of a file that this one replaced. It must be continued too, even if this file lacks it.
    private(set) var replaced: (origin: String, head: SignedHead)?
    private var verifier: NoteVerifier?

    init() {}

    /// The history of a replaced or changed file.
    init(replacing other: SignedHistory) {
        replaced = other.replaced
        guard let last = other.segments.last else { return }
        if let replaced, replaced.origin.isBytewiseEqual(to: last.origin), replaced.head.size >= last.largest.size { return }
        replaced = (last.origin, last.largest)
    }

    /// Continues to read where the last read stopped.
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
        segments[last].sizes.insert(head.size)
        if head.size > segments[last].largest.size { segments[last].largest = head }
        if checkpoint.extensions.isEmpty, head.size >= segments[last].plain?.size ?? 0 {
            segments[last].plain = (head.size, note)
        }
        unproven.append(head)
    }

    /// Records the proof that one log continues all heads. The largest head continues the others and represents them
    /// from now on.
    mutating func proven() { unproven = [] }
}

/// What was signed of this ledger, as the files beside the database have it.
struct SignedLog: Sendable {
    let origin: String
    /// The sizes of all signed heads.
    let sizes: PublishedSizes
    /// The newest head without extensions.
    let plain: SignedNote?

    /// Nil for a history without heads.
    init?(_ history: SignedHistory) {
        guard let segment = history.segments.last else { return nil }
        origin = segment.origin
        sizes = segment.sizes
        plain = segment.plain?.note
    }
}
