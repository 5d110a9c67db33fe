import BlockingThreads
import CLedgerLibPQ
import Glibc

/// Carries a task's cancellation to the thread that is blocked in libpq. It wakes the thread's waits on the socket, and
/// asks the server to cancel the current statement.
///
/// Only the current run is ever cancelled. A run ends only after every request has been handed to the server, so that no
/// request can hit a statement of the next run.
final class CancellationSignal: Sendable {
    private struct State {
        /// The current run; 0 if there is no run.
        var run: UInt64 = 0
        var lastRun: UInt64 = 0
        var isRequested = false
        var requestsInFlight = 0
        /// libpq's handle for cancelling, once the session is connected.
        var ticket: OpaquePointer?
        /// The session's socket while it is connected, and the server at its other end.
        var socket: Int32?
        var server: String?
    }

    private let state = Monitor(State())
    /// Becomes readable for `poll` on a cancellation.
    let wakeDescriptor: Int32
    private let wakeWriter: Int32

    /// Makes a signal, or nil if the system has no descriptors left.
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

    /// Sets the handle through which a request reaches the server.
    func connect(to connection: OpaquePointer) {
        state.withLock { state in
            PQfreeCancel(state.ticket)
            state.ticket = PQgetCancel(connection)
            state.socket = PQsocket(connection)
            state.server = [PQhost(connection), PQport(connection)].map { $0.map { String(cString: $0) } ?? "" }.joined(separator: ":")
        }
    }

    /// Forgets the socket, whose number may be another's once the connection is finished.
    func disconnect() {
        state.withLock { $0.socket = nil }
    }

    /// The server that the session is on, or was last.
    var server: String? { state.withLock { $0.server } }

    /// Ends the connection for a thread that waits for its server, as if the server had closed it.
    func cutOff() {
        state.withLock { state in
            if let socket = state.socket { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Reserves a number for a run that has yet to begin.
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

    /// Whether the current run was cancelled.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Cancels the run if it is the current one. Returns at once; another thread talks to the server.
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

    /// Asks the server to cancel the current statement, and blocks until the server has received the request.
    func askServer() {
        guard let ticket = state.withLock({ $0.ticket }) else { return }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = PQcancel(ticket, buffer.baseAddress, Int32(buffer.count))
        }
    }
}
