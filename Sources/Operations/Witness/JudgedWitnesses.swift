import BlockingThreads
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
package import LedgerWitness

/// What the cosignatures that are kept of a ledger come to.
package struct JudgedWitnesses: Sendable {
    /// The size of the newest checkpoint with cosignatures; nil if nobody cosigned any.
    package let size: Int64?
    /// Nil if nobody cosigned, or no policy says whose keys count.
    package let verdict: WitnessPolicy.Verdict?
    /// Who claims to have cosigned it, where no policy says whose keys count.
    package let unverified: [String]
    /// Why it is not enough; nil if it is, or no policy was given.
    package let problem: String?
}

extension Ledger {
    /// Judges the newest published checkpoint of a policy, or the newest cosigned one if none is. The log must have its tree.
    package func judgeWitnesses(_ policy: WitnessPolicy?) async throws -> JudgedWitnesses {
        let own = try await pool.run { session in try session.transaction(.snapshot) { try AuditedHead.read(session) } }
        let kept = CosignedHeads(heads.keyFile, try policy ?? WitnessPolicy(parsing: Array("quorum none\n".utf8)))
        let contents = try await onOwnThread { try kept.contents(of: own.origin) }
        let isAsked = policy.map { !$0.needsNobody } ?? false
        guard let note = contents.published?.note ?? contents.newest?.note else {
            return JudgedWitnesses(
                size: nil, verdict: nil, unverified: [], problem: isAsked ? "quorum_missing: nobody cosigned a head of this ledger" : nil)
        }
        let checkpoint = try Checkpoint(parsing: note.text)
        let isOurs = try await pool.run { session in
            try checkpoint.size <= own.head.position && LogReader().root(at: checkpoint.size, session) == checkpoint.root
        }
        guard let policy else {
            let names = note.signatures.map(\.name).filter { !$0.isBytewiseEqual(to: checkpoint.origin) }
            return JudgedWitnesses(size: checkpoint.size, verdict: nil, unverified: names, problem: nil)
        }
        let verdict = try policy.judge(note, now: WitnessDirectory.systemClock())
        var problem: String?
        if !isOurs { problem = "fork_detected: witnesses cosigned \(checkpoint.label), which the log does not continue" }
        if verdict.log == nil { problem = "bad_signature: no log of the policy signed the cosigned head" }
        if !verdict.hasQuorum { problem = "quorum_missing: the policy's quorum lacks \(verdict.missing.joined(separator: ", "))" }
        return JudgedWitnesses(size: checkpoint.size, verdict: verdict, unverified: [], problem: problem)
    }
}
