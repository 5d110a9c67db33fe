import Glibc
import Logging

/// Stops a server in fast mode: sessions are ended, open transactions are rolled back, and everything is written.
struct ServerStop {
    private let data: DataDirectory
    private let log: Logger
    private static let timeoutMilliseconds: Int64 = 120_000

    init(_ data: DataDirectory, _ log: Logger) {
        self.data = data
        self.log = log
    }

    /// Stops the server; true if no server runs any more. The caller holds the start lock, and has made sure that
    /// nobody uses the server.
    func stop() -> Bool {
        guard let file = PostmasterFile.read(data.cluster), file.isAlive(in: data.cluster) else { return true }
        guard kill(file.processID, SIGINT) == 0 || errno == ESRCH else {
            log.warning(
                "the Postgres server can't be stopped",
                metadata: ["process": "\(file.processID)", "reason": "\(Files.errorText())"])
            return false
        }
        let isOver = try? poll(forMilliseconds: ServerStop.timeoutMilliseconds) {
            ProcessTable.isRunning(file.processID) ? nil : true
        }
        if isOver == nil || isOver == .some(nil) {
            log.warning("the Postgres server is still stopping", metadata: ["process": "\(file.processID)"])
            return false
        }
        log.info("stopped the Postgres server", metadata: ["process": "\(file.processID)"])
        return true
    }
}
