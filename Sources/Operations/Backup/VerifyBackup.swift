import BlockingThreads
import EmbeddedPostgres
import Glibc
import LedgerEvents
package import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
package import Logging

/// The result of verifying a backup.
package struct BackupReport: Sendable {
    package let directory: String
    package let manifest: BackupManifest
    /// Whether `pg_verifybackup` is installed and ran too.
    package let isServerChecked: Bool
    /// The number of events in the copy; nil if it was not started, because a file differs.
    package let events: Int64?
    /// The audit of the copy's log, catalog and tables.
    package let audit: AuditReport?
    /// Everything that is wrong, the gravest first.
    package let problems: [String]

    package var isVerified: Bool { problems.isEmpty }
}

extension Ledger {
    /// Verifies a backup: its files, its signed head, and then, on a copy of the copy that a server is started on for as long,
    /// the log and all tables against the manifest. The backup itself is only read.
    ///
    /// - Parameters:
    ///   - key: the key that the head must be signed with; nil to believe the manifest's
    ///   - scratch: the directory for the second copy, which takes as much space as the backup; nil for beside the backup
    /// - Throws: `BackupError` if the directory is no finished backup or can't be read
    package static func verifyBackup(
        _ path: String, key: NoteVerifier? = nil, scratch: String? = nil, _ settings: Settings, _ resources: Resources,
        logger: Logger = Logger(label: "alpha-ledger"), progress: @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws -> BackupReport {
        let directory = BackupDirectory(path)
        let (manifest, head) = try await onOwnThread { try directory.read(key: key) }
        var problems = try await onOwnThread { try BackupFiles(directory, manifest).problems() }
        let tools = try ServerTools(
            in: settings.postgresBinaries, majorVersion: manifest.serverVersion, of: "the server of the backup")
        let findings = try await BackupFiles(directory, manifest).serverFindings(tools)
        problems += findings ?? []
        func report(_ events: Int64? = nil, _ audit: AuditReport? = nil) -> BackupReport {
            BackupReport(
                directory: directory.root, manifest: manifest, isServerChecked: findings != nil, events: events, audit: audit,
                problems: problems)
        }
        guard problems.isEmpty else { return report() }
        let place = try temporaryDirectory(for: directory, in: scratch)
        defer { FileTree.remove(place) }
        do {
            try await onOwnThread { try FileTree.copy(directory.cluster, to: "\(place)/postgres", isDurable: false) }
            let server = try await CopiedServer.start(
                place, manifest, binaries: settings.postgresBinaries, keepsData: false, logger)
            let result: Result<CopyAudit, any Error>
            do {
                let ledger = try await open(
                    settings.forCopy(server.uri, dataDirectory: place, keyFile: nil), resources, migration: .always, writes: false,
                    logger: logger)
                do {
                    result = .success(try await ledger.auditCopy(manifest, head, progress))
                } catch {
                    result = .failure(error)
                }
                await ledger.close()
            } catch {
                result = .failure(error)
            }
            await server.stop()
            let found = try result.get()
            problems += found.problems
            return report(found.audit.log.size, found.audit)
        } catch let error as EmbeddedPostgresError where !error.isConfigurationProblem {
            problems.append("no server starts on the copy: \(error)")
            return report()
        }
    }

    private struct CopyAudit: Sendable {
        let audit: AuditReport
        let problems: [String]
    }

    /// Audits this ledger, which is a copy, with the manifest's head as a head that it must continue.
    private func auditCopy(
        _ manifest: BackupManifest, _ head: SignedNote, _ progress: @Sendable (AuditProgress) -> Void
    ) async throws -> CopyAudit {
        var problems: [String] = []
        do {
            try await requireHead(of: manifest)
        } catch let error as BackupError {
            problems.append("\(error)")
        }
        var request = AuditRequest()
        request.others = [head.bytes]
        // The key and the heads signed with it are kept apart from the backup.
        request.waivers = [AuditWaiver.signedHeads.rawValue]
        let audit = try await audit(request, progress: progress)
        problems += audit.problems
        for served in manifest.projections {
            guard let problem = try await problem(with: served) else { continue }
            problems.append("projection \(served.label) \(problem)")
        }
        return CopyAudit(audit: audit, problems: problems)
    }

    /// Throws unless the log holds the manifest's head. Stored tree nodes are trusted.
    func requireHead(of manifest: BackupManifest) async throws {
        try await pool.run { session in
            let head = try LogReader().head(session)
            guard head.ledgerID == manifest.ledgerID else {
                throw BackupError.otherContents(
                    problem: "the copy is of the ledger \(head.ledgerID), and the manifest says \(manifest.ledgerID)")
            }
            guard head.position >= manifest.position else {
                throw BackupError.otherContents(
                    problem: "the copy ends at event \(head.position), and the manifest's signed head has \(manifest.position)")
            }
            let root = try LogReader().root(at: manifest.position, session)
            guard root == manifest.root else {
                throw BackupError.otherContents(
                    problem: "the copy's first \(manifest.position) events have the root \(root), and the manifest says \(manifest.root)")
            }
        }
    }

    /// Why the copy's table is not that of the manifest; nil if it is.
    private func problem(with served: BackupManifest.Served) async throws -> String? {
        try await pool.run { [catalog, registry] session in
            try session.transaction(.snapshot) {
                guard
                    let version = try catalog.version(
                        served.projection, served.version, codeVersion: served.codeVersion, session)
                else { return "is not in the copy" }
                guard version.position >= served.position else {
                    return "stands at event \(version.position) in the copy, and stood at \(served.position)"
                }
                guard let expected = served.digest, let columns = registry.definition(of: version)?.columns else { return nil }
                let found = try ProjectionVerifier.digest(of: version, columns, at: served.position, session).digest
                return found == expected ? nil : "has the digest \(found) at event \(served.position), and had \(expected)"
            }
        }
    }

    /// A new directory that a server's user can enter.
    private static func temporaryDirectory(for backup: BackupDirectory, in scratch: String?) throws(BackupError) -> String {
        let prefix = scratch.map { FileTree.absolute($0) + "/alpha-ledger-verify." } ?? backup.root + ".verify."
        var template = Array("\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileTree.failure("\(prefix)XXXXXX", "can't be made") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, geteuid() == 0 ? 0o711 : 0o700)
        return path
    }
}

extension Settings {
    /// The settings for a copied server. Nothing else of the program's databases is used.
    func forCopy(_ uri: String, dataDirectory: String, keyFile: String?) -> Settings {
        var settings = self
        settings.databaseURL = uri
        settings.databaseReadURL = nil
        settings.dataDirectory = dataDirectory
        settings.signingKeyFile = keyFile
        return settings
    }
}
