import Postgres
import PostgresStore

/// The use of a pool of database connections at one moment.
public struct PoolUsage: Sendable {
    /// `reads` or `projectors`
    public let name: String
    /// The number of connections in use or being opened.
    public let inUse: Int
    /// The number of open connections that nobody uses.
    public let idle: Int
    /// The number of requests that wait for a connection.
    public let waiting: Int
    /// The largest number of connections.
    public let maximum: Int

    init(_ name: String, _ pool: PostgresPool) {
        let usage = pool.usage
        self.name = name
        inUse = usage.inUse
        idle = usage.idle
        waiting = usage.waiting
        maximum = usage.maximum
    }
}

/// The appends of this process so far.
public struct AppendCounts: Sendable {
    /// Requests answered without an error.
    public let requests: Int
    /// Commits of these requests that added events.
    public let commits: Int
    /// New events.
    public let events: Int
}

extension Ledger {
    public var poolUsage: [PoolUsage] { [PoolUsage("reads", pool), PoolUsage("projectors", projectorPool)] }

    public func appendCounts() async -> AppendCounts {
        AppendCounts(requests: await log.appends, commits: await log.commits, events: await log.appended)
    }
}
