import BlockingThreads
import CLedgerLibPQ
import Glibc

/// A notification sent by NOTIFY.
public struct PostgresNotification: Sendable, Hashable {
    public let channel: String
    public let payload: String
    /// The process of the session that sent the notification.
    public let backendPID: Int32
}

extension PostgresSession {
    /// Subscribes to a channel's notifications. A pool's connection unsubscribes when it is returned.
    public func listen(_ channel: String) throws(PostgresError) {
        isListening = true
        try executeScript("LISTEN \(quoteIdentifier(channel))")
    }

    /// The next notification, or nil if none came in time. Only sees notifications committed outside its own transaction.
    ///
    /// Throws if the connection is lost, and at once if the task is cancelled.
    public func waitForNotification(timeoutMilliseconds: Int) throws(PostgresError) -> PostgresNotification? {
        let deadline = monotonicMilliseconds() + Int64(clamping: max(0, timeoutMilliseconds))
        while true {
            try checkCancelled()
            if let notification = nextNotification() { return notification }
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0),
                pollfd(fd: signal.wakeDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let remaining = Int32(clamping: max(0, deadline - monotonicMilliseconds()))
            let ready = poll(&descriptors, 2, remaining)
            try checkCancelled()
            if ready == 0 { return nil }
            if ready > 0 && descriptors[0].revents != 0 {
                guard PQconsumeInput(connection) == 1 else { throw lostConnection() }
            }
        }
    }

    private func nextNotification() -> PostgresNotification? {
        guard let notify = PQnotifies(connection) else { return nil }
        defer { PQfreemem(notify) }
        return PostgresNotification(
            channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra),
            backendPID: notify.pointee.be_pid)
    }

    /// Whether the server has closed the connection, asked while no answer is pending. Costs one `poll`.
    func isDead() -> Bool {
        if isBroken { return true }
        // A server that shuts down first sends a message, then closes; each takes one more read to see.
        for _ in 0..<8 {
            if PQstatus(connection) == CONNECTION_BAD { return true }
            var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { return false }
            if PQconsumeInput(connection) == 0 { return true }
        }
        return PQstatus(connection) == CONNECTION_BAD
    }

    /// Resets the session to the state that the next user expects; false if it can't be used again.
    func reset() -> Bool {
        rollBack()
        if isListening && !isBroken && PQstatus(connection) == CONNECTION_OK {
            isListening = false
            PQclear(PQexec(connection, "UNLISTEN *"))
            while nextNotification() != nil {}
        }
        return !isBroken && PQstatus(connection) == CONNECTION_OK
    }
}
