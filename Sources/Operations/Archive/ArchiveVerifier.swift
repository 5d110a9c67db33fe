import BlockingThreads
import Crypto
package import LedgerJSON
import LedgerMerkle
package import LedgerNotes
import LedgerStore
import LedgerValues

/// The result of `archive verify`.
package struct ArchiveReport: Sendable {
    package struct Range: Sendable {
        package let first: Int64
        package let last: Int64
        package let bytes: Int64
        /// The size of the checkpoint that the range was compared with.
        package let checkpointSize: Int64
        /// The root of the tree that ends with the range.
        let root: Digest32
    }

    /// The ranges in which nothing is wrong.
    package fileprivate(set) var verified: [Range] = []
    /// What is wrong, a sentence for each range.
    package fileprivate(set) var faults: [String] = []
    package var isVerified: Bool { faults.isEmpty && !verified.isEmpty }
}

/// Verifies archived ranges by themselves: every byte is read again, the leaves are hashed, and the tree that they give must be part of the
/// tree whose signed head lies beside them. Neither the ledger nor its stored nodes are asked.
package struct ArchiveVerifier: Sendable {
    private let archiveKey: NoteVerifier
    private let logKey: NoteVerifier

    /// - Parameters:
    ///   - archiveKey: the key of the manifests
    ///   - logKey: the key of the checkpoints; its name is the log's origin
    package init(archiveKey: NoteVerifier, logKey: NoteVerifier) {
        self.archiveKey = archiveKey
        self.logKey = logKey
    }

    /// Verifies all ranges in a place. Throws `ArchiveSourceError` if the place can't be read, and `SettingProblem` for a bucket without
    /// credentials.
    ///
    /// - Parameters:
    ///   - place: a directory, or `s3://bucket/prefix`
    ///   - progress: the last position that was read
    package func verify(
        _ place: String, _ settings: Settings, progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws -> ArchiveReport {
        try await onOwnThread { try verify(ArchivePlace(place, settings), progress) }
    }

    private func verify(_ place: ArchivePlace, _ progress: (Int64) -> Void) throws -> ArchiveReport {
        let ranges = try place.source.ranges()
        var report = ArchiveReport()
        for range in ranges {
            do {
                report.verified.append(try verify(place.source, range, progress))
            } catch let fault as Fault {
                report.faults.append("\(ArchivedRange.directory(range.first, range.last)): \(fault.problem)")
            }
        }
        if ranges.isEmpty { report.faults.append("\(place.name) has no archived range") }
        return report
    }

    /// Verifies one range in a place, and returns the root of the tree that ends with it. Blocks the thread. Throws `ArchiveSourceError` if the place
    /// can't be read, and `ArchiveError.copy` if the range is not there, or wrong.
    func root(of range: ArchiveRangeName, in place: ArchivePlace, _ progress: (Int64) -> Void) throws -> Digest32 {
        do {
            return try verify(place.source, range, progress).root
        } catch let fault as Fault {
            throw ArchiveError.copy(place: place.name, problem: fault.problem)
        }
    }

    private struct Fault: Error { let problem: String }

    private func verify(
        _ source: any ArchiveSource, _ range: ArchiveRangeName, _ progress: (Int64) -> Void
    ) throws -> ArchiveReport.Range {
        let path = ArchivedRange.directory(range.first, range.last)
        let (manifest, checkpoint) = try signed(source, path)
        guard manifest.first == range.first, manifest.last == range.last else {
            throw Fault(problem: "the manifest is of the positions \(manifest.first) to \(manifest.last)")
        }
        guard manifest.origin == checkpoint.origin, manifest.size == checkpoint.size, manifest.root == checkpoint.root else {
            throw Fault(problem: "the manifest is not of the checkpoint beside it")
        }
        let width = Int64(Tile.fullWidth)
        guard (range.first - 1) % width == 0, range.last % width == 0,
            let before = MerkleFrontier(size: range.first - 1, peaks: manifest.peaks)
        else { throw Fault(problem: "the manifest does not describe whole bundles of entries and the tree before them") }
        let bundles = try ((range.first - 1) / width..<range.last / width).map { index in
            guard let tile = Tile(level: 0, index: index) else { throw Fault(problem: "no log has bundle \(index)") }
            return ArchivedRange.entries(tile, range.first, range.last)
        }
        var tree = before
        var (hash, bytes) = (SHA256(), Int64(0))
        try source.read(bundles) { file, found in
            guard let bundle = found else { throw Fault(problem: "\(file) is missing or can't be read") }
            guard let entries = EntryBundle(bundle) else { throw Fault(problem: "\(file) is no bundle of \(width) entries") }
            for place in 0..<Tile.fullWidth { tree.append(MerkleHash.leaf(entries.leaf(place))) }
            hash.update(data: bundle)
            bytes += Int64(bundle.count)
            progress(tree.size)
        }
        guard bytes == manifest.bytes, Digest32(Array(hash.finalize())) == manifest.digest else {
            throw Fault(problem: "the bundles are not those of the manifest")
        }
        guard manifest.continues(tree.root) else {
            throw Fault(problem: "the events are not those of the signed checkpoint of size \(checkpoint.size)")
        }
        if !manifest.files.isEmpty { try verifyTable(manifest, source, path, before, tree.root) }
        return ArchiveReport.Range(first: range.first, last: range.last, bytes: bytes, checkpointSize: checkpoint.size, root: tree.root)
    }

    /// The Parquet files are those of the manifest, and have the events of the bundles.
    private func verifyTable(
        _ manifest: ArchiveManifest, _ source: any ArchiveSource, _ path: String, _ before: MerkleFrontier, _ root: Digest32
    ) throws {
        let names = try manifest.files.map { file in
            guard let name = ArchivedTable.name(of: file) else { throw Fault(problem: "\(file.path) has no place in a range") }
            return name
        }
        try source.withFiles(names, below: "\(path)/\(ArchivedTable.folder)") { directory in
            for (file, name) in zip(manifest.files, names) {
                guard let found = ExportVerifier.digest(of: "\(directory)/\(name)") else {
                    throw Fault(problem: "\(file.path) is missing or can't be read")
                }
                guard found.bytes == file.bytes, found.sha256.isBytewiseEqual(to: file.digest.description) else {
                    throw Fault(problem: "\(file.path) is not that of the manifest")
                }
            }
            do {
                let report = try ExportVerifier.verify([directory], after: before)
                if let fault = report.faults.first { throw Fault(problem: "\(ArchivedTable.folder): \(fault.problem)") }
                guard report.hasManifest, report.root.isBytewiseEqual(to: root.description) else {
                    throw Fault(problem: "\(ArchivedTable.folder) does not have the events of the bundles")
                }
            } catch let error as ExportPathError {
                throw Fault(problem: "\(ArchivedTable.folder): \(error)")
            }
        }
    }

    /// The manifest and the checkpoint, with their signatures verified.
    private func signed(_ source: any ArchiveSource, _ path: String) throws -> (ArchiveManifest, Checkpoint) {
        func note(_ name: String) throws -> SignedNote {
            guard let bytes = try source.read("\(path)/\(name)") else { throw Fault(problem: "\(name) is missing or can't be read") }
            do { return try SignedNote(parsing: bytes) } catch { throw Fault(problem: "\(name): \(error)") }
        }
        let manifestNote = try note(ArchiveManifest.file)
        let checkpointNote = try note(ArchiveManifest.checkpointFile)
        do {
            try manifestNote.verify(archiveKey)
        } catch {
            throw Fault(problem: "\(ArchiveManifest.file): \(error)")
        }
        guard let manifest = ArchiveManifest(parsing: manifestNote.text) else {
            throw Fault(problem: "\(ArchiveManifest.file) is not a manifest of the form \(ArchiveManifest.format)")
        }
        do {
            return (manifest, try Checkpoint.verified(checkpointNote, logKey))
        } catch {
            throw Fault(problem: "\(ArchiveManifest.checkpointFile): \(error)")
        }
    }
}

extension ArchiveReport {
    /// `{"verified":bool,"ranges":[{"first_position":…,"last_position":…,"bytes":…,"checkpoint_size":…}],"faults":[…]}`
    package var node: JSONNode {
        .object([
            ("verified", .bool(isVerified)),
            (
                "ranges",
                .array(
                    verified.map { range in
                        .object([
                            ("first_position", .integer(range.first)), ("last_position", .integer(range.last)),
                            ("bytes", .integer(range.bytes)), ("checkpoint_size", .integer(range.checkpointSize)),
                        ])
                    })
            ), ("faults", .array(faults.map(JSONNode.string))),
        ])
    }
}
