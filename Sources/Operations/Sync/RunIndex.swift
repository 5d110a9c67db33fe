import Crypto
import LedgerValues

/// 128 bits that stand for a text: enough that two of a run's texts never share them.
struct ShortHash: Sendable, Hashable, Comparable {
    let high: UInt64
    let low: UInt64

    init(of text: String) {
        var hash = SHA256()
        hash.update(data: Array(text.utf8))
        self.init(hash.finalize())
    }

    init(_ digest: SHA256Digest) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in digest.prefix(16).enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        self.high = high
        self.low = low
    }

    init(_ digest: Digest32) {
        let bytes = digest.bytes
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 {
            high = high << 8 | UInt64(bytes[index])
            low = low << 8 | UInt64(bytes[index + 8])
        }
        self.high = high
        self.low = low
    }

    static func < (left: ShortHash, right: ShortHash) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

/// What memory keeps of every fetched row: about 64 bytes.
struct RunIndex: Sendable {
    struct Entry: Sendable {
        let id: ShortHash
        let content: ShortHash
        let updatedAt: Instant
        /// Order of arrival in the run.
        let arrival: Int32
        let slice: RowSpool.Slice
        var group: Int32 = 0
        /// How often the same row came in this run.
        var copies: Int32 = 1
    }

    /// A row that breaks the contract.
    struct Rejected: Sendable {
        let slice: RowSpool.Slice
        let reasons: [String]
        let tradeID: String?
    }

    /// All of a run's accepted rows of one trade id.
    struct Group: Sendable {
        let id: ShortHash
        /// Rows to apply, once duplicates are folded and conflicts rejected.
        var accepted: Int32
        /// Whether the ledger holds the trade as one of the scope; full-scope runs only.
        var isLocal = false
        let sample: RowSpool.Slice
    }

    /// Why rows of one trade and one `updatedAt` with different content are rejected.
    static let conflictingDuplicate = "conflicting_duplicate"

    private(set) var entries: [Entry] = []
    private(set) var rejected: [Rejected] = []
    private(set) var groups: [Group] = []
    private(set) var duplicates = 0
    private var rejectedIDs: Set<ShortHash> = []

    mutating func accept(id: String, content: Digest32, updatedAt: Instant, _ slice: RowSpool.Slice) {
        entries.append(
            Entry(
                id: ShortHash(of: id), content: ShortHash(content), updatedAt: updatedAt, arrival: Int32(entries.count),
                slice: slice))
    }

    mutating func reject(_ row: Rejected) {
        rejected.append(row)
        if let id = row.tradeID { rejectedIDs.insert(ShortHash(of: id)) }
    }

    /// Groups the accepted rows by trade: the same id and `updatedAt` with equal content is one row, with
    /// different content all of them conflict. What is left is in the order in which it is applied: by
    /// `updatedAt`, then arrival.
    ///
    /// - Returns: the rows that conflict, to be rejected by the caller, who has their text.
    mutating func settle() -> [Entry] {
        entries.sort { ($0.id, $0.updatedAt.microseconds, $0.arrival) < ($1.id, $1.updatedAt.microseconds, $1.arrival) }
        var kept: [Entry] = []
        kept.reserveCapacity(entries.count)
        var conflicts: [Entry] = []
        var start = 0
        while start < entries.count {
            let id = entries[start].id
            var group = Group(id: id, accepted: 0, sample: entries[start].slice)
            while start < entries.count, entries[start].id == id {
                var end = start + 1
                while end < entries.count, entries[end].id == id, entries[end].updatedAt == entries[start].updatedAt {
                    end += 1
                }
                let same = entries[start..<end]
                if same.allSatisfy({ $0.content == same[start].content }) {
                    var entry = same[start]
                    entry.group = Int32(groups.count)
                    entry.copies = Int32(end - start)
                    kept.append(entry)
                    group.accepted += 1
                    duplicates += end - start - 1
                } else {
                    conflicts.append(contentsOf: same)
                }
                start = end
            }
            groups.append(group)
        }
        entries = kept
        entries.sort { ($0.updatedAt.microseconds, $0.arrival) < ($1.updatedAt.microseconds, $1.arrival) }
        return conflicts.sorted { $0.arrival < $1.arrival }
    }

    /// The group of a trade id among those with accepted rows; binary search.
    func group(of id: ShortHash) -> Int? {
        var low = 0
        var high = groups.count
        while low < high {
            let middle = (low + high) / 2
            if groups[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < groups.count && groups[low].id == id ? low : nil
    }

    /// Whether any fetched row, accepted or rejected, carries the id.
    func isFound(_ id: ShortHash) -> Bool { rejectedIDs.contains(id) || group(of: id) != nil }

    mutating func setLocal(_ group: Int, _ isLocal: Bool) { groups[group].isLocal = isLocal }

    mutating func loseAccepted(_ group: Int) { groups[group].accepted -= 1 }
}
