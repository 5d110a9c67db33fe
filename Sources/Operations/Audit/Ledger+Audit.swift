import BlockingThreads
import LedgerEvents
package import LedgerNotes
import LedgerPostgres
package import LedgerStore
package import LedgerValues

extension Ledger {
    /// Signs the head after a proof that it continues every head signed before. If the head has not moved, the note
    /// stays the same. Throws `AuditError`.
    ///
    /// Each call does constant work, however many heads were signed. The first call of a process reads them all.
    package func signCheckpoint() async throws -> SignedNote { try await heads.signed() }

    /// Signs the tree of the first events, at any size up to the head's, after the same proofs. Linear in the signed heads.
    ///
    /// - Parameters:
    ///   - size: nil for the head's
    ///   - root: the root at `size`, recomputed from the events; the stored nodes must agree with it
    ///   - extensions: further statements covered by the signature
    func sign(at size: Int64?, root: Digest32? = nil, extensions: [String] = []) async throws -> SignedNote {
        try await heads.sign(at: size, root: root, extensions: extensions)
    }

    /// The key that verifies this ledger's checkpoints. If there is no key yet, it is made, together with a first
    /// signed head.
    package func verifierKey() async throws -> NoteVerifier {
        let own = try await pool.run { session in try session.transaction(.snapshot) { try AuditedHead.read(session) } }
        if own.recordedKey == nil { _ = try await heads.signed() }
        let keyFile = heads.keyFile
        let verifier = try await onOwnThread { try keyFile.readOrMake().named(own.origin).verifier }
        try own.requireKey(verifier)
        return verifier
    }

    /// Gives the ledger a new id after a deliberate restore, and signs its head under this id. Throws if the database
    /// continues every signed head with the recorded key.
    package func acknowledgeFork() async throws -> SignedNote {
        let newID = newID()
        let opened = try await heads.open()
        let keyFile = heads.keyFile
        let isSuspected = try keyFile.suspectedFork() != nil
        let note = try await pool.run { session in
            return try session.durableTransaction {
                try LogReader().lockHead(session)
                let old = try AuditedHead.read(session)
                do {
                    try old.requireContinuation(of: opened.history, session)
                    if !isSuspected, (old.recordedKey ?? opened.key.verifier.publicKey) == opened.key.verifier.publicKey {
                        throw AuditError.nothingToAcknowledge
                    }
                } catch AuditError.forkDetected {}
                try LedgerFork.start(newID, session)
                let signer = try opened.key.named(AuditedHead.origin(newID))
                try AuditedHead.recordKey(signer.verifier, for: newID, session)
                let note = try Checkpoint(origin: signer.verifier.name, size: old.head.position, root: old.root)
                    .signed(by: signer)
                let head = SignedHead(size: old.head.position, root: old.root)
                guard let lease = try old.record(head, as: newID, owner: heads.owner, seconds: 1, session) else {
                    throw AuditError.signerBusy
                }
                try lease.giveBack(session)
                // This comes before the commit. After a crash between the two, the ledger refuses to sign until the
                // fork is acknowledged again; it never signs over an old head.
                _ = try opened.file.append(note, at: opened.history.length)
                return note
            }
        }
        // Whoever suspected the fork knows the old id only.
        keyFile.acknowledgeFork()
        return note
    }

    /// The proof that an event is in the log. A nil `size` means the current size.
    package func proveInclusion(position: Int64, size: Int64?) async throws -> (proof: InclusionProof, ledgerID: UniqueID) {
        try await pool.run { session in
            try session.transaction(.snapshot) {
                let head = try LogReader().head(session)
                return (
                    try LogProofs().inclusion(position: position, size: size ?? head.position, session), head.ledgerID
                )
            }
        }
    }

    package func proveConsistency(from: Int64, to: Int64) async throws -> (proof: ConsistencyProof, ledgerID: UniqueID) {
        try await pool.run { session in
            try session.transaction(.snapshot) {
                (try LogProofs().consistency(from: from, to: to, session), try LogReader().head(session).ledgerID)
            }
        }
    }
}
