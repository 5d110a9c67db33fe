import CProcess
import Glibc

/// The layout of one embedded server's files.
///
/// ```
/// <root>/postgres        the cluster (PGDATA), the server user's, 0700
/// <root>/postgres.new-*  a cluster in the making; a leftover is removed
/// <root>/postgres.log    the server's log
/// <root>/socket          its Unix socket, if the path is short enough for one
/// <root>/locks           the locks for starting, stopping and using the server
/// ```
struct DataDirectory: Sendable {
    /// The path of the directory, absolute and without symbolic links.
    let root: String

    var cluster: String { "\(root)/postgres" }
    var log: String { "\(root)/postgres.log" }
    var startLock: String { "\(root)/locks/start.lock" }
    var usersLock: String { "\(root)/locks/users.lock" }
    static let newClusterPrefix = "postgres.new-"

    /// The layout under a path, whether the directory exists or not. Nothing is created.
    init(at path: String) throws(EmbeddedPostgresError) {
        guard !path.isEmpty else { throw .directory("the data directory has an empty name") }
        root = Files.resolved(path) ?? path
    }

    /// The layout under a path, whose directory is created if it is absent. The server's user must be able to pass
    /// through it, and nobody else needs to list it.
    init(preparing path: String) throws(EmbeddedPostgresError) {
        try Files.makeDirectories(path, mode: geteuid() == 0 ? 0o711 : 0o700)
        guard let root = Files.resolved(path) else {
            throw .directory("the data directory \(path) can't be resolved: \(Files.errorText())")
        }
        self.root = root
        let locks = "\(root)/locks"
        if mkdir(locks, 0o700) != 0 && errno != EEXIST {
            throw .directory("the directory \(locks) can't be made: \(Files.errorText())")
        }
    }

    /// The major version that made the cluster, or nil if there is no cluster.
    func clusterVersion() throws(EmbeddedPostgresError) -> Int? {
        guard Files.status(cluster) != nil else { return nil }
        guard let text = Files.read("\(cluster)/PG_VERSION") else {
            // initdb writes PG_VERSION first: without it and without control data, nothing was ever stored here.
            guard Files.status("\(cluster)/global/pg_control") == nil else {
                throw .directory("the cluster \(cluster) is damaged: it has data, but its PG_VERSION can't be read")
            }
            return nil
        }
        guard let version = Int(text.prefix { $0.isNumber }) else {
            throw .directory("the cluster \(cluster) is damaged: its PG_VERSION holds no version")
        }
        return version
    }

    /// Throws unless the server's user can enter the directory; the error names the first part of the path that stops the
    /// user. Absent parts will be created so that the user can enter them.
    func checkAccess(_ user: ServerUser) throws(EmbeddedPostgresError) {
        guard user.dropsPrivileges else { return }
        let path = Files.nearest(to: root)
        var failedLength = 0
        let code = cprocess_probe_directory(path, true, user.id, user.group, &failedLength)
        // A part of the path that is not a directory shows up when the directory is created.
        if code == 0 || code == ENOTDIR { return }
        let part = failedLength > 0 ? String(decoding: Array(path.utf8.prefix(failedLength)), as: UTF8.self) : path
        throw .directory(
            """
            user \(user.name), as which root runs the Postgres server, can't enter the directory \(part) \
            (\(Files.errorText(code))); allow it (chmod o+x) or choose another data directory
            """)
    }

    /// Removes the remains of interrupted initializations.
    func removeLeftovers() throws(EmbeddedPostgresError) {
        for name in Files.names(in: root) where name.hasPrefix(DataDirectory.newClusterPrefix) {
            try Files.removeTree("\(root)/\(name)")
        }
    }
}
