import LedgerEvents
import LedgerValues

/// Keys numbered from 0 in the order of first occurrence.
struct KeyNumbers {
    private(set) var keys: ContiguousArray<RowKey> = []
    private var hashes: ContiguousArray<Int> = []
    /// Numbers plus one by hash, or 0 for a free slot; its size is a power of two, and at most half of it is full.
    private var table: ContiguousArray<Int32> = ContiguousArray(repeating: 0, count: 1 << 12)

    /// The number of a key; a new key gets the next number.
    ///
    /// - Parameter hash: the key's own hash.
    mutating func number(_ key: RowKey, _ hash: Int) -> Int32 {
        var slot = hash & (table.count - 1)
        while table[slot] != 0 {
            let number = Int(table[slot] - 1)
            // Hashes tell nearly all keys apart without a look at their texts.
            if hashes[number] == hash, keys[number] == key { return Int32(number) }
            slot = (slot + 1) & (table.count - 1)
        }
        keys.append(key)
        hashes.append(hash)
        table[slot] = Int32(keys.count)
        if keys.count * 2 > table.count { grow() }
        return Int32(keys.count - 1)
    }

    private mutating func grow() {
        var larger = ContiguousArray<Int32>(repeating: 0, count: table.count * 2)
        for number in hashes.indices {
            var slot = hashes[number] & (larger.count - 1)
            while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = Int32(number + 1)
        }
        table = larger
    }

    /// The numbers in the order of the keys.
    func sorted() -> [Int32] { RowKey.order(keys) }
}

/// The subjects of a log's events, numbered in the order of first occurrence. The folds of a pass share one look-up per
/// event.
///
/// Not safe for concurrent use, but it may move between threads.
///
/// Unchecked: the pass that owns it gives its workers turns under its lock, one at a time, and sorts after all subjects
/// are numbered; the compiler can't see that order.
public final class SubjectNumbers: @unchecked Sendable {
    private var numbers = KeyNumbers()

    public init() {}

    /// Numbers the subjects of some events. Call it with the batches of a log in order.
    public func number(_ events: [ReadEvent]) -> NumberedEvents {
        var subjects: [Int32] = []
        subjects.reserveCapacity(events.count)
        for index in events.indices {
            guard let key = events[index].subject else {
                subjects.append(-1)
                continue
            }
            subjects.append(numbers.number(key, events[index].subjectHash))
        }
        return NumberedEvents(events: events, subjects: subjects, subjectCount: numbers.keys.count)
    }

    /// The numbers in the order of the subjects' keys.
    public func sorted() -> [Int32] { numbers.sorted() }
}

/// Consecutive events of a log with the numbers of their subjects.
public struct NumberedEvents: Sendable {
    let events: [ReadEvent]
    /// The number of each event's subject; -1 for an event without a subject.
    let subjects: [Int32]
    /// The number of subjects seen so far.
    let subjectCount: Int
}

extension RowKey {
    /// The indices of some keys, sorted by key.
    ///
    /// Keys often share their first part. The first bytes of the second, compared as numbers, then decide nearly all comparisons.
    static func order(_ keys: ContiguousArray<RowKey>) -> [Int32] {
        struct Entry {
            let first: UInt64
            let second: UInt64
            let index: Int32
        }
        var byFirstPart: [ByteKey: [Entry]] = [:]
        for (index, key) in keys.enumerated() {
            let (a, b) = key.parts.count > 1 ? key.parts[1].text.leadingWords : (0, 0)
            byFirstPart[key.parts[0], default: []].append(Entry(first: a, second: b, index: Int32(index)))
        }
        var order: [Int32] = []
        order.reserveCapacity(keys.count)
        for (_, var entries) in byFirstPart.sorted(by: { $0.key < $1.key }) {
            entries.sort { left, right in
                if left.first != right.first { return left.first < right.first }
                if left.second != right.second { return left.second < right.second }
                return keys[Int(left.index)] < keys[Int(right.index)]
            }
            for entry in entries { order.append(entry.index) }
        }
        return order
    }
}

extension String {
    /// The first sixteen bytes of the UTF-8 as two big-endian words, zero-padded if the text is shorter. The words
    /// compare in the order of the bytes.
    fileprivate var leadingWords: (UInt64, UInt64) {
        var text = self
        return text.withUTF8 { utf8 in
            var words: (UInt64, UInt64) = (0, 0)
            for index in 0..<min(16, utf8.count) {
                let byte = UInt64(utf8[index]) << UInt64(56 - index % 8 * 8)
                if index < 8 { words.0 |= byte } else { words.1 |= byte }
            }
            return words
        }
    }
}
