import Postgres
public import PostgresStore
public import SignedNotes
public import Values

extension Ledger {
    /// Signs the head, after proving that it continues every head signed before; the same note again where the
    /// head has not moved. Throws `AuditError`.
    ///
    /// Constant work for each call, however many heads were signed; the first one of a process reads them all.
    public func signCheckpoint() async throws -> SignedNote { try await heads.signed() }

    /// Signs the tree of the first events, at any size up to the head's, after the same proofs. Linear in the signed heads.
    ///
    /// - Parameters:
    ///   - size: nil for the head's.
    ///   - root: of the tree at `size`, as it was recomputed from the events; the stored nodes must agree.
    ///   - extensions: what else the signature vouches for.
    func sign(at size: Int64?, root: Digest32? = nil, extensions: [String] = []) async throws -> SignedNote {
        try await heads.sign(at: size, root: root, extensions: extensions)
    }

    /// The key that this ledger's checkpoints are verified with; made where there is none, with a first signed head.
    public func verifierKey() async throws -> NoteVerifier {
        let own = try await pool.run { session in try session.transaction(.snapshot) { try AuditedHead.read(session) } }
        if own.recordedKey == nil { _ = try await heads.signed() }
        let keyFile = heads.keyFile
        let verifier = try await onOwnThread { try keyFile.readOrMake().named(own.origin).verifier }
        try own.requireKey(verifier)
        return verifier
    }

    /// Gives the ledger a new id after a deliberate restore, and signs its head under it. Refused where the
    /// database continues every signed head with the recorded key.
    public func acknowledgeFork() async throws -> SignedNote {
        let newID = newID()
        let opened = try await heads.open()
        return try await pool.run { session in
            return try session.durableTransaction {
                _ = try session.execute("SELECT position FROM ledger.head FOR UPDATE")
                let old = try AuditedHead.read(session)
                do {
                    try old.requireContinuation(of: opened.history, session)
                    if (old.recordedKey ?? opened.key.verifier.publicKey) == opened.key.verifier.publicKey {
                        throw AuditError.nothingToAcknowledge
                    }
                } catch AuditError.forkDetected {}
                _ = try session.execute("SELECT ledger.start_fork($1)", [.uuid(newID.high, newID.low)])
                let signer = try opened.key.named(AuditedHead.origin(newID))
                try AuditedHead.recordKey(signer.verifier, for: newID, session)
                let note = try Checkpoint(origin: signer.verifier.name, size: old.head.position, root: old.root)
                    .signed(by: signer)
                // Before the commit: a crash between the two leaves a ledger that refuses to sign until it is
                // acknowledged again, never one that signs over an old head.
                _ = try opened.file.append(note, at: opened.history.length)
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
}
