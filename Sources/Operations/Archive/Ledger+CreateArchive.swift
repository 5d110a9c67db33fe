import Crypto
import LedgerEvents
import LedgerMerkle
package import LedgerNotes
import LedgerPostgres
package import LedgerStore
import LedgerValues

/// What `archive create` wrote.
package struct CreatedArchive: Sendable {
    /// The ranges that were written.
    package let written: [LogPartition]
    /// The ranges that were there already.
    package let kept: [LogPartition]
    /// The key that signs the manifests.
    package let archiveKey: NoteVerifier
    /// The key that signs the checkpoints.
    package let logKey: NoteVerifier
}

extension Ledger {
    /// Writes every partition that is closed and published, up to a position, as bundles of entries and as Parquet, with a signed manifest.
    ///
    /// Every leaf is checked against its hash, and the range against the newest published checkpoint, or against the one that an earlier
    /// run left with the range. A range takes its manifest last; one that has its manifest is left as it is.
    ///
    /// Throws `ArchiveError`, `ArchiveSourceError`, `SettingProblem`, `TileError`, `BundleError`, `ExportError`, `AuditError`.
    ///
    /// - Parameters:
    ///   - until: the last position that may be archived
    ///   - place: a directory, which is made if it is absent, or `s3://bucket/prefix`
    ///   - program: the program and its version, as the Parquet files name it
    ///   - progress: the last position that was written
    package func createArchive(
        until: Int64, in place: String, program: String, progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws -> CreatedArchive {
        let origin = AuditedHead.origin(try await pool.run { session in try LogReader().head(session).ledgerID })
        guard let note = try await publishedNote(of: origin, atMost: .max) else { throw TileError.noCheckpoint }
        let checkpoint = try Checkpoint(parsing: note.text)
        let keyFile = SigningKeyFile(settings)
        guard let logKey = try keyFile.read()?.named(origin).verifier else { throw TileError.noCheckpoint }
        let signer = try SigningKeyFile(ofArchivesBeside: keyFile).readOrMake().named(ArchiveManifest.keyName(origin))
        let bucket = try ArchiveBucket(place, settings)
        return try await pool.run { session in
            let closed = try LogPartition.all(session).filter { $0.last <= min(until, checkpoint.size) }
            if closed.isEmpty { throw ArchiveError.nothingClosed(until: until, published: checkpoint.size) }
            let store: any ArchiveStore = if let bucket { bucket } else { try ArchiveFolder(place) }
            var (written, kept): ([LogPartition], [LogPartition]) = ([], [])
            for partition in closed {
                let path = ArchivedRange.directory(partition.first, partition.last)
                if try store.read("\(path)/\(ArchiveManifest.file)") != nil {
                    kept.append(partition)
                    continue
                }
                // An object can't be replaced, so a range that was begun goes on with its checkpoint.
                let begun = try earlier(store, path, atLeast: partition.last, logKey)
                let manifest = try write(partition, of: begun ?? checkpoint, to: store, path, program, progress, session)
                if begun == nil { try store.write("\(path)/\(ArchiveManifest.checkpointFile)", note.bytes) }
                try store.synchronize()
                try store.write("\(path)/\(ArchiveManifest.file)", SignedNote(signing: manifest.text, with: signer).bytes)
                try store.synchronize()
                written.append(partition)
            }
            return CreatedArchive(written: written, kept: kept, archiveKey: signer.verifier, logKey: logKey)
        }
    }

    /// The checkpoint that an earlier run left with a range. Nil if there is none of use.
    private func earlier(
        _ store: any ArchiveStore, _ path: String, atLeast last: Int64, _ key: NoteVerifier
    ) throws -> Checkpoint? {
        guard let bytes = try store.read("\(path)/\(ArchiveManifest.checkpointFile)"), let note = try? SignedNote(parsing: bytes),
            let checkpoint = try? Checkpoint.verified(note, key), checkpoint.size >= last
        else { return nil }
        return checkpoint
    }

    private func write(
        _ partition: LogPartition, of checkpoint: Checkpoint, to store: any ArchiveStore, _ path: String, _ program: String,
        _ progress: (Int64) -> Void, _ session: PostgresSession
    ) throws -> ArchiveManifest {
        let width = Int64(Tile.fullWidth)
        guard (partition.first - 1) % width == 0, partition.last % width == 0 else {
            throw ArchiveError.notWholeBundles(table: partition.table)
        }
        let before = try LogReader().peaks(at: partition.first - 1, session)
        guard var tree = MerkleFrontier(size: partition.first - 1, peaks: before) else {
            throw LedgerError.corrupt(position: partition.first, problem: "the stored tree nodes do not make a tree of this size")
        }
        let staging = try store.staging()
        defer { staging.remove() }
        var table = try ArchivedTable(partition, into: staging.path(ArchivedTable.folder), program: program, session)
        var (hash, bytes) = (SHA256(), Int64(0))
        for index in (partition.first - 1) / width..<partition.last / width {
            guard let tile = Tile(level: 0, index: index) else { throw ArchiveError.notWholeBundles(table: partition.table) }
            do {
                let bundle = try LogTiles().entries(of: tile, session)
                try store.write(ArchivedRange.entries(tile, partition.first, partition.last), bundle.bytes)
                hash.update(data: bundle.bytes)
                bytes += Int64(bundle.bytes.count)
                for leaf in bundle.hashes { tree.append(leaf) }
                try table.add(bundle.bytes, of: tile)
            } catch let error as EntryTooLong {
                throw ArchiveError.entryTooLong(position: error.position, bytes: error.bytes)
            }
            progress(tree.size)
        }
        let files = try table.finish(tree)
        for file in files { try store.take(staging.path(file.path), as: "\(path)/\(file.path)") }
        let proof = try session.transaction(.snapshot) {
            try LogProofs().consistency(from: partition.last, to: checkpoint.size, session)
        }
        let manifest = ArchiveManifest(
            origin: checkpoint.origin, first: partition.first, last: partition.last, size: checkpoint.size, root: checkpoint.root,
            bytes: bytes, digest: Digest32(Array(hash.finalize())), peaks: before, consistency: proof.path,
            files: files)
        // The events themselves lead to the signed head, whatever the stored nodes say.
        guard manifest.continues(tree.root) else {
            throw LedgerError.corrupt(
                position: partition.last,
                problem: "the events up to here are not those of the published checkpoint of size \(checkpoint.size)")
        }
        return manifest
    }
}

extension ArchiveManifest {
    /// Whether a tree with this root at the end of the range is part of the checkpoint's tree.
    func continues(_ rootAtEnd: Digest32) -> Bool {
        verifyConsistency(from: last, to: size, oldRoot: rootAtEnd, newRoot: root, path: consistency)
    }
}
