import LedgerNotes
import LedgerValues
import LedgerWitness
import Synchronization

/// The checkpoints that witnesses cosigned, in a file beside the signed heads: whole notes, with the log's signature and the
/// cosignatures that were known at the time. A record is on disk before anybody is told of it.
///
/// Opening, reading and writing block: see `onOwnThread`.
final class CosignedHeads: Sendable {
    /// What the file says of one ledger id.
    struct Contents: Sendable {
        let origin: String
        /// The newest note with quorum; nil if there is none.
        var published: (size: Int64, note: SignedNote)?
        /// The newest note.
        var newest: (size: Int64, root: Digest32, note: SignedNote)?
        /// The largest size that each witness cosigned, by its place in the policy.
        var sizes: [Int: Int64] = [:]
        fileprivate var length: Int64 = 0
        fileprivate var stamp: CheckpointFile.Stamp?
    }

    private let path: String
    private let policy: WitnessPolicy
    private let known = Mutex<Contents?>(nil)

    init(_ keyFile: SigningKeyFile, _ policy: WitnessPolicy) {
        path = keyFile.cosignatures
        self.policy = policy
    }

    /// What the file says of a ledger id. Constant work while nobody writes.
    func contents(of origin: String) throws -> Contents {
        let empty = Contents(origin: origin)
        if let known = known.withLock({ $0 }), known.origin.isBytewiseEqual(to: origin), known.stamp == CheckpointFile.Stamp(path: path) {
            return known
        }
        guard let file = try CheckpointFile.open(path, makes: false) else { return empty }
        return try read(file, origin)
    }

    /// Keeps the cosignatures of a note, together with those of other witnesses that are kept of the same tree.
    func keep(_ lines: [SignedNote.Signature], of note: SignedNote, _ checkpoint: Checkpoint) throws -> Contents {
        guard let file = try CheckpointFile.open(path, makes: true) else {
            throw AuditError.checkpoint(problem: "the file of cosignatures \(path) can't be made")
        }
        var contents = try read(file, checkpoint.origin)
        var all = note
        if let newest = contents.newest, newest.size == checkpoint.size, newest.root == checkpoint.root {
            // Of each witness the newest cosignature is enough.
            all = all.adding(
                newest.note.signatures.filter { old in
                    !lines.contains { $0.keyHash == old.keyHash && $0.name.isBytewiseEqual(to: old.name) }
                })
        }
        all = all.adding(lines)
        contents.length = try file.append(all, at: contents.length)
        try add(all, to: &contents)
        contents.stamp = try file.stamp()
        known.withLock { $0 = contents }
        return contents
    }

    /// The newest note with quorum of at most a size, or of exactly this tree. Linear in the file.
    func published(of origin: String, atMost size: Int64, root: Digest32? = nil) throws -> SignedNote? {
        guard let file = try CheckpointFile.open(path, makes: false) else { return nil }
        var found: (size: Int64, note: SignedNote)?
        try file.forEachRecord(from: 0) { record, _ in
            let note = try SignedNote(parsing: Array(record))
            let checkpoint = try Checkpoint(parsing: note.text)
            guard checkpoint.origin.isBytewiseEqual(to: origin), checkpoint.size <= size, checkpoint.size >= found?.size ?? 0 else {
                return
            }
            if let root, checkpoint.size != size || checkpoint.root != root { return }
            if root == nil, try !policy.judge(note, now: UInt64(Int64.max) - 100).isAccepted { return }
            found = (checkpoint.size, note)
        }
        return found?.note
    }

    /// Reads on where the last read stopped; from the start if the file is another one or another ledger is asked for.
    private func read(_ file: CheckpointFile, _ origin: String) throws -> Contents {
        let stamp = try file.stamp()
        var contents = Contents(origin: origin)
        if let known = known.withLock({ $0 }), known.origin.isBytewiseEqual(to: origin), let old = known.stamp, stamp.isSameFile(as: old),
            stamp.bytes >= known.length
        {
            contents = known
        }
        try file.forEachRecord(from: contents.length) { record, end in
            try add(try SignedNote(parsing: Array(record)), to: &contents)
            contents.length = end
        }
        contents.stamp = stamp
        known.withLock { $0 = contents }
        return contents
    }

    private func add(_ note: SignedNote, to contents: inout Contents) throws {
        let checkpoint = try Checkpoint(parsing: note.text)
        guard checkpoint.origin.isBytewiseEqual(to: contents.origin) else { return }
        // Times were judged when the lines came; a clock that was put back does not take them away.
        let now = UInt64(Int64.max) - WitnessPolicy.toleranceSeconds
        for (index, witness) in policy.witnesses.enumerated() {
            guard try witness.verifier?.time(in: note) != nil else { continue }
            contents.sizes[index] = max(contents.sizes[index] ?? 0, checkpoint.size)
        }
        if checkpoint.size >= contents.newest?.size ?? 0 {
            contents.newest = (checkpoint.size, checkpoint.root, note)
        }
        if checkpoint.size >= contents.published?.size ?? 0, try policy.judge(note, now: now).isAccepted {
            contents.published = (checkpoint.size, note)
        }
    }
}
