/// The bytes of the documents that were made last, in one piece of memory that is written round and round: making and
/// forgetting some allocates nothing.
///
/// An address is the number of bytes that had been given out before, gaps at the end of a round included, so that it
/// also says how old a document is.
public final class RecentDocuments {
    private var room: [UInt8]
    /// The address that comes next.
    private var next = 0

    /// - Parameter byteCount: how many bytes are kept; memory is used as it is written.
    public init(byteCount: Int) {
        room = [UInt8](unsafeUninitializedCapacity: byteCount) { _, count in count = byteCount }
    }

    /// Keeps documents in the place of the oldest; gives their address. Nil where they are larger than all the room.
    func keep(_ documents: UnsafeBufferPointer<UInt8>) -> Int? {
        guard documents.count <= room.count else { return nil }
        if room.isEmpty { return next }
        let left = room.count - next % room.count
        if documents.count > left { next += left }
        let address = next
        next += documents.count
        room.withUnsafeMutableBufferPointer { room in
            if let start = documents.baseAddress, let base = room.baseAddress {
                (base + address % room.count).update(from: start, count: documents.count)
            }
        }
        return address
    }

    /// Whether what was kept at an address is still there.
    func holds(_ address: Int) -> Bool { next - address <= room.count }

    /// Calls `body` with documents that are still there.
    func withBytes<Result>(
        at address: Int, count: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        precondition(holds(address), "the documents were forgotten")
        if count == 0 { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
        let start = address % room.count
        return try room.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[start..<(start + count)])) }
    }
}
