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

/// Why archives could not be verified.
package enum ArchiveSourceError: Error, Equatable, CustomStringConvertible {
    case unreachable(String)

    package var description: String {
        switch self {
        case .unreachable(let place): "archive_unreachable: \(place) can't be read"
        }
    }
}

/// Verifies archived ranges by themselves: every byte is read again, the leaves are hashed, and the tree that they give must be part of the
/// tree whose signed head lies beside them. Neither the ledger nor its stored nodes are asked.
package struct ArchiveVerifier {
    private let archiveKey: NoteVerifier
    private let logKey: NoteVerifier

    /// - Parameters:
    ///   - archiveKey: the key of the manifests
    ///   - logKey: the key of the checkpoints; its name is the log's origin
    package init(archiveKey: NoteVerifier, logKey: NoteVerifier) {
        self.archiveKey = archiveKey
        self.logKey = logKey
    }

    /// Verifies all ranges in a directory. Throws `ArchiveSourceError` if the directory can't be read.
    package func verify(
        directory: String, progress: (Int64) -> Void = { _ in }
    ) throws(ArchiveSourceError) -> ArchiveReport {
        try verify(ArchiveDirectory(root: directory), place: directory, progress)
    }

    private func verify(
        _ source: some ArchiveSource, place: String, _ progress: (Int64) -> Void
    ) throws(ArchiveSourceError) -> ArchiveReport {
        guard let ranges = source.ranges() else { throw .unreachable(place) }
        var report = ArchiveReport()
        for range in ranges {
            let path = ArchivedRange.directory(range.first, range.last)
            do {
                report.verified.append(try verify(source, path, range, progress))
            } catch {
                report.faults.append("\(path): \(error.problem)")
            }
        }
        if ranges.isEmpty { report.faults.append("\(place) has no archived range") }
        return report
    }

    /// Verifies one range in a directory, and returns the root of the tree that ends with it. Throws `ArchiveSourceError` if the directory
    /// can't be read, and `ArchiveError.copy` if the range is not there, or wrong.
    func root(of first: Int64, _ last: Int64, in directory: String, _ progress: (Int64) -> Void) throws -> Digest32 {
        let source = ArchiveDirectory(root: directory)
        guard source.ranges() != nil else { throw ArchiveSourceError.unreachable(directory) }
        do {
            return try verify(source, ArchivedRange.directory(first, last), (first, last), progress).root
        } catch {
            throw ArchiveError.copy(directory: directory, problem: error.problem)
        }
    }

    private struct Fault: Error { let problem: String }

    private func verify(
        _ source: some ArchiveSource, _ path: String, _ range: (first: Int64, last: Int64), _ progress: (Int64) -> Void
    ) throws(Fault) -> ArchiveReport.Range {
        let (manifest, checkpoint) = try signed(source, path)
        guard (manifest.first, manifest.last) == range else {
            throw Fault(problem: "the manifest is of the positions \(manifest.first) to \(manifest.last)")
        }
        guard manifest.origin == checkpoint.origin, manifest.size == checkpoint.size, manifest.root == checkpoint.root else {
            throw Fault(problem: "the manifest is not of the checkpoint beside it")
        }
        let width = Int64(Tile.fullWidth)
        guard (range.first - 1) % width == 0, range.last % width == 0,
            var tree = MerkleFrontier(size: range.first - 1, peaks: manifest.peaks)
        else { throw Fault(problem: "the manifest does not describe whole bundles of entries and the tree before them") }
        var (hash, bytes) = (SHA256(), Int64(0))
        for index in (range.first - 1) / width..<range.last / width {
            guard let tile = Tile(level: 0, index: index) else { throw Fault(problem: "no log has bundle \(index)") }
            let file = ArchivedRange.entries(tile, range.first, range.last)
            guard let bundle = source.read(file) else { throw Fault(problem: "\(file) is missing or can't be read") }
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
        return ArchiveReport.Range(first: range.first, last: range.last, bytes: bytes, checkpointSize: checkpoint.size, root: tree.root)
    }

    /// The manifest and the checkpoint, with their signatures verified.
    private func signed(_ source: some ArchiveSource, _ path: String) throws(Fault) -> (ArchiveManifest, Checkpoint) {
        func note(_ name: String) throws(Fault) -> SignedNote {
            guard let bytes = source.read("\(path)/\(name)") else { throw Fault(problem: "\(name) is missing or can't be read") }
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
