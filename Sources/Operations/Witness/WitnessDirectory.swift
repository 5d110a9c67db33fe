import BlockingThreads
import Glibc
import LedgerEvents
package import LedgerNotes
import LedgerValues
package import LedgerWitness
import Synchronization

/// What a witness answers to a request.
package struct WitnessAnswer: Sendable, Equatable {
    package let status: Int
    package let contentType: String
    package let body: [UInt8]

    package init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static func text(_ status: Int, _ body: String) -> WitnessAnswer {
        WitnessAnswer(status: status, contentType: "text/plain; charset=utf-8", body: Array(body.utf8))
    }
}

/// A witness: its key, its state and its lock, in one directory.
///
/// A checkpoint is cosigned only after it is on disk as the last one of its log. Comparing, writing and signing are one critical
/// section. Calls block: see ``add(_:)`` for one that does not.
package final class WitnessDirectory: Sendable {
    /// The moments at which a program can be killed.
    package enum Step: Sendable, CaseIterable {
        case beforeWriting, afterWriting, afterSigning
    }

    package var verifier: CosignatureVerifier { key.verifier }
    private let path: String
    private let key: Cosigner
    private let core: WitnessCore
    private let state: Mutex<WitnessState>
    private let lock: Int32
    private let clock: @Sendable () -> UInt64
    private let step: @Sendable (Step) throws -> Void

    private static func keyFile(_ path: String) -> PrivateFile { PrivateFile(path + "/witness.key", "the witness's key file") }
    private static func stateFile(_ path: String) -> PrivateFile { PrivateFile(path + "/cosigned", "the witness's state") }

    /// Makes a new witness in a directory that is empty or does not exist, with a key of its own.
    ///
    /// - Parameter name: the key's name; nil for one that is made from the key.
    package static func initialize(_ path: String, name: String?) throws -> CosignatureVerifier {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw WitnessError.file(problem: "\(path) can't be made: \(String(cString: strerror(errno)))")
        }
        synchronizeDirectory(of: path)
        let lock = try Self.lock(path)
        defer { close(lock) }
        guard try keyFile(path).read(atMost: 4096) == nil, try stateFile(path).read(atMost: 1 << 26) == nil else {
            throw WitnessError.alreadyInitialized(path: path)
        }
        var key = try Cosigner.generate(name: name ?? "witness")
        if name == nil {
            key = try key.named(
                "witness-\(key.verifier.publicKey.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())")
        }
        // The state comes first: a key without a state is a witness that has lost it.
        try stateFile(path).make(WitnessState().bytes(key.verifier))
        try keyFile(path).make(Array("\(key.skey)\n".utf8))
        return key.verifier
    }

    /// Opens a witness. Throws `WitnessError`, and never takes a missing or damaged state for an empty one.
    ///
    /// - Parameters:
    ///   - path: the directory, which no other program may have open.
    ///   - policy: names the logs that are witnessed.
    ///   - clock: seconds since 1970.
    ///   - step: is told of each step; an error ends the request there, as a kill would.
    package init(
        _ path: String, _ policy: WitnessPolicy, clock: @escaping @Sendable () -> UInt64 = WitnessDirectory.systemClock,
        step: @escaping @Sendable (Step) throws -> Void = { _ in }
    ) throws {
        let lock = try Self.lock(path)
        do {
            guard let line = try Self.keyFile(path).read(atMost: 4096) else {
                let isEmpty = try Self.stateFile(path).read(atMost: 1 << 26) == nil
                throw isEmpty ? WitnessError.notInitialized(path: path) : .state(problem: "\(path) has a state without a key")
            }
            guard line.last == 0x0a, let text = String(validating: line.dropLast(), as: UTF8.self), let key = try? Cosigner(skey: text)
            else {
                throw WitnessError.state(problem: "\(path)/witness.key does not hold a witness's key")
            }
            guard let bytes = try Self.stateFile(path).read(atMost: 1 << 26) else {
                throw WitnessError.state(problem: "\(path) has a key without a state")
            }
            if policy.logs.contains(where: { $0.verifier.publicKey == key.verifier.publicKey }) { throw WitnessError.logKey }
            self.key = key
            state = Mutex(try WitnessState(parsing: bytes, key.verifier))
        } catch {
            close(lock)
            throw error
        }
        self.path = path
        self.lock = lock
        self.clock = clock
        self.step = step
        core = WitnessCore(policy)
    }

    deinit { close(lock) }

    package static let systemClock: @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }

    private static func lock(_ path: String) throws(WitnessError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .notInitialized(path: path) }
            throw .file(problem: "\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        // A program that another thread starts at this moment holds the descriptor of an earlier lock until it is executed.
        for attempt in 0..<10 {
            if attempt > 0 { usleep(50_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        }
        close(descriptor)
        throw .inUse(path: path)
    }

    /// Answers `add-checkpoint`, on a thread that may wait for the disk.
    package func add(_ body: [UInt8]) async throws -> WitnessAnswer { try await onOwnThread { try self.answer(body) } }

    /// Answers `add-checkpoint`. An error means that nothing may be answered.
    package func answer(_ body: [UInt8]) throws -> WitnessAnswer {
        guard let request = AddCheckpoint(parsing: body) else {
            return .text(400, "expected old size, proof, an empty line and a checkpoint\n")
        }
        let origin = request.checkpoint.origin
        return try state.withLock { state in
            let last = state.head(of: origin, key.verifier)
            switch core.judge(request, after: last) {
            case .unknownOrigin: return .text(404, "the log is not witnessed here\n")
            case .forbidden: return .text(403, "no key of the log signed the checkpoint, or a line that names one does not verify\n")
            case .malformed:
                return .text(400, "expected `old N`, at most \(AddCheckpoint.maximumHashes) hashes, and a checkpoint of N or more leaves\n")
            case .conflict(let size):
                return WitnessAnswer(status: 409, contentType: "text/x.tlog.size", body: Array("\(size)\n".utf8))
            case .inconsistent: return .text(422, "the checkpoint does not continue the one that was cosigned last\n")
            case .cosign: break
            }
            let line = try key.cosign(request.note, at: WitnessCore.time(clock: clock(), after: last))
            var next = state
            // Signatures of others are not this witness's to keep.
            next.keep(request.note.keeping { core.isTrusted($0, origin) }.adding([line]), of: origin)
            try step(.beforeWriting)
            try Self.stateFile(path).replace(by: next.bytes(key.verifier))
            state = next
            try step(.afterWriting)
            let lines = SignedNote.lines([line])
            try step(.afterSigning)
            return WitnessAnswer(status: 200, contentType: "text/plain; charset=utf-8", body: lines)
        }
    }

    /// The checkpoint of a log that was cosigned last, by the hexadecimal SHA-256 of the log's origin.
    package func checkpoint(ofHash hash: String) -> SignedNote? {
        state.withLock { state in
            state.notes.first { Digest32(sha256Of: Array($0.key.text.utf8)).description.isBytewiseEqual(to: hash) }?.value
        }
    }
}
