import LedgerPostgres
import LedgerStore

/// The use of a pool of database connections at one moment.
package struct PoolUsage: Sendable {
    /// `reads` or `projectors`
    package let name: String
    /// The number of connections in use or being opened.
    package let inUse: Int
    /// The number of open connections that nobody uses.
    package let idle: Int
    /// The number of requests that wait for a connection.
    package let waiting: Int
    /// The largest number of connections.
    package let maximum: Int

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
package struct AppendCounts: Sendable {
    /// Requests answered without an error.
    package let requests: Int
    /// Commits of these requests that added events.
    package let commits: Int
    /// New events.
    package let events: Int
}

extension Ledger {
    package var poolUsage: [PoolUsage] { [PoolUsage("reads", pool), PoolUsage("projectors", projectorPool)] }

    package func appendCounts() async -> AppendCounts {
        AppendCounts(requests: await log.appends, commits: await log.commits, events: await log.appended)
    }
}
