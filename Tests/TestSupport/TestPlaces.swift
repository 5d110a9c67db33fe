import Synchronization

/// Limits how many tests of a process run on a database at a time. The others wait for their turn, in order.
///
/// Swift Testing starts all tests of a process at once. A test with a database also has a dozen sessions, and many
/// tests have a whole service. On two cores, dozens of them would slow each other down until answers and sockets time
/// out.
final class TestPlaces: Sendable {
    /// More than there are cores, because tests also spend time waiting.
    static let shared = TestPlaces(count: 4)
    /// Whether the current test has a place. Such a test can open further databases; waiting for a second place might
    /// never end.
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
