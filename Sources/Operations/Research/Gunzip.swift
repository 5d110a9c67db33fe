import CZlib

/// Gzip (RFC 1952) of a file.
enum Gunzip {
    /// The uncompressed bytes of all members. Nil if the bytes are no whole gzip, or if there are more of them than the limit.
    static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        // zlib keeps the stream's address, so it has one of its own.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        defer { stream.deallocate() }
        stream.initialize(to: z_stream())
        guard bytes.count <= UInt32.max, czlib_begin_gunzip(stream) == Z_OK else { return nil }
        defer { inflateEnd(stream) }
        var out: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 1 << 18)
        let isWhole = bytes.withUnsafeBufferPointer { input in
            // zlib reads its input and does not write to it.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            while true {
                let (status, count) = room.withUnsafeMutableBufferPointer { room in
                    stream.pointee.next_out = room.baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    let status = inflate(stream, Z_NO_FLUSH)
                    return (status, room.count - Int(stream.pointee.avail_out))
                }
                out.append(contentsOf: room[..<count])
                if out.count > limit { return false }
                switch status {
                case Z_OK: continue
                case Z_STREAM_END:
                    if stream.pointee.avail_in == 0 { return true }
                    // Another member follows.
                    guard inflateReset(stream) == Z_OK else { return false }
                default: return false
                }
            }
        }
        return isWhole ? out : nil
    }
}
