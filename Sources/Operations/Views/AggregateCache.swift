import JSON
import Synchronization

/// Sums of views that were worked out lately, by all that they depend on. Bounded; the oldest go first.
final class AggregateCache: Sendable {
    private struct Entries {
        var nodes: [String: JSONNode] = [:]
        var order: [String] = []
    }

    private static let limit = 256
    private let entries = Mutex(Entries())

    subscript(key: String) -> JSONNode? {
        get { entries.withLock { $0.nodes[key] } }
        set {
            guard let newValue else { return }
            entries.withLock { entries in
                if entries.nodes.updateValue(newValue, forKey: key) == nil { entries.order.append(key) }
                if entries.order.count > Self.limit { entries.nodes[entries.order.removeFirst()] = nil }
            }
        }
    }
}
