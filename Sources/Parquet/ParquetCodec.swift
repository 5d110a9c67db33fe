/// A compression of pages. The module itself has none beyond ``none``: who writes a file brings it.
package struct ParquetCodec: Sendable {
    /// The number of the codec in the format: 0 for none, 2 for GZIP, 6 for ZSTD.
    package let number: Int
    let compress: @Sendable ([UInt8]) throws -> [UInt8]
    /// Is given the number of bytes that come out, and gives exactly these.
    let decompress: @Sendable (_ bytes: [UInt8], _ count: Int) throws -> [UInt8]

    package init(
        number: Int, compress: @escaping @Sendable ([UInt8]) throws -> [UInt8],
        decompress: @escaping @Sendable (_ bytes: [UInt8], _ count: Int) throws -> [UInt8]
    ) {
        self.number = number
        self.compress = compress
        self.decompress = decompress
    }

    /// Pages as they are.
    package static let none = ParquetCodec(number: 0, compress: { $0 }, decompress: { bytes, _ in bytes })
}
