public import Logging

/// A Postgres server of the program's own, under a data directory, reached by a Unix socket only.
///
/// The first program that uses a data directory makes the cluster and starts the server, others join it, and the last
/// one that leaves stops it. A server that a killed program left behind is taken over by the next start; a killed
/// server is started again and recovers by itself.
public struct EmbeddedPostgres: Sendable {
    public struct Configuration: Sendable {
        /// Where the cluster, the server's log and the locks lie; made where it doesn't exist.
        public var dataDirectory: String

        /// Where `postgres` and `initdb` are; nil to look for them in the usual places.
        public var binaries: String?

        /// Server settings that are added to `defaultOptions`, or replace them.
        public var options: [String: String]

        /// How long a start may take, recovery after a crash included, and how long to wait for other programs that
        /// start or stop the same server.
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

        /// Settings for speed that lose nothing in a crash. A server that was built without LZ4 compresses its write-ahead
        /// log by its own method, which takes several times as long.
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

    /// Makes the cluster if there is none, and starts its server or joins the one that runs.
    ///
    /// Blocks no cooperative thread; logs nothing unless given a logger. Throws an `EmbeddedPostgresError`, one sentence each.
    public static func start(
        _ configuration: Configuration,
        log: Logger = Logger(label: "embedded-postgres") { _ in SwiftLogNoOpLogHandler() }
    ) async throws(EmbeddedPostgresError) -> EmbeddedPostgresHandle {
        try await onThread { () throws(EmbeddedPostgresError) in
            try ServerStart(configuration, log).run()
        }
    }
}
