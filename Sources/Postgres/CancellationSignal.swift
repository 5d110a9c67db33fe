import CLibPQ
import Glibc

/// Carries a task's cancellation to the thread that is blocked in libpq: wakes its waits on the socket, and asks the
/// server to cancel the statement under way.
///
/// Only the run that is on is ever cancelled, and it ends after every request to the server has been handed over, so
/// that none can hit the next run's statement.
final class CancellationSignal: Sendable {
    private struct State {
        /// Which run is on; 0 for none.
        var run: UInt64 = 0
        var lastRun: UInt64 = 0
        var isRequested = false
        var requestsInFlight = 0
        /// libpq's ticket for cancelling, once the session is connected.
        var ticket: OpaquePointer?
    }

    private let state = Monitor(State())
    /// Becomes readable when a cancellation comes, for `poll`.
    let wakeDescriptor: Int32
    private let wakeWriter: Int32

    /// Nil where the system has no descriptors left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeDescriptor = ends[0]
        wakeWriter = ends[1]
    }

    deinit {
        close(wakeDescriptor)
        close(wakeWriter)
        state.withLock { PQfreeCancel($0.ticket) }
    }

    /// Sets what a request needs to reach the server.
    func connect(to connection: OpaquePointer) {
        state.withLock { state in
            PQfreeCancel(state.ticket)
            state.ticket = PQgetCancel(connection)
        }
    }

    /// A number for a run that has yet to begin.
    func reserveRun() -> UInt64 {
        state.withLock { state in
            state.lastRun += 1
            return state.lastRun
        }
    }

    func begin(_ run: UInt64) {
        state.withLock { state in
            state.run = run
            state.isRequested = false
        }
    }

    /// Ends the run once no request is on its way to the server.
    func end() {
        let wasRequested = state.wait { state -> Bool? in
            if state.requestsInFlight > 0 { return nil }
            state.run = 0
            defer { state.isRequested = false }
            return state.isRequested
        }
        if wasRequested {
            var byte: UInt8 = 0
            while read(wakeDescriptor, &byte, 1) > 0 {}
        }
    }

    /// Whether the run that is on was cancelled.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Cancels the run if it is the one that is on. Returns at once; a thread talks to the server.
    func request(_ run: UInt64) {
        let mustAskServer = state.withLock { state in
            if state.run != run || state.isRequested { return false }
            state.isRequested = true
            var byte: UInt8 = 1
            _ = write(wakeWriter, &byte, 1)
            if state.ticket == nil { return false }
            state.requestsInFlight += 1
            return true
        }
        if !mustAskServer { return }
        let isStarted = startThread { [self] in
            askServer()
            state.withLock { $0.requestsInFlight -= 1 }
        }
        if !isStarted { state.withLock { $0.requestsInFlight -= 1 } }
    }

    /// Asks the server to cancel the statement under way and blocks until it has taken the request.
    func askServer() {
        guard let ticket = state.withLock({ $0.ticket }) else { return }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = PQcancel(ticket, buffer.baseAddress, Int32(buffer.count))
        }
    }
}
