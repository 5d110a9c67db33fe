import MerkleLog
import Postgres
public import PostgresStore
public import SignedNotes
public import Values

extension Ledger {
    /// Signs the head, after proving that it continues every head signed before; the same note again where the
    /// head has not moved. Throws `AuditError`.
    public func signCheckpoint() async throws -> SignedNote { try await sign(at: nil) }

    /// Signs the tree of the first events, at any size up to the head's, after the same proofs.
    ///
    /// - Parameters:
    ///   - size: nil for the head's.
    ///   - root: of the tree at `size`, as it was recomputed from the events; the stored nodes must agree.
    ///   - extensions: what else the signature vouches for.
    func sign(at size: Int64?, root: Digest32? = nil, extensions: [String] = []) async throws -> SignedNote {
        let keyFile = SigningKeyFile(settings)
        return try await pool.run { session in
            let key = try keyFile.readOrMake()
            guard var file = try CheckpointFile.open(keyFile.checkpoints, makes: true) else {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints can't be made")
            }
            let signed = try signedCheckpoints(file.notes, key)
            let (own, checkpoint) = try session.transaction(.snapshot) {
                let own = try AuditedHead.read(session)
                try own.requireContinuation(of: signed, session)
                return (own, try own.checkpoint(at: size, root: root, extensions: extensions, session))
            }
            let signer = try key.named(own.origin)
            try Self.record(signer.verifier, for: own.head.ledgerID, session)
            let note = try checkpoint.signed(by: signer)
            // Ed25519 gives the same signature again: there is nothing new to keep.
            if !file.notes.contains(note) { try file.append(note) }
            return note
        }
    }

    /// The key that this ledger's checkpoints are verified with; made and recorded where there is none.
    public func verifierKey() async throws -> NoteVerifier {
        let keyFile = SigningKeyFile(settings)
        return try await pool.run { session in
            let id = try LogReader().head(session).ledgerID
            let verifier = try keyFile.readOrMake().named(AuditedHead.origin(id)).verifier
            try Self.record(verifier, for: id, session)
            return verifier
        }
    }

    /// Proves the log consistent with every checkpoint of the file beside the key and with others' that are handed
    /// in; returns how many those were. Stored tree nodes are believed: `LogVerifier` goes first.
    public func verifyCheckpoints(others: [[UInt8]] = []) async throws -> Int {
        let keyFile = SigningKeyFile(settings)
        return try await pool.run { session in
            let key = try keyFile.read()
            var notes: [SignedNote] = []
            if let file = try CheckpointFile.open(keyFile.checkpoints, makes: false) { notes = file.notes }
            if key == nil, !notes.isEmpty {
                throw AuditError.keyFile(problem: "there are signed checkpoints, but their key file \(keyFile.path) is missing")
            }
            return try session.transaction(.snapshot) {
                let own = try AuditedHead.read(session)
                var checkpoints = try key.map { try signedCheckpoints(notes, $0) } ?? []
                let ownKey = try key?.named(own.origin).verifier
                if let ownKey, let recorded = own.recordedKey, recorded != ownKey.publicKey {
                    throw AuditError.keyMismatch(
                        recorded: try NoteVerifier(name: own.origin, publicKey: recorded).vkey, own: ownKey.vkey)
                }
                for bytes in others {
                    do {
                        let note = try SignedNote(parsing: bytes)
                        let checkpoint = try Checkpoint(parsing: note.text)
                        guard let publicKey = ownKey?.publicKey ?? own.recordedKey else {
                            throw AuditError.checkpoint(problem: "there is no key to verify it with")
                        }
                        try note.verify(try NoteVerifier(name: checkpoint.origin, publicKey: publicKey))
                        checkpoints.append(checkpoint)
                    } catch let error as NoteError {
                        throw AuditError.checkpoint(problem: "\(error)")
                    }
                }
                try own.requireContinuation(of: checkpoints, session)
                return checkpoints.count
            }
        }
    }

    /// Gives the ledger a new id after a deliberate restore, and signs its head under it. Refused where the
    /// database continues every signed head with the recorded key.
    public func acknowledgeFork() async throws -> SignedNote {
        let keyFile = SigningKeyFile(settings)
        let newID = newID()
        return try await pool.run { session in
            let key = try keyFile.readOrMake()
            guard var file = try CheckpointFile.open(keyFile.checkpoints, makes: true) else {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints can't be made")
            }
            let signed = try signedCheckpoints(file.notes, key)
            return try session.transaction {
                _ = try session.execute("SELECT position FROM ledger.head FOR UPDATE")
                let old = try AuditedHead.read(session)
                do {
                    try old.requireContinuation(of: signed, session)
                    if (old.recordedKey ?? key.verifier.publicKey) == key.verifier.publicKey {
                        throw AuditError.nothingToAcknowledge
                    }
                } catch AuditError.forkDetected {}
                _ = try session.execute("SELECT ledger.start_fork($1)", [.uuid(newID.high, newID.low)])
                let signer = try key.named(AuditedHead.origin(newID))
                try Self.insert(signer.verifier, for: newID, session)
                let note = try Checkpoint(origin: signer.verifier.name, size: old.head.position, root: old.root)
                    .signed(by: signer)
                // Before the commit: a crash between the two leaves a ledger that refuses to sign until it is
                // acknowledged again, never one that signs over an old head.
                try file.append(note)
                return note
            }
        }
    }

    /// The proof that an event is in the log; `size` nil: as it is now.
    public func proveInclusion(position: Int64, size: Int64?) async throws -> (proof: InclusionProof, ledgerID: UniqueID) {
        try await pool.run { session in
            try session.transaction(.snapshot) {
                let head = try LogReader().head(session)
                return (
                    try LogProofs().inclusion(position: position, size: size ?? head.position, session), head.ledgerID
                )
            }
        }
    }

    public func proveConsistency(from: Int64, to: Int64) async throws -> (proof: ConsistencyProof, ledgerID: UniqueID) {
        try await pool.run { session in
            try session.transaction(.snapshot) {
                (try LogProofs().consistency(from: from, to: to, session), try LogReader().head(session).ledgerID)
            }
        }
    }

    /// The first public key stays; another is refused.
    private static func record(_ key: NoteVerifier, for id: UniqueID, _ session: PostgresSession) throws {
        try insert(key, for: id, session)
        let recorded = try session.execute(
            "SELECT public_key FROM ledger.signing_keys WHERE ledger_id = $1", [.uuid(id.high, id.low)])[0].bytea(0)
        guard recorded == key.publicKey else {
            throw AuditError.keyMismatch(
                recorded: try NoteVerifier(name: key.name, publicKey: recorded).vkey, own: key.vkey)
        }
    }

    private static func insert(_ key: NoteVerifier, for id: UniqueID, _ session: PostgresSession) throws {
        _ = try session.execute(
            "INSERT INTO ledger.signing_keys (ledger_id, public_key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [.uuid(id.high, id.low), .bytea(key.publicKey)])
    }
}
