import LedgerNotes
public import LedgerWitness

/// A policy that a bundle is judged by.
public struct BundlePolicy: Sendable {
    public let policy: WitnessPolicy
    /// The verifier's time in seconds since 1970.
    public let now: UInt64

    public init(_ policy: WitnessPolicy, now: UInt64) {
        self.policy = policy
        self.now = now
    }

    /// The key of the policy's log of an origin that signed a note. Nil if none did.
    func key(of origin: String, in note: SignedNote?) -> NoteVerifier? {
        let keys = policy.logs.map(\.verifier).filter { Array($0.name.utf8) == Array(origin.utf8) }
        return keys.first { key in note.map { (try? Checkpoint.verified($0, key)) != nil } ?? false } ?? keys.first
    }
}

extension BundleVerifier {
    /// Checks `witnessed`: the plain checkpoint of the bundle's tree with its cosignatures. Without a policy these prove nothing, and are
    /// shown as unverified.
    func checkWitnessed(
        _ manifest: BundleManifest, isPresent: Bool, key: NoteVerifier?, policy: BundlePolicy?, _ report: inout BundleReport
    ) throws {
        let file = BundlePaths.witnessed
        func fault(_ code: BundleFault.Code, _ problem: String) { report.faults.append(BundleFault(code, file: file, problem)) }
        guard isPresent else {
            if let policy, !policy.policy.needsNobody {
                fault(.quorumMissing, "nobody cosigned the bundle's tree: the bundle has no such file")
            }
            return
        }
        let note: SignedNote
        let checkpoint: Checkpoint
        do {
            note = try SignedNote(parsing: try small(file) ?? [])
            checkpoint = try Checkpoint(parsing: note.text)
        } catch let error as NoteError {
            return fault(.badCheckpoint, "\(error)")
        }
        guard Array(checkpoint.origin.utf8) == Array(manifest.origin.utf8), checkpoint.size == manifest.position,
            checkpoint.root == manifest.root,
            checkpoint.extensions.isEmpty
        else { return fault(.badCheckpoint, "it is not the plain checkpoint of the manifest's position and root") }
        if let key {
            do { _ = try Checkpoint.verified(note, key) } catch { return fault(.badSignature, "\(error)") }
        }
        guard let policy else {
            report.unverifiedCosigners = note.signatures.map(\.name).filter { Array($0.utf8) != Array(checkpoint.origin.utf8) }
            return
        }
        do {
            let verdict = try policy.policy.judge(note, now: policy.now)
            report.witnesses = verdict
            if verdict.log == nil { fault(.badSignature, "no log of the policy signed it") }
            if !verdict.hasQuorum { fault(.quorumMissing, "the quorum lacks \(verdict.missing.joined(separator: ", "))") }
        } catch {
            fault(.badSignature, "\(error)")
        }
    }
}
