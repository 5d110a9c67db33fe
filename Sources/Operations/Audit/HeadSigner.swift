import BlockingThreads
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import Synchronization

/// Signs this ledger's heads, each only after proof that it continues all heads signed before.
///
/// A process reads the file of signed heads once and remembers its proof that the largest head continues all others.
/// From then on it reads only records that other processes add, and proves that the log continues those and the largest
/// head. If the file was replaced, it is read from the start. Waits for files happen on a separate thread, never on a
/// connection.
final class HeadSigner: Sendable {
    /// The open file with its contents. Other programs wait for the file while this lives.
    struct Opened: Sendable {
        let key: NoteSigner
        let file: CheckpointFile
        var history: SignedHistory
    }

    /// A process's knowledge of the file, and the file's stamp at the time.
    private struct Known: Sendable {
        let publicKey: [UInt8]
        var stamp: CheckpointFile.Stamp
        var history: SignedHistory
    }

    /// After so many new bytes of signed heads the key vouches for them, so that the next process need not check them all.
    private static let vouchedBytes: Int64 = 256 << 10
    /// A larger number of heads is proven on a separate connection.
    private static let fewHeads = 256

    /// A signer that died holds its lease for so long; others wait twice as long for it.
    private static let leaseSeconds = 5.0

    let keyFile: SigningKeyFile
    private let pool: PostgresPool
    /// Identifies this process among all that share the database.
    let owner: String
    private let known = Mutex<Known?>(nil)
    private let shared = Mutex<SharedWork<SignedNote>?>(nil)
    private let reading = Mutex<SharedWork<SignedLog?>?>(nil)

    init(_ keyFile: SigningKeyFile, _ pool: PostgresPool, owner: String) {
        self.keyFile = keyFile
        self.pool = pool
        self.owner = owner
    }

    /// The signed head. Concurrent callers share one.
    func signed() async throws -> SignedNote {
        let work = shared.withLock { shared in
            let work =
                shared
                ?? SharedWork { [weak self] in
                    guard let self else { throw CancellationError() }
                    return try await signHead()
                }
            shared = work
            return work
        }
        return try await work.result()
    }

    /// Signs the head if it has moved, unless a head was signed within the last second, here or by another program.
    func follow() async throws {
        if let stamp = CheckpointFile.Stamp(path: keyFile.checkpoints), stamp.isYoungerThanASecond { return }
        _ = try await signed()
    }

    /// What was signed so far, nil before the first head. Constant work while nobody signs.
    func signedLog() async throws -> SignedLog? {
        if let known = known.withLock({ $0 }), CheckpointFile.Stamp(path: keyFile.checkpoints) == known.stamp {
            return SignedLog(known.history)
        }
        let work = reading.withLock { reading in
            let work =
                reading
                ?? SharedWork { [weak self] in
                    guard let self else { throw CancellationError() }
                    return try await onOwnThread { try self.readSignedLog() }
                }
            reading = work
            return work
        }
        return try await work.result()
    }

    private func readSignedLog() throws -> SignedLog? {
        guard let key = try keyFile.read(), let file = try CheckpointFile.open(keyFile.checkpoints, makes: false) else { return nil }
        return SignedLog(try remember(file, key.verifier))
    }

    /// The newest plain note of this ledger of at most a size. Linear in the signed heads.
    func plainNote(of origin: String, atMost size: Int64) async throws -> SignedNote? {
        try await onOwnThread {
            guard let key = try self.keyFile.read(), let file = try CheckpointFile.open(self.keyFile.checkpoints, makes: false)
            else { return nil }
            _ = try self.remember(file, key.verifier)
            var newest: (size: Int64, note: SignedNote)?
            try file.forEachRecord(from: 0) { record, _ in
                let note = try SignedNote(parsing: Array(record))
                let checkpoint = try Checkpoint(parsing: note.text)
                guard checkpoint.origin.isBytewiseEqual(to: origin), checkpoint.extensions.isEmpty, checkpoint.size <= size,
                    checkpoint.size >= newest?.size ?? 0
                else { return }
                newest = (checkpoint.size, note)
            }
            return newest?.note
        }
    }

    /// Throws while a witness has shown that this key signed another history.
    private func requireUnsuspected() throws {
        guard let note = try keyFile.suspectedFork() else { return }
        throw AuditError.forkSuspected(witness: "a witness", signed: (try? Checkpoint(parsing: note.text).label) ?? "an unreadable head")
    }

    private func signHead() async throws -> SignedNote {
        let own = try await pool.run { session in try session.transaction(.snapshot) { try AuditedHead.read(session) } }
        if let note = try await onOwnThread({ try self.unmoved(own) }) { return note }
        return try await sign(at: nil, root: nil, extensions: [])
    }

    /// The newest note. Nil unless it is of the current head and nobody has touched a file since.
    private func unmoved(_ own: AuditedHead) throws -> SignedNote? {
        try requireUnsuspected()
        guard let known = known.withLock({ $0 }), known.publicKey == own.recordedKey,
            let segment = known.history.segments.last, segment.origin.isBytewiseEqual(to: own.origin),
            segment.largest == SignedHead(size: own.head.position, root: own.root), known.history.unproven.isEmpty,
            let plain = segment.plain, plain.size == own.head.position,
            try keyFile.read()?.verifier.publicKey == known.publicKey,
            CheckpointFile.Stamp(path: keyFile.checkpoints) == known.stamp
        else { return nil }
        return plain.note
    }

    /// Signs the tree of the first `size` events: see `Ledger.sign`.
    func sign(at size: Int64?, root: Digest32?, extensions: [String]) async throws -> SignedNote {
        try await onOwnThread { try self.requireUnsuspected() }
        var opened = try await open()
        let history = opened.history
        let (own, checkpoint) = try await onConnection(isLong: history.unproven.count > Self.fewHeads) { session in
            try session.transaction(.snapshot) {
                let own = try AuditedHead.read(session)
                try own.requireContinuation(of: history, session)
                return (own, try own.checkpoint(at: size, root: root, extensions: extensions, session))
            }
        }
        let signer = try opened.key.named(own.origin)
        try own.requireKey(signer.verifier)
        opened.history.proven()
        let lease = try await record(SignedHead(size: checkpoint.size, root: checkpoint.root), own)
        do {
            let isHead = checkpoint.size == own.head.position && extensions.isEmpty
            return try await sign(checkpoint, signer, of: own, opened, lease, isHead: isHead)
        } catch {
            try? await pool.run { session in try lease.giveBack(session) }
            throw error
        }
    }

    /// Signs a head that is recorded, keeps it, and gives the lease back.
    private func sign(
        _ checkpoint: Checkpoint, _ signer: NoteSigner, of own: AuditedHead, _ opened: Opened, _ lease: WorkLease, isHead: Bool
    ) async throws -> SignedNote {
        let note = try checkpoint.signed(by: signer)
        // The head's plain note is either the last one of its size or new. Any other note can be anywhere in the file.
        _ = try await onOwnThread { try self.keep(note, in: opened, isHead: isHead) }
        // The key is recorded after the head is kept. A recorded key without a kept head therefore always means a lost
        // head.
        try await pool.run { session in
            try session.durableTransaction {
                try AuditedHead.recordKey(signer.verifier, for: own.head.ledgerID, session)
                try lease.giveBack(session)
            }
        }
        return note
    }

    /// Returns when the head is recorded, and with it all events below are on disk and on the synchronous standbys. Waits for another
    /// process that signs.
    ///
    /// The events of an append whose wait for a standby was cut short are visible like all others, although a failover can lose them. The
    /// commit of the record comes after them, and waits for them.
    private func record(_ signed: SignedHead, _ own: AuditedHead) async throws -> WorkLease {
        let deadline = ContinuousClock.now + .seconds(2 * Self.leaseSeconds)
        while true {
            let lease = try await pool.run { session in
                try session.durableTransaction {
                    try own.record(signed, as: own.head.ledgerID, owner: self.owner, seconds: Self.leaseSeconds, session)
                }
            }
            if let lease { return lease }
            guard ContinuousClock.now < deadline else { throw AuditError.signerBusy }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Runs work on one of the pool's connections. Long work gets a connection of its own.
    private func onConnection<T: Sendable>(
        isLong: Bool, _ work: @Sendable (PostgresSession) throws -> T
    ) async throws -> T {
        if !isLong { return try await pool.run(work) }
        let connection = try await PostgresConnection.open(pool.configuration)
        let result: Result<T, any Error>
        do { result = .success(try await connection.run(work)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    /// The locked file with its contents. Waits for other programs.
    func open() async throws -> Opened {
        try await onOwnThread {
            let key = try self.keyFile.readOrMake()
            guard let file = try CheckpointFile.open(self.keyFile.checkpoints, makes: true) else {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints can't be made")
            }
            return Opened(key: key, file: file, history: try self.remember(file, key.verifier))
        }
    }

    /// The contents of the locked file, of which only what is new is read.
    private func remember(_ file: CheckpointFile, _ key: NoteVerifier) throws -> SignedHistory {
        let stamp = try file.stamp()
        var history = try start(key, file, stamp)
        if history.length != stamp.bytes {
            try history.read(file, key, vouched: history.length == 0 ? keyFile.vouchedHeads(of: key) : nil)
            // The program that wrote the file may have died before it was on disk.
            try file.synchronize()
        }
        known.withLock { $0 = Known(publicKey: key.publicKey, stamp: stamp, history: history) }
        return history
    }

    /// The part of the known history that the file still starts with. Empty if the file was replaced or changed.
    private func start(_ key: NoteVerifier, _ file: CheckpointFile, _ stamp: CheckpointFile.Stamp) throws -> SignedHistory {
        guard let known = known.withLock({ $0 }), known.publicKey == key.publicKey else { return SignedHistory() }
        if stamp == known.stamp { return known.history }
        let last = known.history.lastRecord
        if stamp.isSameFile(as: known.stamp), stamp.bytes > known.stamp.bytes,
            try file.bytes(from: known.history.length - Int64(last.count), count: last.count) == last
        {
            return known.history
        }
        return SignedHistory(replacing: known.history)
    }

    /// Ensures that a note is on disk, once. Ed25519 always gives the same signature.
    private func keep(_ note: SignedNote, in opened: Opened, isHead: Bool) throws -> Opened {
        var opened = opened
        let isKept = opened.history.segments.last?.plain?.note == note
        if try !isKept && (isHead || !opened.file.contains(note)) {
            _ = try opened.file.append(note, at: opened.history.length)
            try opened.history.read(opened.file, opened.key.verifier)
            opened.history.proven()
        }
        if opened.history.length >= opened.history.vouchedLength + Self.vouchedBytes, let heads = opened.history.vouched {
            // Without the note the next process checks everything, so a failure to write it is none of this head.
            try? keyFile.vouch(for: heads, opened.key)
            opened.history.vouchedLength = heads.length
        }
        let known = Known(publicKey: opened.key.verifier.publicKey, stamp: try opened.file.stamp(), history: opened.history)
        self.known.withLock { $0 = known }
        return opened
    }
}
