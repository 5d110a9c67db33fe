import MerkleLog
import Postgres
import PostgresStore
import SignedNotes
import Values

/// A ledger's head, as it is compared with signed ones.
struct AuditedHead {
    let head: LogHead
    let root: Digest32
    /// The public key that the database recorded first.
    let recordedKey: [UInt8]?

    var origin: String { Self.origin(head.ledgerID) }
    var checkpoint: Checkpoint {
        get throws { try Checkpoint(origin: origin, size: head.position, root: root) }
    }

    static func origin(_ id: UniqueID) -> String { "alpha-ledger/\(id)" }

    static func read(_ session: PostgresSession) throws -> AuditedHead {
        let head = try LogReader().head(session)
        let key = try session.execute(
            "SELECT public_key FROM ledger.signing_keys WHERE ledger_id = $1",
            [.uuid(head.ledgerID.high, head.ledgerID.low)])
        return AuditedHead(
            head: head, root: try LogReader().root(at: head.position, session),
            recordedKey: try key.first.map { try $0.bytea(0) })
    }

    /// The checkpoint of the first `size` events, whose tree is proven to be part of the head's.
    func checkpoint(
        at size: Int64?, root expected: Digest32?, extensions: [String], _ session: PostgresSession
    ) throws -> Checkpoint {
        let size = size ?? head.position
        let proof = try LogProofs().consistency(from: size, to: head.position, session)
        let isContinued = verifyConsistency(
            from: size, to: head.position, oldRoot: expected ?? proof.fromRoot, newRoot: root, path: proof.path)
        guard isContinued else {
            throw LedgerError.corrupt(position: size, problem: "the stored tree nodes are not those of the events")
        }
        return try Checkpoint(origin: origin, size: size, root: expected ?? proof.fromRoot, extensions: extensions)
    }

    /// Throws unless the log continues each of the checkpoints, proven from the stored nodes.
    func requireContinuation(of checkpoints: [Checkpoint], _ session: PostgresSession) throws {
        let own = try checkpoint
        func fork(_ signed: Checkpoint) -> AuditError { .forkDetected(signed: signed.label, found: own.label) }
        if let foreign = checkpoints.first(where: { Array($0.origin.utf8) != Array(origin.utf8) }) { throw fork(foreign) }
        if let largest = checkpoints.max(by: { $0.size < $1.size }), largest.size > own.size { throw fork(largest) }
        // A statement for some hundreds of them, so that neither its parameters nor their number grow without bound.
        for start in stride(from: 0, to: checkpoints.count, by: 256) {
            let some = checkpoints[start..<min(start + 256, checkpoints.count)]
            let proofs = try LogProofs().consistencies(from: some.map(\.size), to: own.size, session)
            for (signed, proof) in zip(some, proofs) {
                let isContinued = verifyConsistency(
                    from: signed.size, to: own.size, oldRoot: signed.root, newRoot: root, path: proof.path)
                if !isContinued { throw fork(signed) }
            }
        }
    }
}

extension Checkpoint {
    /// How an error names a head.
    var label: String { "\(origin) at size \(size) with root \(root)" }
}

/// The checkpoints that count: those of the ledger that was signed for last. Every signature is checked.
func signedCheckpoints(_ notes: [SignedNote], _ key: NoteSigner) throws -> [Checkpoint] {
    var checkpoints: [Checkpoint] = []
    var verifier: NoteVerifier?
    for note in notes {
        do {
            let checkpoint = try Checkpoint(parsing: note.text)
            if verifier?.name != checkpoint.origin {
                // A fork was acknowledged here: what came before belongs to the ledger that was left.
                verifier = try key.named(checkpoint.origin).verifier
                checkpoints = []
            }
            if let verifier { try note.verify(verifier) }
            checkpoints.append(checkpoint)
        } catch {
            throw AuditError.checkpoint(problem: "the file of signed checkpoints: \(error)")
        }
    }
    return checkpoints
}
