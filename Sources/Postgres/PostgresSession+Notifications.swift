import CLibPQ
import Glibc

/// What a NOTIFY said.
public struct PostgresNotification: Sendable, Hashable {
    public let channel: String
    public let payload: String
    /// The process of the session that sent it.
    public let backendPID: Int32
}

extension PostgresSession {
    /// Subscribes to a channel's notifications; a pool's connection unsubscribes when it goes back.
    public func listen(_ channel: String) throws(PostgresError) {
        isListening = true
        try executeScript("LISTEN \(quoteIdentifier(channel))")
    }

    /// The next notification, or nil when none came in time. Only sees those committed outside its own transaction.
    ///
    /// Throws where the connection is lost, and at once when the task is cancelled.
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

    /// Whether the server has closed the connection, asked while no answer is awaited. Costs one `poll`.
    func isDead() -> Bool {
        if isBroken { return true }
        // A server that shuts down first says so, then closes: each is seen by one more read.
        for _ in 0..<8 {
            if PQstatus(connection) == CONNECTION_BAD { return true }
            var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { return false }
            if PQconsumeInput(connection) == 0 { return true }
        }
        return PQstatus(connection) == CONNECTION_BAD
    }

    /// Leaves the session as the next user expects it; false where it can't be used again.
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
