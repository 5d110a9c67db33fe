import Glibc
import Synchronization
import UnixSignals

/// SIGINT and SIGTERM. The first asks the command to end in order, so that locks and leases are given back and an
/// embedded server is stopped; the second ends the program at once.
enum Interruption {
    private struct State {
        var count = 0
        var onFirst: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())

    /// Watches for signals from now on; the first one cancels the task.
    static func watch(cancelling task: Task<Void, any Error>) async {
        // Work that waits for the signal itself may have begun already.
        state.withLock { state in if state.onFirst == nil { state.onFirst = { task.cancel() } } }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        Task.detached {
            for await signal in signals { receive(signal.rawValue) }
        }
    }

    /// Returns at the first signal, or where the task is cancelled: for work that has an orderly end of its own, which
    /// is then not cancelled.
    static func wait() async {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLock { $0.onFirst = { continuation.finish() } }
        for await _ in signals {}
    }

    static var hasCome: Bool { state.withLock { $0.count > 0 } }

    private static func receive(_ number: Int32) {
        let (count, onFirst) = state.withLock { state in
            state.count += 1
            return (state.count, state.onFirst)
        }
        if count > 1 { _exit(128 + number) }
        onFirst?()
    }
}
