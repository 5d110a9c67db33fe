import Glibc
import LedgerNotes
import LedgerValues

/// The layout of a backup.
///
/// ```
/// <root>/postgres        the copy of the server's files, as pg_basebackup wrote it, with backup_manifest and its WAL
/// <root>/head.txt        the newest signed head when the backup began
/// <root>/manifest.json   written last: without it the backup is not finished
/// ```
struct BackupDirectory: Sendable {
    static let head = "head.txt"
    static let manifest = "manifest.json"
    static let cluster = "postgres"
    static let serverManifest = "postgres/backup_manifest"
    static let wal = "postgres/pg_wal"
    private static let mostManifestBytes = 1 << 26

    /// The path, absolute, because Postgres's programs run in another directory.
    let root: String

    init(_ path: String) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        root = FileTree.absolute(path)
    }

    var cluster: String { path(Self.cluster) }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    /// Makes the directory, which must be absent or empty. Returns whether it was absent.
    func make() throws(BackupError) -> Bool {
        if mkdir(root, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw failure(root, "can't be made") }
        guard let names = FileTree.names(in: root), names.isEmpty else { throw .targetExists(path: root) }
        guard access(root, W_OK) == 0 else { throw failure(root, "can't be written") }
        return false
    }

    /// Removes what an unfinished backup left.
    func discard(withRoot: Bool) {
        FileTree.remove(cluster)
        for name in [Self.head, Self.manifest, Self.manifest + ".new"] { unlink(path(name)) }
        if withRoot { rmdir(root) }
    }

    /// Writes the manifest under its name. All else must be on disk by then.
    func finish(_ manifest: BackupManifest) throws(BackupError) {
        let draft = Self.manifest + ".new"
        try write(draft, manifest.encode())
        guard rename(path(draft), path(Self.manifest)) == 0 else { throw failure(path(Self.manifest), "can't be made") }
        synchronizeDirectory(of: path(Self.manifest))
        synchronizeDirectory(of: root)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws(BackupError) {
        let path = path(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path, "can't be made") }
        let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        errno = code
        guard isWritten else { throw failure(path, "can't be written") }
    }

    /// The manifest and the signed head, whose signature is checked. Throws if the backup is not finished.
    ///
    /// - Parameter key: the key from a source that the caller trusts; nil for that of the manifest
    func read(key: NoteVerifier? = nil) throws(BackupError) -> (manifest: BackupManifest, head: SignedNote) {
        guard let names = FileTree.names(in: root) else { throw failure(root, "can't be read") }
        guard names.contains(Self.manifest) else { throw .unfinished(path: root) }
        let manifest = try BackupManifest(decoding: try bytes(Self.manifest))
        let note: SignedNote
        do {
            note = try SignedNote(parsing: try bytes(Self.head))
            let origin = AuditedHead.origin(manifest.ledgerID)
            let own = try NoteVerifier(vkey: manifest.vkey)
            let checkpoint = try Checkpoint(parsing: note.text)
            try note.verify(try NoteVerifier(name: origin, publicKey: (key ?? own).publicKey))
            guard own.publicKey == (key ?? own).publicKey else {
                throw BackupError.manifest(problem: "`vkey`: it is \(manifest.vkey), which is not the given key")
            }
            guard
                checkpoint == (try Checkpoint(origin: origin, size: manifest.position, root: manifest.root))
            else { throw BackupError.manifest(problem: "`position`, `root_hash`: they are not those of the signed head in head.txt") }
        } catch let error as BackupError {
            throw error
        } catch {
            throw .manifest(problem: "head.txt is not a signed head of this ledger: \(error)")
        }
        return (manifest, note)
    }

    private func bytes(_ name: String) throws(BackupError) -> [UInt8] {
        guard let bytes = FileTree.read(path(name), atMost: Self.mostManifestBytes) else { throw failure(path(name), "can't be read") }
        return bytes
    }

    /// The error of a failed step, with the reason in `errno`.
    func failure(_ path: String, _ what: String) -> BackupError { FileTree.failure(path, what) }
}
