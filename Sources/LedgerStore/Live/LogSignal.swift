public import LedgerPostgres
import Logging

/// Wakes everybody who follows the log.
///
/// A notification is a hint, which can be lost with its connection. Every waiter therefore wakes at least once a second
/// and looks at the log itself.
public actor LogSignal {
    /// The longest time that a waiter sleeps without a notification.
    public static let pollMilliseconds = 1000

    private let pollMilliseconds: Int
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter = 0
    private var count: UInt64 = 0

    public init(_ configuration: PostgresConfiguration, pollMilliseconds: Int = LogSignal.pollMilliseconds) {
        self.pollMilliseconds = pollMilliseconds
        self.configuration = configuration
        logger = Logger(label: "\(configuration.applicationName).follow")
    }

    /// A number that grows with every wake-up. A waiter keeps it to tell which wake-ups it has seen.
    public var seen: UInt64 { count }

    /// Returns once there is a wake-up after `seen`, or the waiter's task is cancelled.
    public func wait(after seen: UInt64) async {
        if count != seen || Task.isCancelled { return }
        let id = nextWaiter
        nextWaiter += 1
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { waiters[id] = continuation }
            }
        } onCancel: {
            Task { await self.release(id) }
        }
    }

    private func release(_ id: Int) { waiters.removeValue(forKey: id)?.resume() }

    private func wake() {
        count &+= 1
        let woken = waiters
        waiters.removeAll()
        for waiter in woken.values { waiter.resume() }
    }

    /// Listens until cancelled, on a dedicated connection that is reopened whenever it is lost.
    public func run() async {
        while !Task.isCancelled {
            do {
                let connection = try await PostgresConnection.open(configuration)
                do {
                    // A session that is given back stops listening, so this run keeps the session for as long as it
                    // lives.
                    let poll = pollMilliseconds
                    try await connection.run { session in
                        try session.listen("ledger_events")
                        while true {
                            Task { await self.wake() }
                            _ = try session.waitForNotification(timeoutMilliseconds: poll)
                        }
                    }
                    await connection.close()
                } catch {
                    await connection.close()
                    throw error
                }
            } catch {
                if Task.isCancelled { break }
                logger.warning("listening for events was interrupted", metadata: ["reason": "\(error)"])
                wake()
                try? await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
            }
        }
        wake()
    }
}
