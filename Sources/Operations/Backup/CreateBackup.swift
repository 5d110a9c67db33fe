import BlockingThreads
import EmbeddedPostgres
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// A finished backup.
package struct CreatedBackup: Sendable {
    package let directory: String
    package let manifest: BackupManifest
    /// The size of the server's files in the copy, without its WAL.
    package let bytes: Int64
}

extension Ledger {
    /// Copies the whole server with `pg_basebackup` of its version into a directory, with the signed head beside it.
    ///
    /// The head is signed first, so that the copy, which ends later, holds all events of the head. Readers and writers go on.
    /// The manifest is written last. A failed or cancelled backup leaves nothing behind. Throws `BackupError`, `AuditError`
    /// and `EmbeddedPostgresError`.
    package func createBackup(to path: String) async throws -> CreatedBackup {
        let directory = BackupDirectory(path)
        let source = try await pool.run { session in try CopySource.read(session) }
        try source.requireSuitable()
        let tools = try ServerTools(in: settings.postgresBinaries, majorVersion: source.majorVersion)
        guard tools.has("pg_basebackup") else {
            throw BackupError.unsuitable(problem: "pg_basebackup of Postgres \(source.majorVersion) is not installed")
        }
        let isNew = try directory.make()
        do {
            return try await createBackup(directory, source, tools)
        } catch {
            directory.discard(withRoot: isNew)
            throw error
        }
    }

    private func createBackup(
        _ directory: BackupDirectory, _ source: CopySource, _ tools: ServerTools
    ) async throws -> CreatedBackup {
        try await bringUpToDate(registry.names)
        let note = try await signCheckpoint()
        let key = try await verifierKey()
        let head = try Checkpoint.verified(note, key)
        let served = try await servedDigests()
        let state = try await pool.run { [resources] session in
            (
                id: try LogReader().head(session).ledgerID,
                schema: try Migrator(resources.files.migrations(), TradeLedger.names).version(session)
            )
        }
        try directory.write(BackupDirectory.head, note.bytes)
        try await copyServer(to: directory, source, tools)
        return try await onOwnThread { [now = now()] in
            var files: [BackupManifest.File] = []
            func add(_ path: String) throws(BackupError) {
                guard let (bytes, sha256) = FileTree.digest(directory.path(path)) else {
                    throw directory.failure(directory.path(path), "can't be read")
                }
                files.append(BackupManifest.File(path: path, bytes: bytes, sha256: sha256))
            }
            for path in [BackupDirectory.head, BackupDirectory.serverManifest] { try add(path) }
            for path in try FileTree.files(below: directory.path(BackupDirectory.wal)) { try add("\(BackupDirectory.wal)/\(path)") }
            let manifest = BackupManifest(
                createdAt: now, ledgerID: state.id, position: head.size, root: head.root, vkey: key.vkey, schemaVersion: state.schema,
                serverVersion: source.majorVersion, database: source.database, user: source.user, projections: served, files: files)
            let bytes = try BackupFiles(directory, manifest).serverBytes()
            try directory.finish(manifest)
            return CreatedBackup(directory: directory.root, manifest: manifest, bytes: bytes)
        }
    }

    /// The checkpoints of all served versions, with the digests of their rows then. Read in one snapshot.
    private func servedDigests() async throws -> [BackupManifest.Served] {
        try await withFreshCatalog {
            try await pool.run { [catalog, registry] session in
                try session.transaction(.snapshot) {
                    try catalog.versions(session).filter(\.isServed).map { version in
                        let columns = registry.definition(of: version)?.columns
                        let digest = try columns.map {
                            try ProjectionVerifier.digest(of: version, $0, at: version.position, session).digest
                        }
                        return BackupManifest.Served(
                            projection: version.name, version: version.version, codeVersion: version.codeVersion,
                            position: version.position, digest: digest)
                    }
                }
            }
        }
    }

    private func copyServer(to directory: BackupDirectory, _ source: CopySource, _ tools: ServerTools) async throws {
        let address = try serviceConfiguration.forTools()
        let outcome = try await tools.run(
            "pg_basebackup",
            [
                "--pgdata", directory.cluster, "--format", "plain", "--wal-method", "stream", "--checkpoint", "fast",
                "--manifest-checksums", "SHA256", "--label", "alpha-ledger backup", "--no-password", "--dbname", address.keywords,
            ], environment: address.environment)
        try Task.checkCancellation()
        if outcome.exitCode != 0 {
            throw CopySource.failure(redact(outcome.output), redact(outcome.lastLines), user: source.user, directory.root)
        }
    }
}

extension CopySource {
    /// Throws if a copy can't work, with what to change. `pg_hba.conf` shows only when the copy begins.
    func requireSuitable() throws(BackupError) {
        guard mayReplicate else { throw .notPermitted(user: user, reason: "it has neither REPLICATION nor SUPERUSER") }
        guard walLevel != "minimal" else {
            throw .unsuitable(problem: "the server runs with wal_level = minimal: a copy needs wal_level = replica")
        }
        guard walSenders >= 2 else {
            throw .unsuitable(problem: "the server runs with max_wal_senders = \(walSenders): a copy takes 2")
        }
        guard tablespaces.isEmpty else {
            throw .unsuitable(
                problem:
                    "the server has the tablespaces \(tablespaces.joined(separator: ", ")), which a backup does not hold: move their tables, or copy the server by other means"
            )
        }
    }

    /// What the output of a failed `pg_basebackup` means. Its messages are English: it runs in the locale C.
    static func failure(_ output: String, _ lastLines: String, user: String, _ path: String) -> BackupError {
        func has(_ parts: String...) -> Bool { parts.contains { output.contains($0) } }
        if has("No space left on device", "Disk quota exceeded") { return .noSpace(path: path) }
        if has("replication role", "permission denied to start WAL sender", "no pg_hba.conf entry for replication") {
            return .notPermitted(user: user, reason: lastLines)
        }
        if has("max_wal_senders", "WAL level not sufficient") { return .unsuitable(problem: "the server refuses a copy: \(lastLines)") }
        if has("could not connect", "connection to server") { return .unreachable(reason: lastLines) }
        return .copyFailed(reason: lastLines)
    }
}
