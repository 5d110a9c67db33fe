/// The bytes of the most recently made documents, in a ring buffer: keeping and forgetting documents allocates no memory.
///
/// An address is the total number of bytes given out before it, including gaps at the end of a round. It therefore also
/// tells the age of a document.
public final class RecentDocuments {
    private var room: [UInt8]
    /// The next address.
    private var next = 0

    /// Makes an empty buffer.
    ///
    /// - Parameter byteCount: the number of bytes kept; memory is used only as it is written.
    public init(byteCount: Int) {
        room = [UInt8](unsafeUninitializedCapacity: byteCount) { _, count in count = byteCount }
    }

    /// Keeps documents in place of the oldest ones, and returns their address. Nil if they are larger than the whole
    /// buffer.
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

    /// Whether the documents kept at an address are still there.
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
