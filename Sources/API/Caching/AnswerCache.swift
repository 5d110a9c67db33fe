import Synchronization
import Values

/// Answers given lately, by all that they depend on; bounded in bytes, the oldest go first.
final class AnswerCache: Sendable {
    private struct Entries {
        var answers: [ByteKey: APIResponse] = [:]
        var order: [ByteKey] = []
        /// Where the oldest stands in `order`: what lies before is gone.
        var oldest = 0
        var bytes = 0
    }

    private let maximumBytes: Int
    private let entries = Mutex(Entries())

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    subscript(key: String) -> APIResponse? { entries.withLock { $0.answers[ByteKey(key)] } }

    /// Keeps an answer, or another form of one that is kept.
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

    /// With what the dictionary takes beside the bytes, roughly.
    private static func size(_ answer: APIResponse, _ key: ByteKey) -> Int {
        answer.body.count + (answer.compressed?.count ?? 0) + key.text.utf8.count * 2 + 512
    }
}
