import LedgerMerkle

/// A full bundle of entries, as ``LogTiles`` makes and archives hold: each leaf after its length in two bytes, big-endian.
package struct EntryBundle: Sendable {
    private let bytes: [UInt8]
    private let leaves: [Range<Int>]

    /// Nil for anything but the leaves of a full tile.
    package init?(_ bytes: [UInt8]) {
        var leaves: [Range<Int>] = []
        var at = 0
        while at < bytes.count {
            guard at + 2 <= bytes.count else { return nil }
            let end = at + 2 + (Int(bytes[at]) << 8 | Int(bytes[at + 1]))
            guard end <= bytes.count else { return nil }
            leaves.append(at + 2..<end)
            at = end
        }
        guard leaves.count == Tile.fullWidth else { return nil }
        self.bytes = bytes
        self.leaves = leaves
    }

    /// The leaf at a place, from 0.
    package func leaf(_ place: Int) -> [UInt8] { Array(bytes[leaves[place]]) }
}
