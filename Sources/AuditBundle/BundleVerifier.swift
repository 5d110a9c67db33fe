import Events
public import Projections
public import SignedNotes
import Values

/// Verifies a bundle by itself: no database, no network, nothing believed that is not worked out again.
///
/// The chain: the key vouches for the checkpoint; the checkpoint for the root of the log's tree and, by its extension
/// line, for the manifest; the root for every event, whose leaves are recomputed; the manifest for every file. The rows
/// of every view are folded again from the events, by the rule files of the bundle and this program's code.
public struct BundleVerifier {
    /// A manifest or rule file is far smaller; what is larger is refused unread.
    static let maximumSmallFile = 16 << 20

    private let source: any BundleSource
    private let model: LedgerModel
    private let key: NoteVerifier?

    /// - Parameters:
    ///   - model: what the program that verifies records and projects.
    ///   - key: whose signature is trusted; nil if none is.
    public init(_ source: any BundleSource, _ model: LedgerModel, key: NoteVerifier?) {
        self.model = model
        self.source = source
        self.key = key
    }

    /// Checks everything, and goes on after a fault wherever what follows can still be judged.
    ///
    /// Memory: the facts of the views and the streams' names, however many events there are. Throws what reading throws.
    ///
    /// - Parameter progress: called now and then with the events read and their number.
    public func verify(progress: (Int64, Int64) -> Void = { _, _ in }) throws -> BundleReport {
        var report = BundleReport()
        let present = Set(try source.paths().map { ByteKey($0) })
        guard let manifest = try manifest(present, &report) else { return report }
        report.ledgerID = manifest.ledgerID
        report.position = manifest.position
        try checkCheckpoint(manifest, present, &report)
        guard checkFiles(manifest, present, &report) else { return report }

        let rules = try BundleRules(manifest, model, source)
        report.faults += rules.faults
        var replay = BundleReplay(manifest, model.events, rules.definitions)
        try replay.read(source, progress: progress)
        report.events = replay.events
        report.root = replay.root
        report.faults += replay.faults
        // Rows of an altered log, or by other rules, prove nothing.
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
            return try BundleManifest(decoding: bytes)
        } catch {
            report.faults.append(BundleFault(.badManifest, file: BundlePaths.manifest, "\(error)"))
            return nil
        }
    }

    /// The note: readable, of this ledger, position and root, of this manifest, and signed by the key.
    private func checkCheckpoint(_ manifest: BundleManifest, _ present: Set<ByteKey>, _ report: inout BundleReport) throws {
        let file = BundlePaths.checkpoint
        func fault(_ code: BundleFault.Code, _ problem: String) { report.faults.append(BundleFault(code, file: file, problem)) }
        if key == nil { fault(.signatureUntrusted, "no key was given with --key: whoever wrote the bundle may have made all of it up") }
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
        } else if checkpoint.extensions != [CheckpointExtensions.manifest(sha256: manifest.digest)] {
            fault(.badCheckpoint, "it does not vouch for this manifest, whose SHA-256 is \(manifest.digest)")
        }
    }

    /// The files that the manifest must name, that it names, and that are there are the same. Whether the events can be
    /// read.
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
        let allowed = named.union([ByteKey(BundlePaths.manifest), ByteKey(BundlePaths.checkpoint)])
        for path in present.subtracting(allowed).sorted() {
            report.faults.append(BundleFault(.fileUnexpected, file: path.text, "the manifest does not name it"))
        }
        let missing = named.subtracting(present).sorted()
        for path in missing { report.faults.append(BundleFault(.fileMissing, file: path.text, "the manifest names it")) }
        return missing.isEmpty
    }
}

extension BundleSource {
    /// A small file's bytes; nil where it is longer than any of ours.
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
    /// What is wrong with a file as it was read; nil where it is the one that the manifest names.
    func fault(of path: String, bytes: Int64, sha256: String) -> BundleFault? {
        guard let file = files.first(where: { $0.path.isBytewiseEqual(to: path) }), file.sha256 != sha256 || file.bytes != bytes else {
            return nil
        }
        return BundleFault(
            .fileChanged, file: path,
            "its \(bytes) bytes with SHA-256 \(sha256) are not the \(file.bytes) with \(file.sha256) that the manifest names")
    }
}
