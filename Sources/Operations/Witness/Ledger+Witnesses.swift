package import LedgerNotes
import LedgerStore
import LedgerValues
import LedgerWitness
import Logging

/// A head that was signed, and who cosigned it.
package struct WitnessedCheckpoint: Sendable {
    /// With the cosignatures that are known.
    package let note: SignedNote
    /// Nil if the quorum holds, or none is asked for; otherwise who is missing, and why.
    package let missing: String?
}

extension Ledger {
    /// Throws `PolicyError` or `SettingProblem` if the witness policy can't be used for this ledger.
    package func requireWitnessPolicy() async throws {
        guard let witnesses else { return }
        try witnesses.require(try await verifierKey())
    }

    /// Signs the head, and asks every witness of the policy once.
    package func signWitnessedCheckpoint() async throws -> WitnessedCheckpoint {
        let note = try await signCheckpoint()
        guard let witnesses else { return WitnessedCheckpoint(note: note, missing: nil) }
        try await requireWitnessPolicy()
        let troubles = try await witnesses.askAll(note)
        let checkpoint = try Checkpoint(parsing: note.text)
        let cosigned = try await witnesses.cosigned(of: checkpoint.origin, size: checkpoint.size, root: checkpoint.root) ?? note
        let verdict = try witnesses.policy.judge(cosigned, now: WitnessDirectory.systemClock())
        if verdict.hasQuorum { return WitnessedCheckpoint(note: cosigned, missing: nil) }
        let reasons = verdict.missing.map { name in "\(name)\(troubles[name].map { " (\($0))" } ?? "")" }
        return WitnessedCheckpoint(note: cosigned, missing: redact(reasons.joined(separator: ", ")))
    }

    /// Asks each witness for the newest signed head until cancelled, one request a witness at a time. A trouble is logged once.
    package func askWitnesses() async {
        guard let witnesses else { return }
        await withTaskGroup(of: Void.self) { group in
            for index in witnesses.asked { group.addTask { await self.follow(witnesses, index) } }
        }
    }

    private func follow(_ witnesses: Witnesses, _ index: Int) async {
        let name = witnesses.policy.witnesses[index].name
        var told: String?
        var pause = 1
        while !Task.isCancelled {
            var problem: String?
            do {
                if let note = try await heads.signedLog()?.plain,
                    try await !witnesses.hasCosigned(index, try Checkpoint(parsing: note.text))
                {
                    problem = try await witnesses.ask(index, note)?.description
                }
            } catch {
                problem = "\(error)"
            }
            if Task.isCancelled { return }
            if let problem, problem != told {
                logger.warning("a witness is not counted", metadata: ["witness": "\(name)", "reason": "\(redact(problem))"])
            }
            told = problem
            // Who fails is asked less often, up to once a minute.
            pause = problem == nil ? 1 : min(60, pause * 2)
            try? await Task.sleep(for: .seconds(pause))
        }
    }
}
