import Glibc
import Synchronization
import UnixSignals

/// SIGINT and SIGTERM. The first signal asks the command to end in an orderly way, so that locks and leases are
/// released and an embedded server is stopped. The second signal ends the program at once.
enum Interruption {
    private struct State {
        var count = 0
        var onFirst: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())

    /// Watches for signals from now on. The first signal cancels the task.
    static func watch(cancelling task: Task<Void, any Error>) async {
        // Work that itself waits for the signal may have begun already.
        state.withLock { state in if state.onFirst == nil { state.onFirst = { task.cancel() } } }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        Task.detached {
            for await signal in signals { receive(signal.rawValue) }
        }
    }

    /// Returns at the first signal, or when the task is cancelled. It serves work with an orderly end of its own; the
    /// signal does not cancel such work.
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
