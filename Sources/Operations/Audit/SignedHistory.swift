import Crypto
import LedgerMerkle
import LedgerNotes
import LedgerValues

/// A signed head. The segment that contains it determines its ledger.
struct SignedHead: Sendable, Equatable {
    let size: Int64
    let root: Digest32
}

/// The contents of the file of signed checkpoints up to some length. Every signature has been checked, now or by the key's owner before.
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
        /// The size of the largest head without extensions, 0 without one.
        fileprivate var plainSize: Int64 = 0
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
    /// Of the whole records.
    private var digest = SHA256()
    /// The length that a note vouches for already.
    var vouchedLength: Int64 = 0

    init() {}

    /// The history of a replaced or changed file.
    init(replacing other: SignedHistory) {
        replaced = other.replaced
        guard let last = other.segments.last else { return }
        if let replaced, replaced.origin.isBytewiseEqual(to: last.origin), replaced.head.size >= last.largest.size { return }
        replaced = (last.origin, last.largest)
    }

    /// Continues to read where the last read stopped.
    ///
    /// - Parameter vouched: the beginning that the key's owner has checked before. Its signatures and proofs are not checked again if its
    ///   digest is the file's; otherwise everything is.
    mutating func read(_ file: CheckpointFile, _ key: NoteVerifier, vouched: VouchedHeads? = nil) throws {
        if let vouched, length == 0 {
            var known = self
            if try known.read(vouched, of: file, key) { self = known }
        }
        var count = self.count
        try file.forEachRecord(from: length) { record, end in
            guard let note = try? SignedNote(parsing: Array(record)) else {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints is damaged after \(count) of them")
            }
            do {
                let checkpoint = try Checkpoint(parsing: note.text)
                let verifier = try named(checkpoint.origin, key)
                try note.verify(verifier)
                add(checkpoint, note: note)
            } catch {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints: \(error)")
            }
            count += 1
            self.end(of: record, at: end)
        }
    }

    /// Reads the beginning that a note vouches for. False if the file does not begin with it; then nothing here can be used.
    private mutating func read(_ vouched: VouchedHeads, of file: CheckpointFile, _ key: NoteVerifier) throws -> Bool {
        struct Stop: Error {}
        var plain: (segment: Int, record: [UInt8])?
        do {
            try file.forEachRecord(from: 0) { record, end in
                if end > vouched.length { throw Stop() }
                // The text ends before the blank line in front of the signatures.
                guard let blank = zip(record.indices, record.indices.dropFirst()).first(where: { record[$0] == 0x0a && record[$1] == 0x0a })
                else { throw Stop() }
                let checkpoint = try Checkpoint(parsing: Array(record[...blank.0]))
                _ = try named(checkpoint.origin, key)
                if add(checkpoint, note: nil) { plain = (segments.count - 1, Array(record)) }
                self.end(of: record, at: end)
                if end == vouched.length { throw Stop() }
            }
        } catch is Stop {
        } catch is NoteError { return false }
        guard length == vouched.length, Digest32(Array(digest.finalize())) == vouched.digest else { return false }
        if let plain, plain.segment == segments.count - 1 {
            let note = try SignedNote(parsing: plain.record)
            segments[plain.segment].plain = (try Checkpoint(parsing: note.text).size, note)
        }
        unproven = []
        vouchedLength = length
        return true
    }

    private mutating func end(of record: ArraySlice<UInt8>, at end: Int64) {
        length = end
        lastRecord = Array(record) + [0x0a]
        digest.update(data: lastRecord)
    }

    /// The key under the name of an origin.
    private mutating func named(_ origin: String, _ key: NoteVerifier) throws(NoteError) -> NoteVerifier {
        if let known = verifier, known.name.isBytewiseEqual(to: origin) { return known }
        let named = try key.named(origin)
        verifier = named
        return named
    }

    /// Returns whether the checkpoint is the newest plain one of its segment.
    @discardableResult
    private mutating func add(_ checkpoint: Checkpoint, note: SignedNote?) -> Bool {
        let head = SignedHead(size: checkpoint.size, root: checkpoint.root)
        if segments.last?.origin.isBytewiseEqual(to: checkpoint.origin) != true {
            segments.append(Segment(origin: checkpoint.origin, first: head, largest: head, plain: nil, count: 0))
            unproven = []
        }
        let last = segments.count - 1
        segments[last].count += 1
        segments[last].sizes.insert(head.size)
        if head.size > segments[last].largest.size { segments[last].largest = head }
        unproven.append(head)
        guard checkpoint.extensions.isEmpty, head.size >= segments[last].plainSize else { return false }
        segments[last].plainSize = head.size
        if let note { segments[last].plain = (head.size, note) }
        return true
    }

    /// What the key can vouch for now: all heads are proven.
    var vouched: VouchedHeads? {
        unproven.isEmpty && length > 0 ? VouchedHeads(length: length, digest: Digest32(Array(digest.finalize()))) : nil
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
