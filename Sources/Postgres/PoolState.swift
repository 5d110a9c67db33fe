/// Which connections a pool has and who waits for one: pure, so that it is tested without a server.
///
/// Every connection, and every permit to open one, counts towards the maximum until it is given back.
struct PoolState<Connection: Sendable, WaiterID: Hashable & Sendable>: Sendable {
    /// What a user of the pool gets.
    enum Grant: Sendable {
        case connection(Connection)
        /// There is room for one more: the user opens it.
        case permit
    }

    enum Request: Sendable {
        case granted(Grant)
        case mustWait
        case closed
    }

    /// What is to be done after a connection or permit came back.
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

    /// The most recently used connection, or room for another one; else the request waits in line under `waiter`.
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

    /// Takes a waiter out of the line; false where it isn't in it (any more). Cost: O(waiters).
    mutating func withdraw(_ waiter: WaiterID) -> Bool {
        guard let index = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// A connection that can be used again.
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

    /// A connection that is no more, or that never came about.
    mutating func giveBackPermit() -> Followup {
        if !isClosed, let waiter = nextWaiter() { return .grant(waiter, .permit) }
        leased -= 1
        return .none
    }

    /// No more requests; the idle connections and the waiters are for the caller to end.
    mutating func close() -> (idle: [Connection], waiters: [WaiterID]) {
        isClosed = true
        defer {
            idle = []
            waiters = []
        }
        return (idle, waiters)
    }

    /// First come, first served.
    private mutating func nextWaiter() -> WaiterID? {
        waiters.isEmpty ? nil : waiters.removeFirst()
    }
}
