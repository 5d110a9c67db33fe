import Logging
import Synchronization

/// One program's use of an embedded server; the last user stops the server.
///
/// A handle that is deallocated without `stop` gives up its use and leaves the server running for the next start.
public final class EmbeddedPostgresHandle: Sendable {
    /// libpq's URI of the server's database, `ledger`, as its owner, `alpha_ledger`, on the Unix socket.
    public let uri: String

    /// Whether the server was already running.
    public let joined: Bool

    /// The directory of the Unix socket, which is also libpq's `host`.
    public let socketDirectory: String

    /// The part of the socket's name that libpq calls the port.
    public let port: Int

    /// The process id of the server's main process.
    public let processID: Int32

    /// The server's log file.
    public let logFile: String

    private let data: DataDirectory
    private let log: Logger
    /// The lock that stands for the use of the server; nil once the use is given up.
    private let usersLock: Mutex<FileLock?>

    /// The time limit for a stop to wait for another program that is starting or stopping the server.
    private static let lockTimeoutMilliseconds: Int64 = 60_000

    init(
        data: DataDirectory, usersLock: FileLock, socketDirectory: String, port: Int, processID: Int32, joined: Bool,
        log: Logger
    ) {
        self.data = data
        self.usersLock = Mutex(usersLock)
        self.socketDirectory = socketDirectory
        self.port = port
        self.processID = processID
        self.joined = joined
        self.log = log
        logFile = data.log
        uri = EmbeddedPostgresHandle.uri(socketDirectory: socketDirectory, port: port)
    }

    /// Gives up the use of the server, and stops the server if nobody else uses it. A second call does nothing.
    ///
    /// Returns when the server has ended, or is left to other users.
    public func stop() async {
        guard let lock = usersLock.withLock({ $0.take() }) else { return }
        let data = data
        let log = log
        do {
            try await onThread { () throws(EmbeddedPostgresError) in
                let startLock = try FileLock(data.startLock)
                guard startLock.lock(.exclusive, timeoutMilliseconds: EmbeddedPostgresHandle.lockTimeoutMilliseconds)
                else {
                    throw .busy("another program has been starting or stopping the server for too long")
                }
                defer { startLock.unlock() }
                // Unlocked before this call returns, whenever the lock itself is deallocated.
                defer { lock.unlock() }
                // Nobody can join while the start lock is held, so "nobody else" stays true.
                guard lock.tryLock(.exclusive) else { return }
                _ = ServerStop(data, log).stop()
            }
        } catch {
            log.warning("the embedded Postgres server was left running", metadata: ["reason": "\(error)"])
        }
    }

    /// The URI of a server. The socket's directory goes into the query, where every byte can be written as `%XX`.
    static func uri(socketDirectory: String, port: Int) -> String {
        var host = ""
        for byte in socketDirectory.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                host.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                host += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return "postgresql:///\(Cluster.databaseName)?host=\(host)&port=\(port)&user=\(Cluster.userName)"
    }
}
