import LedgerStore

/// Wakes everybody who follows a ledger's log, at least once a second.
package struct LogNotifications: Sendable {
    fileprivate let signal: LogSignal

    /// Listens until cancelled.
    package func run() async { await signal.run() }

    /// A number that grows with every wake-up. A waiter keeps it to tell which wake-ups it has seen.
    package var seen: UInt64 { get async { await signal.seen } }

    /// Returns once there is a wake-up after `seen`, or the waiter's task is cancelled.
    package func wait(after seen: UInt64) async { await signal.wait(after: seen) }
}

extension Ledger {
    /// Notifications over a connection of their own. They begin with ``LogNotifications/run()``.
    package func notifications() -> LogNotifications { LogNotifications(signal: LogSignal(serviceConfiguration)) }

    /// Keeps every version whose code is installed at the log's head until cancelled, then gives the leases back.
    package func runProjectors(_ notifications: LogNotifications) async {
        await ProjectionGroup(registry, pool: projectorPool, owner: owner).run(notifications.signal)
    }
}
