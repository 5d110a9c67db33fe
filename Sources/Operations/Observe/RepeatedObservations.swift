import LedgerEvents
import LedgerValues
import OptionTrades

/// A stream in eight bytes, for tables with an entry for each observation. Two streams have the same key with a
/// probability of n² ÷ 2^65.
struct StreamKey: Hashable, Sendable {
    let bits: UInt64

    init(_ observation: EncodedObservation) {
        // Kinds with the same identifying fields have the same digest, so the kind enters the key separately.
        let kind = MarketKind.allCases.firstIndex(of: observation.kind) ?? 0
        bits = observation.identifyingDigest.leadingBits ^ (UInt64(kind + 1) &* 0x9e37_79b9_7f4a_7c15)
    }
}

extension Digest32 {
    /// The first eight bytes.
    var leadingBits: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

/// A set of streams, each with its last content seen. It takes 16 bytes for each entry, in a table at most three
/// quarters full.
struct ContentTable: Sendable {
    private var keys: [UInt64]
    private var contents: [UInt64]
    private(set) var count = 0

    init() {
        keys = [UInt64](repeating: 0, count: 1024)
        contents = keys
    }

    /// 0 marks an empty place.
    private static func stored(_ key: StreamKey) -> UInt64 { key.bits == 0 ? 1 : key.bits }

    private func place(of stored: UInt64) -> Int {
        // The bits come from a digest, so any of them will do.
        var place = Int(truncatingIfNeeded: stored) & (keys.count - 1)
        while keys[place] != 0, keys[place] != stored { place = (place + 1) & (keys.count - 1) }
        return place
    }

    subscript(key: StreamKey) -> UInt64? {
        get {
            let stored = Self.stored(key)
            let place = place(of: stored)
            return keys[place] == stored ? contents[place] : nil
        }
        set {
            guard let newValue else { return }
            if (count + 1) * 4 > keys.count * 3 { grow() }
            let stored = Self.stored(key)
            let place = place(of: stored)
            if keys[place] == 0 {
                keys[place] = stored
                count += 1
            }
            contents[place] = newValue
        }
    }

    private mutating func grow() {
        let (oldKeys, oldContents) = (keys, contents)
        keys = [UInt64](repeating: 0, count: oldKeys.count * 2)
        contents = keys
        for index in oldKeys.indices where oldKeys[index] != 0 {
            let place = place(of: oldKeys[index])
            keys[place] = oldKeys[index]
            contents[place] = oldContents[index]
        }
    }
}

/// The observations of the files that supersede each other, in the files' order.
///
/// They distinguish a repeated import from a return to an older content. Suppose that a stream's lines are A, B, C and
/// a killed run left its first contents A, B. Then only C is still to be stored, although A differs from the stream's
/// latest.
struct RepeatedObservations: Sendable {
    /// The contents of each stream that has more than one, with equal neighbours counted once and with the ordinal of
    /// each content's first line.
    private var sequences: [StreamKey: [(ordinal: Int, content: UInt64)]] = [:]

    init(_ scan: ImportScan) throws {
        var scan = scan
        var seen = ContentTable()
        // The ordinal of a stream's first line is not needed, because the line comes before all others.
        while let batch = try scan.next() {
            for item in batch.items {
                let key = StreamKey(item.observation)
                let content = item.observation.contentDigest.leadingBits
                if let last = seen[key], last != content {
                    if sequences[key] == nil { sequences[key] = [(0, last)] }
                    sequences[key]?.append((item.ordinal, content))
                }
                seen[key] = content
            }
        }
    }

    /// The number of the stream's contents, counted from the first, that the log already has as its latest. It is the
    /// largest k for which the first k contents of the files are the last k of the log. Linear in both.
    func replayed(_ key: StreamKey, stored: [UInt64]) -> Int {
        guard let wanted = sequences[key]?.map(\.content) else { return 0 }
        // The failure function of Knuth, Morris and Pratt for the wanted contents.
        var borders = [Int](repeating: 0, count: wanted.count)
        var length = 0
        for index in wanted.indices.dropFirst() {
            while length > 0, wanted[index] != wanted[length] { length = borders[length - 1] }
            if wanted[index] == wanted[length] { length += 1 }
            borders[index] = length
        }
        length = 0
        for content in stored {
            if length == wanted.count { length = borders[length - 1] }
            while length > 0, content != wanted[length] { length = borders[length - 1] }
            if content == wanted[length] { length += 1 }
        }
        return length
    }

    /// The index of a line's content among the stream's contents, from 0. Logarithmic in their number.
    func place(of key: StreamKey, ordinal: Int) -> Int {
        guard let sequence = sequences[key] else { return 0 }
        var (low, high) = (0, sequence.count - 1)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if sequence[middle].ordinal <= ordinal { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
