import LedgerValues
import Synchronization

/// Recent answers, keyed by everything they depend on. The cache is bounded in bytes and drops the oldest answers first.
final class AnswerCache: Sendable {
    private struct Entries {
        var answers: [ByteKey: APIResponse] = [:]
        var order: [ByteKey] = []
        /// The index of the oldest entry in `order`. Entries before it are gone.
        var oldest = 0
        var bytes = 0
    }

    private let maximumBytes: Int
    private let entries = Mutex(Entries())

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    subscript(key: String) -> APIResponse? { entries.withLock { $0.answers[ByteKey(key)] } }

    /// Keeps an answer. It replaces an earlier form of the same answer.
    func keep(_ answer: APIResponse, for key: String) {
        let key = ByteKey(key)
        let size = Self.size(answer, key)
        if size > maximumBytes / 8 { return }
        entries.withLock { entries in
            if let old = entries.answers.updateValue(answer, forKey: key) {
                entries.bytes -= Self.size(old, key)
            } else {
                entries.order.append(key)
            }
            entries.bytes += size
            while entries.bytes > maximumBytes, entries.oldest < entries.order.count {
                let key = entries.order[entries.oldest]
                entries.oldest += 1
                if let gone = entries.answers.removeValue(forKey: key) { entries.bytes -= Self.size(gone, key) }
            }
            if entries.oldest > 1024 {
                entries.order.removeFirst(entries.oldest)
                entries.oldest = 0
            }
        }
    }

    /// The approximate size, including the dictionary's overhead.
    private static func size(_ answer: APIResponse, _ key: ByteKey) -> Int {
        answer.body.count + (answer.compressed?.count ?? 0) + key.text.utf8.count * 2 + 512
    }
}
