public import Logging

/// A private Postgres server of the program, under a data directory, reached only through a Unix socket.
///
/// The first program that uses a data directory makes the cluster and starts the server, others join it, and the last
/// one to leave stops it. If a program is killed, the next start takes over the server that it left behind. A killed
/// server is started again and recovers by itself.
public struct EmbeddedPostgres: Sendable {
    public struct Configuration: Sendable {
        /// The directory of the cluster, the server's log and the locks; created if it doesn't exist.
        public var dataDirectory: String

        /// The directory of `postgres` and `initdb`; nil to search the usual places.
        public var binaries: String?

        /// Server settings that are added to `defaultOptions`, or replace them.
        public var options: [String: String]

        /// The time limit for a start, including recovery after a crash, and for waiting on other programs that start
        /// or stop the same server.
        public var startTimeoutSeconds: Int

        public init(
            dataDirectory: String, binaries: String? = nil, options: [String: String] = [:],
            startTimeoutSeconds: Int = 300
        ) {
            self.dataDirectory = dataDirectory
            self.binaries = binaries
            self.options = options
            self.startTimeoutSeconds = startTimeoutSeconds
        }

        /// Settings for speed that lose nothing in a crash. A server built without LZ4 compresses its write-ahead log
        /// with its own method, which takes several times as long.
        public static let defaultOptions: [String: String] = [
            "fsync": "on",
            "jit": "off",
            "max_connections": "100",
            "max_wal_size": "4GB",
            "shared_buffers": "256MB",
            "synchronous_commit": "on",
            "wal_compression": "lz4",
        ]
    }

    /// The database in every cluster that is made here.
    package static let database = Cluster.databaseName
    /// The owner of the database, a superuser.
    package static let owner = Cluster.userName

    /// Makes the cluster if it is absent, and starts its server or joins the running one.
    ///
    /// Blocks no cooperative thread, and logs nothing unless given a logger. Throws an `EmbeddedPostgresError`, whose
    /// description is one sentence.
    public static func start(
        _ configuration: Configuration,
        log: Logger = Logger(label: "embedded-postgres") { _ in SwiftLogNoOpLogHandler() }
    ) async throws(EmbeddedPostgresError) -> EmbeddedPostgresHandle {
        try await onThread { () throws(EmbeddedPostgresError) in
            try ServerStart(configuration, log).run()
        }
    }
}
