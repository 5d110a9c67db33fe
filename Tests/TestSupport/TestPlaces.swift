import Synchronization

/// Lets so many tests of a process run at a time on a database; the others wait their turn, in order.
///
/// Swift Testing starts all tests of a process at once. Each that has a database has a dozen sessions too, and many a
/// whole service: on two cores dozens of these would take each other's time, until answers and sockets time out.
final class TestPlaces: Sendable {
    /// More than there are cores, since tests wait as well.
    static let shared = TestPlaces(count: 4)
    /// A test that has a place can open further databases: waiting for its own place, it would never end.
    @TaskLocal private static var isTaken = false

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(free: count)) }

    func run<T>(_ test: () async throws -> T) async throws -> T {
        if Self.isTaken { return try await test() }
        await enter()
        defer { leave() }
        return try await Self.$isTaken.withValue(true) { try await test() }
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free == 0 {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
