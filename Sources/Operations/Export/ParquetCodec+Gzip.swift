import CZlib
import Parquet

extension ParquetCodec {
    /// GZIP through the system's zlib. The bytes depend on zlib's version.
    static let gzip = ParquetCodec(
        number: 2, compress: { try GzipPage.compress($0) }, decompress: { try GzipPage.decompress($0, count: $1) })

    /// The version of the zlib that this program runs with.
    static var zlibVersion: String { CZlib.zlibVersion().map { String(cString: $0) } ?? "" }
}

/// Gzip (RFC 1952) of a page.
private enum GzipPage {
    /// Fast rather than small: dictionaries and runs have taken most of what there is to take.
    private static let level: Int32 = 1

    static func compress(_ bytes: [UInt8]) throws(ParquetError) -> [UInt8] {
        // zlib keeps the stream's address, so it has one of its own.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        defer { stream.deallocate() }
        stream.initialize(to: z_stream())
        guard czlib_begin_gzip(stream, level) == Z_OK else { throw ParquetError("zlib is out of memory") }
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        return try run(stream, bytes, room: bound, "zlib does not compress a page") { deflate(stream, Z_FINISH) }
    }

    static func decompress(_ bytes: [UInt8], count: Int) throws(ParquetError) -> [UInt8] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        defer { stream.deallocate() }
        stream.initialize(to: z_stream())
        guard czlib_begin_gunzip(stream) == Z_OK else { throw ParquetError("zlib is out of memory") }
        defer { inflateEnd(stream) }
        // With a byte more than is due, zlib always comes to the end of what it was given.
        let out = try run(stream, bytes, room: count + 1, "a page is no gzip") { inflate(stream, Z_FINISH) }
        guard out.count == count, stream.pointee.avail_in == 0 else { throw ParquetError("a page is no gzip of its length") }
        return out
    }

    /// Gives zlib all input, and room for all output, in one call.
    private static func run(
        _ stream: UnsafeMutablePointer<z_stream>, _ bytes: [UInt8], room: Int, _ problem: String, _ call: () -> Int32
    ) throws(ParquetError) -> [UInt8] {
        var isComplete = false
        let out = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            bytes.withUnsafeBufferPointer { input in
                // zlib reads its input and does not write to it.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(room)
                isComplete = call() == Z_STREAM_END
            }
            count = room - Int(stream.pointee.avail_out)
        }
        guard isComplete else { throw ParquetError(problem) }
        return out
    }
}
