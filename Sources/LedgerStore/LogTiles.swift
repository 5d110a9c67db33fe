import LedgerEvents
package import LedgerMerkle
package import LedgerPostgres
package import LedgerValues

/// The tiles of a log, from the stored hashes. Level 0 is the leaf hashes of the events, level 8L is the tree's nodes.
///
/// Which tiles may be given out is the caller's business: those of published trees (`PublishedSizes`).
package struct LogTiles: Sendable {
    package init() {}

    /// The hashes of a tile, in order. Throws `LedgerError.corrupt` if one is missing.
    package func hashes(of tile: Tile, _ session: PostgresSession) throws -> [Digest32] {
        let (first, end) = (PostgresValue.int8(tile.nodes.lowerBound), PostgresValue.int8(tile.nodes.upperBound))
        let found =
            tile.level == 0
            ? try session.execute(
                "SELECT leaf_hash FROM ledger.events WHERE position > $1 AND position <= $2 ORDER BY position", [first, end])
            : try session.execute(
                "SELECT hash FROM ledger.merkle_nodes WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index",
                [.int4(Int32(8 * tile.level)), first, end])
        guard found.rowCount == tile.width else {
            throw LedgerError.corrupt(
                position: tile.requiredSize, problem: "the tile at level \(tile.level), index \(tile.index) lacks stored hashes")
        }
        return try found.map { try Digest32(stored: try $0.bytea(0)) }
    }

    /// The leaves behind a tile of level 0 as an entry bundle: each leaf after its length in two bytes, big-endian. With it the hashes
    /// of the leaves, recomputed.
    ///
    /// Throws `EntryTooLong` for a leaf from before the limit, and `LedgerError.corrupt` for an event that is missing or does
    /// not match its hash.
    package func entries(of tile: Tile, _ session: PostgresSession) throws -> (bytes: [UInt8], hashes: [Digest32]) {
        precondition(tile.level == 0, "entries belong to the leaves")
        var (bytes, hashes): ([UInt8], [Digest32]) = ([], [])
        var leaf = LeafBuffer()
        for event in try LogReader().events(after: tile.nodes.lowerBound, limit: tile.width, session) {
            event.withBytes { leaf.fill($0) }
            guard leaf.count <= LeafLimit.bytes else { throw EntryTooLong(position: event.position, bytes: leaf.count) }
            guard leaf.hash == event.leafHash else {
                throw LedgerError.corrupt(position: event.position, problem: "the leaf hash does not match the row")
            }
            bytes.append(UInt8(leaf.count >> 8))
            bytes.append(UInt8(leaf.count & 0xff))
            leaf.withBytes { bytes.append(contentsOf: $0) }
            hashes.append(event.leafHash)
        }
        guard hashes.count == tile.width else {
            throw LedgerError.corrupt(position: tile.requiredSize, problem: "the event is missing")
        }
        return (bytes, hashes)
    }
}

/// A leaf from before the limit of ``LeafLimit``: an entry bundle can't hold it.
package struct EntryTooLong: Error {
    package let position: Int64
    package let bytes: Int
}
