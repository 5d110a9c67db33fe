import BlockingThreads
import EmbeddedPostgres
import Glibc
import LedgerEvents
import LedgerStore
import LedgerValues
package import Logging

/// A restored backup.
package struct RestoredBackup: Sendable {
    package let directory: String
    package let manifest: BackupManifest
    /// The copy's last event.
    package let position: Int64
    /// The number of signed heads kept here that the copy continues.
    package let signedHeads: Int
    /// Why the copy will not sign: it lacks events that were signed, or key and heads are not here. Nil if it will.
    package let refusal: AuditError?
    /// The signed events that the copy lacks.
    package let lacks: ClosedRange<Int64>?
    /// Whether this program's embedded server runs on the directory as it is. A copy of another server needs that server's
    /// settings, and `DATABASE_URL`.
    package let isEmbedded: Bool
}

extension Ledger {
    /// Copies a verified backup into a data directory, recovers it, and compares it with the heads that were signed here.
    ///
    /// The directory must be absent, or empty but for the key file and its signed heads. Files are compared with the manifests
    /// first; the log and the tables are not verified again. If anything is wrong, nothing is left in the directory. A
    /// copy that is older than a signed head is restored, and says what it lacks.
    package static func restoreBackup(
        _ path: String, into target: String, _ settings: Settings, _ resources: Resources,
        logger: Logger = Logger(label: "alpha-ledger")
    ) async throws -> RestoredBackup {
        let backup = BackupDirectory(path)
        let root = BackupDirectory(target).root
        let manifest = try await onOwnThread {
            try requireRestorable(root)
            let manifest = try backup.read().manifest
            let problems = try BackupFiles(backup, manifest).problems()
            guard problems.isEmpty else { throw BackupError.altered(problems: problems) }
            return manifest
        }
        let isNew = mkdir(root, 0o700) == 0
        guard isNew || errno == EEXIST else { throw FileTree.failure(root, "can't be made") }
        // The server's user, who may be another, passes through it.
        if isNew, geteuid() == 0 { chmod(root, 0o711) }
        do {
            try await onOwnThread {
                // The next start removes what a killed restore leaves under this name.
                let draft = "\(root)/postgres.new-\(getpid())"
                do {
                    try FileTree.copy(backup.cluster, to: draft, isDurable: true)
                    guard rename(draft, "\(root)/postgres") == 0 else { throw FileTree.failure("\(root)/postgres", "can't be made") }
                } catch {
                    FileTree.remove(draft)
                    throw error
                }
                synchronizeDirectory(of: "\(root)/postgres")
                synchronizeDirectory(of: root)
            }
            return try await compare(root, manifest, settings, resources, logger)
        } catch {
            for name in ["postgres", "postgres.log", "locks", "socket"] { FileTree.remove("\(root)/\(name)") }
            if isNew { rmdir(root) }
            throw error
        }
    }

    /// Throws unless the directory is absent, or holds a key file and its heads at most.
    private static func requireRestorable(_ root: String) throws(BackupError) {
        let key = SigningKeyFile(defaultIn: root)
        let kept = [key.path, key.checkpoints]
        if let names = FileTree.names(in: root) {
            guard names.allSatisfy({ kept.contains("\(root)/\($0)") }) else { throw .targetExists(path: root) }
        } else if access(root, F_OK) == 0 || errno != ENOENT {
            throw .targetExists(path: root)
        }
    }

    /// Starts the restored server once, which recovers it, and asks it what it holds.
    private static func compare(
        _ root: String, _ manifest: BackupManifest, _ settings: Settings, _ resources: Resources, _ logger: Logger
    ) async throws -> RestoredBackup {
        let isEmbedded =
            manifest.database == EmbeddedPostgres.database && manifest.user == EmbeddedPostgres.owner
            && access("\(root)/postgres/postgresql.conf", F_OK) == 0
        let server = try await CopiedServer.start(root, manifest, binaries: settings.postgresBinaries, keepsData: true, logger)
        let result: Result<RestoredBackup, any Error>
        do {
            let ledger = try await open(
                settings.forCopy(server.uri, dataDirectory: root, keyFile: settings.signingKeyFile), resources, migration: .always,
                writes: false, logger: logger)
            do {
                try await ledger.requireHead(of: manifest)
                let position = try await ledger.head().head.position
                let heads = try await ledger.compareHeads(position)
                result = .success(
                    RestoredBackup(
                        directory: root, manifest: manifest, position: position, signedHeads: heads.count, refusal: heads.refusal,
                        lacks: heads.lacks, isEmbedded: isEmbedded))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
        } catch {
            result = .failure(error)
        }
        await server.stop()
        return try result.get()
    }

    private func compareHeads(_ position: Int64) async throws -> (count: Int, refusal: AuditError?, lacks: ClosedRange<Int64>?) {
        do {
            return (try await verifyCheckpoints().count, nil, nil)
        } catch let error as AuditError {
            let largest = try? await keptHeads().history?.segments.last?.largest.size
            let lacks = largest.flatMap { $0 > position ? position + 1...$0 : nil }
            return (0, error, lacks)
        }
    }
}
