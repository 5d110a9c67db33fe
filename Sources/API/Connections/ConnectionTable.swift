import Synchronization

/// The open connections, by the address of the peer.
///
/// Each peer has a maximum number of connections, and so has the whole service. Beyond either, the connection whose
/// client has kept the service waiting longest makes room. That connection is idle or has an incomplete request. If no
/// connection can make room, the new one is refused. A client that merely holds connections therefore cannot keep
/// others out.
final class ConnectionTable: Sendable {
    /// A connection in the table.
    final class Entry: Sendable {
        fileprivate let peer: String
        fileprivate let close: @Sendable () -> Void
        /// The time from which the service waits for the client, in nanoseconds on the table's clock. `owed` while the
        /// client waits for the service.
        private let waiting: Atomic<Int64>
        fileprivate static let owed = Int64.max

        fileprivate init(_ peer: String, since: Int64, _ close: @escaping @Sendable () -> Void) {
            self.peer = peer
            self.close = close
            waiting = Atomic(since)
        }

        fileprivate var waitingSince: Int64 { waiting.load(ordering: .relaxed) }
        fileprivate func wait(since instant: Int64?) { waiting.store(instant ?? Self.owed, ordering: .relaxed) }
    }

    enum Admission {
        case admitted(Entry)
        /// The peer has its maximum number of connections, and the service owes all of them an answer.
        case peerIsFull(Entry)
        /// No connection can make room.
        case full
    }

    private struct State {
        var peers: [String: [ObjectIdentifier: Entry]] = [:]
        /// Connections that are about to be told of their refusal. They do not count against their peer.
        var refused: [ObjectIdentifier: Entry] = [:]
        var count = 0
    }

    private let maximum: Int
    private let maximumPerPeer: Int
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    init(maximum: Int, perPeer: Int) {
        self.maximum = max(1, maximum)
        maximumPerPeer = max(1, perPeer)
    }

    var count: Int { state.withLock { $0.count } }

    /// Adds a connection until it closes.
    ///
    /// - Parameter makeRoom: closes this connection to make room for another
    func open(_ peer: String, now: ContinuousClock.Instant = .now, makeRoom: @escaping @Sendable () -> Void) -> Admission {
        let entry = Entry(peer, since: nanoseconds(now), makeRoom)
        let (admission, removed) = state.withLock { state -> (Admission, [Entry]) in
            var removed: [Entry] = []
            if state.count >= maximum {
                let longest = Self.longestWaiting(state.refused.values) ?? Self.longestWaiting(state.peers.values.lazy.flatMap(\.values))
                guard let longest else { return (.full, []) }
                Self.remove(longest, &state)
                removed.append(longest)
            }
            var isFull = false
            if let others = state.peers[peer], others.count >= maximumPerPeer {
                if let longest = Self.longestWaiting(others.values) {
                    Self.remove(longest, &state)
                    removed.append(longest)
                } else {
                    isFull = true
                }
            }
            if isFull {
                state.refused[ObjectIdentifier(entry)] = entry
            } else {
                state.peers[peer, default: [:]][ObjectIdentifier(entry)] = entry
            }
            state.count += 1
            return (isFull ? .peerIsFull(entry) : .admitted(entry), removed)
        }
        for entry in removed { entry.close() }
        return admission
    }

    /// Removes a closed connection.
    func closed(_ entry: Entry) { state.withLock { Self.remove(entry, &$0) } }

    /// Sets the time from which the service waits for a connection's client. Nil while the service owes it an answer.
    func mark(_ entry: Entry, waitingSince instant: ContinuousClock.Instant?) { entry.wait(since: instant.map(nanoseconds)) }

    private func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let passed = start.duration(to: instant).components
        return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
    }

    private static func longestWaiting(_ entries: some Sequence<Entry>) -> Entry? {
        let longest = entries.min { $0.waitingSince < $1.waitingSince }
        return longest.flatMap { $0.waitingSince == Entry.owed ? nil : $0 }
    }

    private static func remove(_ entry: Entry, _ state: inout State) {
        let id = ObjectIdentifier(entry)
        let removed = state.refused.removeValue(forKey: id) ?? state.peers[entry.peer]?.removeValue(forKey: id)
        if state.peers[entry.peer]?.isEmpty == true { state.peers[entry.peer] = nil }
        if removed != nil { state.count -= 1 }
    }
}
