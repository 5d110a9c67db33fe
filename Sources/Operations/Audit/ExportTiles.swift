import LedgerEvents
import LedgerMerkle
package import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import LedgerWitness

/// The options of `audit tiles`.
package struct TileExport: Sendable {
    package var directory: String
    package var content: TileContent
    /// Writes the newest published checkpoint of at most this size; nil signs the head.
    package var until: Int64?
    /// Whether everybody on the machine may read the files.
    package var isPublic: Bool

    package init(directory: String, content: TileContent, until: Int64? = nil, isPublic: Bool = false) {
        self.directory = directory
        self.content = content
        self.until = until
        self.isPublic = isPublic
    }
}

/// What a directory holds after an export.
package struct ExportedTiles: Sendable {
    package let checkpoint: Checkpoint
    /// The number of files that were written; others were there.
    package let written: Int
    /// The leaves whose entry bundles were left out, as `TileError.entryTooLong`.
    package let faults: [TileError]
}

extension Ledger {
    /// The newest published note of at most a size.
    func publishedNote(of origin: String, atMost size: Int64) async throws -> SignedNote? {
        guard let witnesses, !witnesses.policy.needsNobody else { return try await heads.plainNote(of: origin, atMost: size) }
        return try await witnesses.published(of: origin, atMost: size)
    }

    /// The head if it may be published, after every witness was asked once; otherwise the newest one that may.
    private func signedAndPublished(_ origin: String) async throws -> SignedNote? {
        let head = try await signWitnessedCheckpoint()
        return head.missing == nil ? head.note : try await publishedNote(of: origin, atMost: .max)
    }

    /// Writes the log as plain files: the tiles and entries of all published trees up to the checkpoint's, then the checkpoint.
    ///
    /// A directory that holds another log, a larger one, or one that ours does not continue, is refused before anything is
    /// written. Throws `TileError`, `AuditError`.
    package func exportTiles(
        _ request: TileExport, progress: @escaping @Sendable (_ done: Int64, _ size: Int64) -> Void = { _, _ in }
    ) async throws -> ExportedTiles {
        let origin = AuditedHead.origin(try await pool.run { session in try LogReader().head(session).ledgerID })
        let newest: SignedNote?
        if let until = request.until {
            newest = try await publishedNote(of: origin, atMost: until)
        } else {
            newest = try await signedAndPublished(origin)
        }
        guard let note = newest, let sizes = try await heads.signedLog()?.sizes else { throw TileError.noCheckpoint }
        let checkpoint = try Checkpoint(parsing: note.text)
        return try await pool.run { session in
            let directory = try TileDirectory(request.directory, isPublic: request.isPublic)
            try directory.requirePart(of: checkpoint, session)
            var (written, faults): (Int, [TileError]) = (0, [])
            func write(_ resource: TileResource) throws {
                let path = "tile/\(resource.path)"
                if let old = directory.checkpoint, resource.tile.requiredSize <= old.size, directory.has(path) { return }
                do {
                    try directory.write(path, TileBody(reading: resource, session).bytes)
                    written += 1
                } catch let error as TileError {
                    guard case .entryTooLong = error else { throw error }
                    faults.append(error)
                }
            }
            if request.content >= .hashes {
                try sizes.forEachTile(upTo: checkpoint.size) { tile in
                    try write(.hashes(tile))
                    guard tile.level == 0 else { return }
                    if request.content == .all { try write(.entries(tile)) }
                    progress(tile.requiredSize, checkpoint.size)
                }
            }
            directory.synchronize()
            try directory.write("checkpoint", note.bytes)
            directory.synchronize()
            return ExportedTiles(checkpoint: checkpoint, written: written, faults: faults)
        }
    }
}

extension TileDirectory {
    /// Throws unless the directory's checkpoint is absent, or of a tree that the given one continues.
    fileprivate func requirePart(of newest: Checkpoint, _ session: PostgresSession) throws {
        guard let old = checkpoint else { return }
        func refusal(_ problem: String) -> TileError {
            .directory(problem: "the directory has \(old.label), and \(problem): nothing was written")
        }
        guard old.origin.isBytewiseEqual(to: newest.origin) else { throw refusal("the log's origin is \(newest.origin)") }
        guard old.size <= newest.size else { throw refusal("the published checkpoint has size \(newest.size)") }
        let proof = try session.transaction(.snapshot) { try LogProofs().consistency(from: old.size, to: newest.size, session) }
        let isPart = verifyConsistency(
            from: old.size, to: newest.size, oldRoot: old.root, newRoot: newest.root, path: proof.path)
        guard isPart else { throw refusal("the log's first \(old.size) events have another root") }
    }
}
