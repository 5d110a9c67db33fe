/// The reason why a head was not signed, or why it does not agree with earlier signed heads.
package enum AuditError: Error, Equatable, CustomStringConvertible {
    /// The key file is unusable.
    case keyFile(problem: String)
    /// The database recorded another public key first.
    case keyMismatch(recorded: String, own: String)
    /// The database does not continue a signed head.
    case forkDetected(signed: String, found: String)
    /// A witness showed a head with this key's signature that the log does not continue.
    case forkSuspected(witness: String, signed: String)
    /// The file of signed checkpoints, or a given checkpoint, is not credible.
    case checkpoint(problem: String)
    /// `audit fork` was called although the database agrees with every signed head.
    case nothingToAcknowledge
    /// Heads were signed or a key was recorded, but the key file is missing.
    case keyFileMissing(problem: String)
    /// A key was recorded for this ledger, but none of the heads that it signed are kept.
    case signedHeadsMissing(problem: String)
    /// `ledger.signing_keys` contradicts the signed heads.
    case keyRecords(problem: String)
    /// `ledger.forks` contradicts the signed heads, or is not a chain that ends in this ledger.
    case forkRecords(problem: String)
    /// `ledger.signed_heads` has a head of a ledger that this one does not continue.
    case headRecords(problem: String)
    /// Another process signs, and does not come to an end.
    case signerBusy

    /// The record of an earlier audit cannot be read or written, or belongs to another ledger.
    case record(problem: String)

    /// A stable name for programs.
    package var code: String {
        switch self {
        case .keyFile: "key_file"
        case .keyMismatch: "key_mismatch"
        case .forkDetected: "fork_detected"
        case .forkSuspected: "fork_suspected"
        case .checkpoint: "bad_checkpoint"
        case .nothingToAcknowledge: "nothing_to_acknowledge"
        case .keyFileMissing: "key_file_missing"
        case .signedHeadsMissing: "signed_heads_missing"
        case .keyRecords: "key_records"
        case .forkRecords: "fork_records"
        case .headRecords: "head_records"
        case .signerBusy: "signer_busy"
        case .record: "audit_record"
        }
    }

    /// Exit code of the commands that sign (docs/contract/proofs.md, "Signing").
    package var exitCode: Int32 {
        switch self {
        case .keyFile, .record: 2
        case .checkpoint, .keyFileMissing, .signedHeadsMissing, .keyRecords, .forkRecords, .headRecords: 1
        case .keyMismatch, .forkDetected, .forkSuspected, .nothingToAcknowledge, .signerBusy: 3
        }
    }

    package var description: String {
        switch self {
        case .keyFile(let problem), .record(let problem): problem
        case .keyFileMissing(let problem), .signedHeadsMissing(let problem), .keyRecords(let problem), .forkRecords(let problem),
            .headRecords(let problem):
            "\(code): \(problem)"
        case .keyMismatch(let recorded, let own):
            "key_mismatch: the database recorded the public key \(recorded) for this ledger, the key file has \(own); put the old key file back"
        case .forkDetected(let signed, let found):
            "fork_detected: signed was \(signed), the database has \(found), which does not continue it; after a deliberate restore run `alpha-ledger audit fork --acknowledge`"
        case .forkSuspected(let witness, let signed):
            "fork_suspected: \(witness) has a head with this ledger's signature that its log does not continue: \(signed). Nothing is signed until that is understood; after a deliberate restore run `alpha-ledger audit fork --acknowledge`"
        case .checkpoint(let problem): "bad_checkpoint: \(problem)"
        case .signerBusy: "signer_busy: another process holds the lease of the signer; try again"
        case .nothingToAcknowledge: "the database agrees with every signed head: there is no fork to acknowledge"
        }
    }
}
