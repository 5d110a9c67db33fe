import LedgerEvents
public import LedgerNotes
public import LedgerProjections
import LedgerValues

/// Verifies a bundle by itself: no database, no network, and no claim trusted without being recomputed.
///
/// The chain of trust starts with the key, which vouches for the checkpoint. The checkpoint vouches for the root of the
/// log's tree and, by its extension line, for the manifest. The root vouches for every event, whose leaves are
/// recomputed; the manifest vouches for every file. The rows of every view are folded again from the events, by the
/// rule files of the bundle and this program's code.
public struct BundleVerifier {
    /// The largest size of a manifest or rule file; real ones are far smaller. A larger file is refused unread.
    static let maximumSmallFile = 16 << 20

    private let source: any BundleSource
    private let model: LedgerModel
    private let key: NoteVerifier?
    private let policy: BundlePolicy?

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - source: the bundle's files.
    ///   - model: the names, event types and projections of the program, which are those of the exporting one.
    ///   - key: the trusted key; nil if there is none.
    ///   - policy: whose logs are trusted, and whose witnesses have to have cosigned; nil if there is none.
    public init(_ source: any BundleSource, _ model: LedgerModel, key: NoteVerifier?, policy: BundlePolicy? = nil) {
        self.policy = policy
        self.model = model
        self.source = source
        self.key = key
    }

    /// Checks everything. After a fault it continues with every check that is still meaningful.
    ///
    /// Memory: the facts of the views and the streams' names, however many events there are. Rethrows errors of reading.
    ///
    /// - Parameter progress: called from time to time with the number of events read and their total.
    public func verify(progress: (Int64, Int64) -> Void = { _, _ in }) throws -> BundleReport {
        var report = BundleReport()
        let present = Set(try source.paths().map { ByteKey($0) })
        guard let manifest = try manifest(present, &report) else { return report }
        report.ledgerID = manifest.ledgerID
        report.position = manifest.position
        let key = try checkCheckpoint(manifest, present, &report)
        try checkWitnessed(
            manifest, isPresent: present.contains(ByteKey(BundlePaths.witnessed)), key: key, policy: policy, &report)
        guard checkFiles(manifest, present, &report) else { return report }

        let rules = try BundleRules(manifest, model, source)
        report.faults += rules.faults
        var replay = BundleReplay(manifest, model.events, rules.definitions)
        try replay.read(source, progress: progress)
        report.events = replay.events
        report.root = replay.root
        report.faults += replay.faults
        // Rows of an altered log, or rows by other rules, prove nothing.
        guard rules.faults.isEmpty, replay.faults.isEmpty else {
            report.views = manifest.views.map { .init(view: $0, isVerified: false, areRulesRecorded: false) }
            return report
        }
        for (index, view) in manifest.views.enumerated() {
            let (faults, isRecorded) = try replay.compare(view, at: index, source)
            report.faults += faults
            report.views.append(.init(view: view, isVerified: faults.isEmpty, areRulesRecorded: isRecorded))
        }
        return report
    }

    private func manifest(_ present: Set<ByteKey>, _ report: inout BundleReport) throws -> BundleManifest? {
        guard present.contains(ByteKey(BundlePaths.manifest)) else {
            report.faults.append(BundleFault(.fileMissing, file: BundlePaths.manifest, "this is no bundle: it has no manifest"))
            return nil
        }
        guard let bytes = try source.small(BundlePaths.manifest) else {
            report.faults.append(BundleFault(.badManifest, file: BundlePaths.manifest, "it is too long"))
            return nil
        }
        do {
            return try BundleManifest(decoding: bytes, of: model.names)
        } catch {
            report.faults.append(BundleFault(.badManifest, file: BundlePaths.manifest, "\(error)"))
            return nil
        }
    }

    /// Checks the note: it is readable, belongs to this ledger, position, root and manifest, and is signed by the key. Returns the key
    /// that is trusted: the given one, or that of the policy's log.
    private func checkCheckpoint(
        _ manifest: BundleManifest, _ present: Set<ByteKey>, _ report: inout BundleReport
    ) throws -> NoteVerifier? {
        let note =
            present.contains(ByteKey(BundlePaths.checkpoint)) ? try? SignedNote(parsing: try small(BundlePaths.checkpoint) ?? []) : nil
        let key = key ?? policy?.key(of: manifest.origin, in: note)
        try checkCheckpoint(manifest, present, key, &report)
        return key
    }

    private func checkCheckpoint(
        _ manifest: BundleManifest, _ present: Set<ByteKey>, _ key: NoteVerifier?, _ report: inout BundleReport
    ) throws {
        let file = BundlePaths.checkpoint
        func fault(_ code: BundleFault.Code, _ problem: String) { report.faults.append(BundleFault(code, file: file, problem)) }
        if key == nil {
            fault(.signatureUntrusted, "no key was given with --key, nor by a policy: whoever wrote the bundle may have made all of it up")
        }
        guard present.contains(ByteKey(file)) else {
            report.signature = .invalid
            return fault(.fileMissing, "there is no checkpoint")
        }
        let note: SignedNote
        let checkpoint: Checkpoint
        do {
            note = try SignedNote(parsing: try source.small(file) ?? [])
            checkpoint = try Checkpoint(parsing: note.text)
        } catch let error as NoteError {
            report.signature = .invalid
            return fault(.badCheckpoint, "\(error)")
        }
        if let key {
            do {
                _ = try Checkpoint.verified(note, key)
                report.signature = .trusted
            } catch {
                report.signature = .invalid
                fault(.badSignature, "\(error)")
            }
        }
        if Array(checkpoint.origin.utf8) != Array(manifest.origin.utf8) {
            fault(.badCheckpoint, "it is of \(checkpoint.origin), the manifest of \(manifest.origin)")
        } else if checkpoint.size != manifest.position {
            fault(.badCheckpoint, "it is of size \(checkpoint.size), the manifest of position \(manifest.position)")
        } else if checkpoint.root != manifest.root {
            fault(.badCheckpoint, "its root is \(checkpoint.root), the manifest's \(manifest.root)")
        } else if checkpoint.extensions != [model.names.manifestExtension(sha256: manifest.digest)] {
            fault(.badCheckpoint, "it does not vouch for this manifest, whose SHA-256 is \(manifest.digest)")
        }
    }

    /// Checks that the files which the manifest must name, those that it names, and those that exist are the same.
    /// Returns whether the events can be read.
    private func checkFiles(_ manifest: BundleManifest, _ present: Set<ByteKey>, _ report: inout BundleReport) -> Bool {
        var due: Set<ByteKey> = [ByteKey(BundlePaths.events)]
        for view in manifest.views {
            due.insert(ByteKey(BundlePaths.view(view.projection)))
            due.insert(ByteKey(BundlePaths.columns(view.projection)))
            for rule in view.rules { due.insert(ByteKey(BundlePaths.rules + rule.file)) }
        }
        let named = Set(manifest.files.map { ByteKey($0.path) })
        if named.count != manifest.files.count || named != due {
            let odd = named.symmetricDifference(due).min()?.text ?? "a file twice"
            report.faults.append(
                BundleFault(.badManifest, file: BundlePaths.manifest, "`files` does not name what its views need: \(odd)"))
            return false
        }
        let allowed = named.union([ByteKey(BundlePaths.manifest), ByteKey(BundlePaths.checkpoint), ByteKey(BundlePaths.witnessed)])
        for path in present.subtracting(allowed).sorted() {
            report.faults.append(BundleFault(.fileUnexpected, file: path.text, "the manifest does not name it"))
        }
        let missing = named.subtracting(present).sorted()
        for path in missing { report.faults.append(BundleFault(.fileMissing, file: path.text, "the manifest names it")) }
        return missing.isEmpty
    }
}

extension BundleVerifier {
    func small(_ path: String) throws -> [UInt8]? { try source.small(path) }
}

extension BundleSource {
    /// A small file's bytes, or nil if it is too long to be a manifest or rule file.
    func small(_ path: String) throws -> [UInt8]? {
        let file = try open(path)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            if bytes.count > BundleVerifier.maximumSmallFile { return nil }
        }
    }
}

extension BundleManifest {
    /// The fault of a file that was read, or nil if it is the file that the manifest names.
    func fault(of path: String, bytes: Int64, sha256: String) -> BundleFault? {
        guard let file = files.first(where: { $0.path.isBytewiseEqual(to: path) }), file.sha256 != sha256 || file.bytes != bytes else {
            return nil
        }
        return BundleFault(
            .fileChanged, file: path,
            "its \(bytes) bytes with SHA-256 \(sha256) are not the \(file.bytes) with \(file.sha256) that the manifest names")
    }
}
