import BlockingThreads
import LedgerEvents
import LedgerNotes
package import LedgerPostgres
import LedgerStore
import LedgerValues

/// A check that a verification may skip if told to by name.
package enum AuditWaiver: String, Sendable, CaseIterable {
    /// The key file or the signed heads are kept elsewhere.
    case signedHeads = "signed-heads"
}

/// The result of verifying the signed heads.
package struct SignedHeadsReport: Sendable, Equatable {
    /// The number of heads that the log was proven to continue, including the given ones.
    package let count: Int
    /// The failures to check that were waived.
    package let waived: [AuditError]
}

/// The contents of the key file and of the file of signed heads. They must be read before the snapshot in which they
/// are verified, because a head signed later may be above the snapshot.
package struct KeptHeads: Sendable {
    let keyFile: SigningKeyFile
    let key: NoteSigner?
    /// Nil if the file does not exist.
    let history: SignedHistory?
    /// Whether heads are kept whose signatures cannot be checked without the key file.
    let areUnread: Bool
}

extension Ledger {
    /// Reads the files kept beside the database and checks every signature. Throws `AuditError`.
    package func keptHeads() async throws -> KeptHeads {
        let keyFile = heads.keyFile
        return try await onOwnThread {
            let key = try keyFile.read()
            guard let file = try CheckpointFile.open(keyFile.checkpoints, makes: false) else {
                return KeptHeads(keyFile: keyFile, key: key, history: nil, areUnread: false)
            }
            let bytes = try file.stamp().bytes
            guard let key else { return KeptHeads(keyFile: keyFile, key: nil, history: nil, areUnread: bytes > 0) }
            var history = SignedHistory()
            try history.read(file, key.verifier)
            guard history.length == bytes else {
                throw AuditError.checkpoint(
                    problem:
                        "the file of signed checkpoints ends in the middle of one, after \(history.count) of them: it was cut off, or a program died while it signed; `alpha-ledger audit checkpoint` signs again"
                )
            }
            return KeptHeads(keyFile: keyFile, key: key, history: history, areUnread: false)
        }
    }

    /// Proves the log consistent with every checkpoint in the file beside the key, and with given checkpoints of
    /// others. Stored tree nodes are trusted, so `LogVerifier` must run first. Throws `AuditError`.
    package func verifyCheckpoints(
        others: [[UInt8]] = [], waiving waivers: Set<AuditWaiver> = []
    ) async throws -> SignedHeadsReport {
        let kept = try await keptHeads()
        return try await pool.run { session in
            try session.transaction(.snapshot) {
                try self.verifyCheckpoints(kept, others: others, waiving: waivers, session)
            }
        }
    }

    /// Verifies within a transaction whose snapshot was taken after `kept` was read.
    ///
    /// It also compares `ledger.signing_keys` and `ledger.forks` with the kept heads, and the log with `ledger.signed_heads`.
    package func verifyCheckpoints(
        _ kept: KeptHeads, others: [[UInt8]] = [], waiving waivers: Set<AuditWaiver> = [], _ session: PostgresSession
    ) throws -> SignedHeadsReport {
        let own = try AuditedHead.read(session)
        let records = try SigningRecords.read(own.head.ledgerID, session)
        var waived: [AuditError] = []
        if let fault = Self.missing(kept, own) {
            guard waivers.contains(.signedHeads) else { throw fault }
            waived.append(fault)
        }
        if let history = kept.history { try own.requireContinuation(of: history, session) }
        let ownKey = try kept.key?.named(own.origin).verifier
        if let ownKey { try own.requireKey(ownKey) }
        let handedIn = try others.map { try Self.checkpoint($0, publicKey: ownKey?.publicKey ?? own.recordedKey) }
        try own.requireContinuation(of: handedIn, session)
        try records.check(kept.history, key: kept.key?.verifier.publicKey)
        try own.requireContinuation(of: records.heads, chain: Set(records.chain()), session)
        return SignedHeadsReport(count: (kept.history?.segments.last?.count ?? 0) + handedIn.count, waived: waived)
    }

    /// The file that should be kept beside this database but is missing.
    private static func missing(_ kept: KeptHeads, _ own: AuditedHead) -> AuditError? {
        if kept.key == nil, kept.areUnread {
            return .keyFileMissing(problem: "there are signed checkpoints, but their key file \(kept.keyFile.path) is missing")
        }
        guard let recorded = own.recordedKey else { return nil }
        guard let key = kept.key else {
            return .keyFileMissing(
                problem:
                    "the database recorded a key for this ledger, but the key file \(kept.keyFile.path) is missing: no head that it signed can be checked"
            )
        }
        guard kept.history?.segments.isEmpty ?? true, recorded == key.verifier.publicKey else { return nil }
        return .signedHeadsMissing(
            problem:
                "the database recorded the key of \(kept.keyFile.path) for this ledger, but \(kept.keyFile.checkpoints) has no head that it signed: the file was lost, or nothing was signed yet; put it back, or sign with `alpha-ledger audit checkpoint`"
        )
    }

    private static func checkpoint(_ bytes: [UInt8], publicKey: [UInt8]?) throws -> Checkpoint {
        guard let publicKey else { throw AuditError.checkpoint(problem: "there is no key to verify it with") }
        do {
            let note = try SignedNote(parsing: bytes)
            let checkpoint = try Checkpoint(parsing: note.text)
            try note.verify(try NoteVerifier(name: checkpoint.origin, publicKey: publicKey))
            return checkpoint
        } catch {
            throw AuditError.checkpoint(problem: "\(error)")
        }
    }
}
