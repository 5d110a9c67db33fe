/// A pool's connections and the requests that wait for one. It is pure, so that it can be tested without a server.
///
/// Every connection, and every permit to open one, counts towards the maximum until it is returned.
struct PoolState<Connection: Sendable, WaiterID: Hashable & Sendable>: Sendable {
    /// The answer to a granted request.
    enum Grant: Sendable {
        case connection(Connection)
        /// Room for one more connection, which the user opens.
        case permit
    }

    enum Request: Sendable {
        case granted(Grant)
        case mustWait
        case closed
    }

    /// The action that must follow the return of a connection or permit.
    enum Followup: Sendable {
        case none
        case grant(WaiterID, Grant)
        case close(Connection)
    }

    let maximum: Int
    private var idle: [Connection] = []
    private var waiters: [WaiterID] = []
    private(set) var leased = 0
    private(set) var isClosed = false

    init(maximum: Int) {
        self.maximum = max(1, maximum)
    }

    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }

    /// Grants the most recently used idle connection, or a permit to open one. If neither is available, the request
    /// waits in line under `waiter`.
    mutating func request(_ waiter: WaiterID) -> Request {
        if isClosed { return .closed }
        if let connection = idle.popLast() {
            leased += 1
            return .granted(.connection(connection))
        }
        if leased < maximum {
            leased += 1
            return .granted(.permit)
        }
        waiters.append(waiter)
        return .mustWait
    }

    /// Removes a waiter from the line; false if it is not, or no longer, in the line. Cost: O(waiters).
    mutating func withdraw(_ waiter: WaiterID) -> Bool {
        guard let index = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// Returns a connection that can be used again.
    mutating func giveBack(_ connection: Connection) -> Followup {
        if isClosed {
            leased -= 1
            return .close(connection)
        }
        if let waiter = nextWaiter() { return .grant(waiter, .connection(connection)) }
        leased -= 1
        idle.append(connection)
        return .none
    }

    /// Returns the permit of a connection that was lost or never opened.
    mutating func giveBackPermit() -> Followup {
        if !isClosed, let waiter = nextWaiter() { return .grant(waiter, .permit) }
        leased -= 1
        return .none
    }

    /// Refuses further requests. The caller ends the idle connections and the waiters.
    mutating func close() -> (idle: [Connection], waiters: [WaiterID]) {
        isClosed = true
        defer {
            idle = []
            waiters = []
        }
        return (idle, waiters)
    }

    /// The next waiter: first come, first served.
    private mutating func nextWaiter() -> WaiterID? {
        waiters.isEmpty ? nil : waiters.removeFirst()
    }
}
