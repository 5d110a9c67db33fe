import BlockingThreads
import Curl
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import LedgerWitness
import Synchronization

/// The witnesses of this ledger's policy: asks them for cosignatures, never on the way of an append, and knows which checkpoint may be
/// published.
final class Witnesses: Sendable {
    /// Why a witness is not counted at present.
    enum Trouble: Sendable, Equatable, CustomStringConvertible {
        /// It says that it cosigned a larger tree than ours, and shows no note of ours that says so.
        case ahead(size: Int64)
        /// It says that it cosigned a smaller tree than it cosigned before.
        case rolledBack(before: Int64, now: Int64)
        case failed(String)

        var description: String {
            switch self {
            case .ahead(let size): "witness_ahead: it says that it cosigned size \(size), which this log does not have"
            case .rolledBack(let before, let now):
                "witness_rolled_back: it cosigned size \(before) and says \(now) now, as after a restore of its state; it is not asked again until the policy has its new key"
            case .failed(let reason): reason
            }
        }
    }

    let policy: WitnessPolicy
    private let keyFile: SigningKeyFile
    private let heads: CosignedHeads
    private let pool: PostgresPool
    private let transport = CurlTransport(upstream: "witness")
    private let clock: @Sendable () -> UInt64
    private let timeoutSeconds: Double
    private let rolledBack = Mutex<[Int: Trouble]>([:])

    init(
        _ policy: WitnessPolicy, _ keyFile: SigningKeyFile, _ pool: PostgresPool, timeoutSeconds: Double = 10,
        clock: @escaping @Sendable () -> UInt64 = WitnessDirectory.systemClock
    ) {
        self.policy = policy
        self.keyFile = keyFile
        heads = CosignedHeads(keyFile, policy)
        self.pool = pool
        self.timeoutSeconds = timeoutSeconds
        self.clock = clock
    }

    /// Throws unless this ledger's key is a log of the policy, and each address can be asked.
    func require(_ verifier: NoteVerifier) throws {
        try policy.requireLog(verifier)
        for witness in policy.witnesses {
            guard let url = witness.url else { continue }
            do {
                try UpstreamSecurity.check(url)
            } catch {
                throw SettingProblem("ALPHA_LEDGER_WITNESS_POLICY: the address of witness \(witness.name): \(error)")
            }
        }
    }

    /// The checkpoint that may be published: a signed one if no witness is needed, otherwise the newest one with quorum.
    func published(_ signed: SignedNote?, of origin: String) async throws -> SignedNote? {
        let contents = try await onOwnThread { try self.heads.contents(of: origin) }
        guard policy.needsNobody else { return contents.published?.note }
        guard let signed, let newest = contents.newest, let checkpoint = try? Checkpoint(parsing: signed.text),
            checkpoint.size == newest.size, checkpoint.root == newest.root
        else { return signed }
        return signed.adding(newest.note.signatures)
    }

    /// The newest published checkpoint of at most a size; nil if no witness is needed, because all signed ones are published then.
    func published(of origin: String, atMost size: Int64) async throws -> SignedNote? {
        try await onOwnThread { try self.heads.published(of: origin, atMost: size) }
    }

    /// The checkpoint of exactly a tree with its cosignatures; nil if nobody cosigned it.
    func cosigned(of origin: String, size: Int64, root: Digest32) async throws -> SignedNote? {
        try await onOwnThread { try self.heads.published(of: origin, atMost: size, root: root) }
    }

    /// The places of the witnesses that can be asked.
    var asked: [Int] { policy.witnesses.indices.filter { policy.witnesses[$0].url != nil && policy.witnesses[$0].verifier != nil } }

    /// Asks every witness once, in parallel. Returns the troubles by the witnesses' names.
    func askAll(_ note: SignedNote) async throws -> [String: Trouble] {
        try await withThrowingTaskGroup(of: (Int, Trouble?).self) { group in
            for index in asked { group.addTask { (index, try await self.ask(index, note)) } }
            var troubles: [String: Trouble] = [:]
            for try await (index, trouble) in group { troubles[policy.witnesses[index].name] = trouble }
            return troubles
        }
    }

    /// Whether a witness has cosigned a tree as large as the note's.
    func hasCosigned(_ index: Int, _ checkpoint: Checkpoint) async throws -> Bool {
        let contents = try await onOwnThread { try self.heads.contents(of: checkpoint.origin) }
        return contents.sizes[index] ?? -1 >= checkpoint.size
    }

    /// Asks one witness for a plain, signed head. Nil if it has cosigned and that is kept. Throws `AuditError.forkSuspected`, and
    /// what keeps this program from reading its own log or files.
    func ask(_ index: Int, _ note: SignedNote) async throws -> Trouble? {
        if let trouble = rolledBack.withLock({ $0[index] }) { return trouble }
        let witness = policy.witnesses[index]
        guard let url = witness.url, let verifier = witness.verifier else { return .failed("the policy has no address or no usable key") }
        let client = WitnessClient(url: url, transport, timeoutSeconds: timeoutSeconds)
        let checkpoint = try Checkpoint(parsing: note.text)
        let before = try await onOwnThread { try self.heads.contents(of: checkpoint.origin).sizes[index] }
        var old = min(before ?? 0, checkpoint.size)
        for isAgain in [false, true] {
            let path = try await path(old, checkpoint.size)
            let answer: WitnessClient.Answer
            do {
                answer = try await client.add(note, old: old, path: path)
            } catch let error as CancellationError {
                throw error
            } catch {
                return .failed("\(error)")
            }
            switch answer {
            case .lines(let lines): return try await keep(lines, verifier, note, checkpoint)
            case .conflict(let size):
                let head = try await pool.run { session in try LogReader().head(session).position }
                if size > head { return try await judge(client, checkpoint.origin, verifier, says: size) }
                if let before, size < before {
                    let trouble = Trouble.rolledBack(before: before, now: size)
                    rolledBack.withLock { $0[index] = trouble }
                    return trouble
                }
                // It has more than this note: the next note's turn.
                if isAgain || size > checkpoint.size { return .failed("it cosigned size \(size) meanwhile") }
                old = size
            }
        }
        return nil
    }

    private func path(_ old: Int64, _ size: Int64) async throws -> [Digest32] {
        try await pool.run { session in
            try session.transaction(.snapshot) { try LogProofs().consistency(from: old, to: size, session).path }
        }
    }

    private func keep(
        _ lines: [SignedNote.Signature], _ verifier: CosignatureVerifier, _ note: SignedNote, _ checkpoint: Checkpoint
    ) async throws -> Trouble? {
        let own = lines.filter { $0.keyHash == verifier.keyHash && $0.name.isBytewiseEqual(to: verifier.name) }
        let time: UInt64?
        do {
            time = try verifier.time(in: note.adding(own))
        } catch {
            return .failed("\(error)")
        }
        guard let time else { return .failed("it answered without a cosignature of its key") }
        guard WitnessPolicy.counts(time, now: clock()) else { return .failed("the time of its cosignature, \(time), does not count") }
        _ = try await onOwnThread { try self.heads.keep(own, of: note, checkpoint) }
        return nil
    }

    /// What it means that a witness says it has cosigned more than this log has. Only our own signature proves anything.
    private func judge(
        _ client: WitnessClient, _ origin: String, _ witness: CosignatureVerifier, says size: Int64
    ) async throws -> Trouble {
        guard let note = try? await client.checkpoint(of: origin), let key = try? await onOwnThread({ try self.keyFile.read() }),
            let verifier = try? key.named(origin).verifier, let shown = try? Checkpoint.verified(note, verifier)
        else { return .ahead(size: size) }
        let isContinued = try await pool.run { session in
            try session.transaction(.snapshot) {
                try shown.size <= LogReader().head(session).position && LogReader().root(at: shown.size, session) == shown.root
            }
        }
        if isContinued { return .ahead(size: size) }
        try await onOwnThread { try self.keyFile.suspectFork(note) }
        throw AuditError.forkSuspected(witness: witness.name, signed: shown.label)
    }
}
