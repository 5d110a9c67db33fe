import NIOCore
import Synchronization

/// Closes a connection whose reader leaves a piece unread for too long.
final class StallWatch: Sendable {
    private let writingSince = Mutex<ContinuousClock.Instant?>(nil)
    private let check = Mutex<RepeatedTask?>(nil)

    init(_ channel: any Channel, _ timeout: Duration, onStall: @escaping @Sendable () -> Void) {
        let interval = TimeAmount(timeout) / 4
        let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] task in
            guard let self, let since = self.writingSince.withLock({ $0 }) else { return }
            guard since.duration(to: .now) >= timeout else { return }
            task.cancel()
            onStall()
            channel.close(promise: nil)
        }
        check.withLock { $0 = task }
    }

    /// A write begins, or has ended.
    func writing(_ isWriting: Bool) { writingSince.withLock { $0 = isWriting ? .now : nil } }

    func end() { check.withLock { $0.take() }?.cancel() }
}

extension TimeAmount {
    fileprivate static func / (amount: TimeAmount, divisor: Int64) -> TimeAmount {
        .nanoseconds(max(1, amount.nanoseconds / divisor))
    }
}
