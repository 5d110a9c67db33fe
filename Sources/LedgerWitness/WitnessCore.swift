import LedgerMerkle
public import LedgerNotes
public import LedgerValues

/// What a witness cosigned last of a log.
public struct WitnessedHead: Sendable, Equatable {
    public let size: Int64
    public let root: Digest32
    /// In seconds since 1970.
    public let time: UInt64

    public init(size: Int64, root: Digest32, time: UInt64) {
        self.size = size
        self.root = root
        self.time = time
    }
}

/// A request to cosign a checkpoint (C2SP tlog-witness, `add-checkpoint`).
public struct AddCheckpoint: Sendable {
    /// Nil if the lines before the checkpoint are malformed.
    let proof: (old: Int64, hashes: [Digest32])?
    public let note: SignedNote
    public let checkpoint: Checkpoint

    public static let maximumBytes = 256 << 10
    public static let maximumHashes = 63

    /// Reads a body. Nil if it has no checkpoint, so that nobody can tell whose it is.
    public init?(parsing body: [UInt8]) {
        guard let end = body.indices.dropFirst().first(where: { body[$0] == 0x0a && body[$0 - 1] == 0x0a }),
            let note = try? SignedNote(parsing: Array(body[(end + 1)...])), let checkpoint = try? Checkpoint(parsing: note.text)
        else { return nil }
        self.note = note
        self.checkpoint = checkpoint
        proof = Self.proof(body[..<(end - 1)])
    }

    private static func proof(_ bytes: ArraySlice<UInt8>) -> (old: Int64, hashes: [Digest32])? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("old "), let old = Int64(first.dropFirst(4)), old >= 0,
            "old \(old)".utf8.elementsEqual(first.utf8), lines.count <= 1 + maximumHashes
        else { return nil }
        var hashes: [Digest32] = []
        for line in lines.dropFirst() {
            guard let hash = NoteHash.decode(line) else { return nil }
            hashes.append(hash)
        }
        return (old, hashes)
    }

    /// The body that asks for a cosignature.
    public static func body(old: Int64, _ path: [Digest32], _ note: SignedNote) -> [UInt8] {
        Array((["old \(old)"] + path.map(NoteHash.encode) + [""]).map { $0 + "\n" }.joined().utf8) + note.bytes
    }
}

/// What a witness does with a request, without files, clock or keys: the order of C2SP tlog-witness.
public struct WitnessCore: Sendable {
    /// The logs' keys by their origin.
    private let logs: [ByteKey: [NoteVerifier]]

    public enum Verdict: Sendable, Equatable {
        /// 404: the witness does not know the log.
        case unknownOrigin
        /// 403: no trusted key signed, or a line that names one does not verify.
        case forbidden
        /// 400: the lines before the checkpoint are malformed, or the old size is above the new one.
        case malformed
        /// 409: what the witness cosigned last has another size, this one.
        case conflict(size: Int64)
        /// 422: the checkpoint does not continue what the witness cosigned last.
        case inconsistent
        /// The checkpoint may be cosigned, once it is on disk as the last one of its log.
        case cosign
    }

    /// - Parameter policy: names the logs that are witnessed.
    public init(_ policy: WitnessPolicy) {
        logs = Dictionary(grouping: policy.logs.map(\.verifier)) { ByteKey($0.name) }
    }

    public func knows(_ origin: String) -> Bool { logs[ByteKey(origin)] != nil }

    /// Whether a signature line names one of the keys of a log.
    public func isTrusted(_ line: SignedNote.Signature, _ origin: String) -> Bool {
        logs[ByteKey(origin)]?.contains { $0.keyHash == line.keyHash && $0.name.isBytewiseEqual(to: line.name) } ?? false
    }

    /// Judges a request against what was cosigned last of its log, nil if nothing was.
    public func judge(_ request: AddCheckpoint, after last: WitnessedHead?) -> Verdict {
        guard let keys = logs[ByteKey(request.checkpoint.origin)] else { return .unknownOrigin }
        if !isSigned(request.note, keys) { return .forbidden }
        let checkpoint = request.checkpoint
        guard let (old, hashes) = request.proof, old <= checkpoint.size else { return .malformed }
        guard old == last?.size ?? 0 else { return .conflict(size: last?.size ?? 0) }
        if checkpoint.size == 0, checkpoint.root != MerkleHash.emptyRoot { return .inconsistent }
        let isContinued = verifyConsistency(
            from: old, to: checkpoint.size, oldRoot: last?.root ?? MerkleHash.emptyRoot, newRoot: checkpoint.root, path: hashes)
        return isContinued ? .cosign : .inconsistent
    }

    /// Whether a trusted key signed, and every line that names one verifies.
    private func isSigned(_ note: SignedNote, _ keys: [NoteVerifier]) -> Bool {
        var isSigned = false
        for key in keys {
            let isNamed = note.signatures.contains { $0.keyHash == key.keyHash && $0.name.isBytewiseEqual(to: key.name) }
            if !isNamed { continue }
            guard (try? note.verify(key)) != nil else { return false }
            isSigned = true
        }
        return isSigned
    }

    /// The time of the next cosignature: the clock's, but never before the last one's, and never 0.
    public static func time(clock: UInt64, after last: WitnessedHead?) -> UInt64 { max(1, clock, last?.time ?? 0) }
}
