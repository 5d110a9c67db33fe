import EmbeddedPostgres
import Glibc
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import OptionTrades

/// A server on a copy of another server's files, reached through a Unix socket only.
///
/// Whoever can enter the socket's directory is let in as any user, whatever the copy's `pg_hba.conf` says. Nothing is archived,
/// and commits wait for no standby. Both files that say so are beside the cluster while the server runs.
struct CopiedServer: Sendable {
    private static let accessFile = "backup.hba.conf"
    private static let configurationFile = "backup.postgresql.conf"

    private let handle: EmbeddedPostgresHandle
    private let root: String
    /// Whether the directory goes on being used.
    private let keepsData: Bool
    /// libpq's URI of the ledger's database.
    let uri: String

    /// Starts the server on `<root>/postgres`.
    static func start(
        _ root: String, _ manifest: BackupManifest, binaries: String?, keepsData: Bool, _ logger: Logger
    ) async throws -> CopiedServer {
        var options = [
            "hba_file": "\(root)/\(accessFile)", "archive_mode": "off", "ssl": "off", "synchronous_standby_names": "",
            "shared_preload_libraries": "", "fsync": keepsData ? "on" : "off",
        ]
        try write("\(root)/\(accessFile)", "local all all trust\n")
        // Packages keep a server's settings elsewhere.
        if Glibc.access("\(root)/postgres/postgresql.conf", F_OK) != 0 {
            try write("\(root)/\(configurationFile)", "")
            options["config_file"] = "\(root)/\(configurationFile)"
        }
        do {
            let handle = try await EmbeddedPostgres.start(
                EmbeddedPostgres.Configuration(dataDirectory: root, binaries: binaries, options: options, startTimeoutSeconds: 3600),
                log: logger)
            return CopiedServer(handle, root, manifest, keepsData: keepsData)
        } catch {
            removeFiles(root)
            throw error
        }
    }

    private init(_ handle: EmbeddedPostgresHandle, _ root: String, _ manifest: BackupManifest, keepsData: Bool) {
        self.handle = handle
        self.root = root
        self.keepsData = keepsData
        uri = PostgresConfiguration.socketURI(
            directory: handle.socketDirectory, port: handle.port, database: manifest.database, user: manifest.user)
    }

    func stop() async {
        await handle.stop()
        Self.removeFiles(root)
        // It lies elsewhere if the root's path is too long for a socket.
        if !keepsData { rmdir(handle.socketDirectory) }
    }

    private static func removeFiles(_ root: String) {
        for name in [accessFile, configurationFile] { unlink("\(root)/\(name)") }
    }

    /// The server's user, who may be another, must be able to read it.
    private static func write(_ path: String, _ text: String) throws(BackupError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileTree.failure(path, "can't be made") }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o644) == 0, writeAll(Array(text.utf8), to: descriptor) else {
            throw FileTree.failure(path, "can't be written")
        }
    }
}
