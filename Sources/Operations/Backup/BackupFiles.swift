import EmbeddedPostgres
import LedgerJSON
import LedgerValues

/// Compares the files of a backup with the two manifests: its own, and the server's, which its own covers.
struct BackupFiles: Sendable {
    private let directory: BackupDirectory
    private let manifest: BackupManifest

    init(_ directory: BackupDirectory, _ manifest: BackupManifest) {
        self.directory = directory
        self.manifest = manifest
    }

    /// Every file that differs, is missing, or is one too many. Reads all of them.
    func problems() throws(BackupError) -> [String] {
        var problems: [String] = []
        var expected = Set([BackupDirectory.manifest])
        for file in manifest.files {
            expected.insert(file.path)
            if let problem = problem(file.path, bytes: file.bytes, sha256: file.sha256) { problems.append(problem) }
        }
        // A server's manifest that is not the recorded one proves nothing.
        guard problems.isEmpty else { return problems }
        for file in try serverFiles() {
            expected.insert(file.path)
            if let problem = problem(file.path, bytes: file.bytes, sha256: file.sha256) { problems.append(problem) }
        }
        for path in try FileTree.files(below: directory.root) where !expected.contains(path) {
            problems.append("\(directory.path(path)) is not a file of the backup")
        }
        return problems
    }

    /// The size of the files that the server's manifest lists.
    func serverBytes() throws(BackupError) -> Int64 { try serverFiles().reduce(0) { $0 + $1.bytes } }

    private func problem(_ path: String, bytes: Int64, sha256: String) -> String? {
        let full = directory.path(path)
        guard let found = FileTree.digest(full) else { return "\(full) is missing, or can't be read" }
        if found.bytes != bytes { return "\(full) was altered: it has \(found.bytes) bytes, and had \(bytes)" }
        if found.sha256 != sha256 { return "\(full) was altered: its SHA-256 is \(found.sha256), and was \(sha256)" }
        return nil
    }

    /// The files that the server's manifest lists: all but the WAL and itself.
    private func serverFiles() throws(BackupError) -> [BackupManifest.File] {
        let path = directory.path(BackupDirectory.serverManifest)
        let document: JSONDocument
        do {
            guard let bytes = FileTree.read(path, atMost: 1 << 30) else { throw FileTree.failure(path, "can't be read") }
            document = try JSONDocument(parsing: bytes)
        } catch let error as BackupError {
            throw error
        } catch {
            throw .manifest(problem: "\(path) is not JSON: \(error)")
        }
        var files: [BackupManifest.File] = []
        for value in document.root["Files"]?.elements.map({ $0 }) ?? [] {
            guard let name = value["Path"]?.string, let bytes = value["Size"]?.integer,
                value["Checksum-Algorithm"]?.string == "SHA256", let sha256 = value["Checksum"]?.string
            else { throw .manifest(problem: "\(path): expected `Path`, `Size` and a SHA256 `Checksum` in each of `Files`") }
            files.append(BackupManifest.File(path: "\(BackupDirectory.cluster)/\(name)", bytes: bytes, sha256: sha256))
        }
        return files
    }

    /// What `pg_verifybackup` finds beyond that, such as WAL that can't be read. Nil if it is not installed.
    func serverFindings(_ tools: ServerTools) async throws(EmbeddedPostgresError) -> [String]? {
        guard tools.has("pg_verifybackup"), tools.has("pg_waldump") else { return nil }
        let outcome = try await tools.run("pg_verifybackup", ["--skip-checksums", directory.cluster])
        return outcome.exitCode == 0 ? [] : ["pg_verifybackup: \(outcome.lastLines)"]
    }
}
