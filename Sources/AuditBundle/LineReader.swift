import Crypto

/// A file of lines, read forward, with its length and SHA-256 worked out on the way.
final class LineReader {
    /// A longer line is nobody's event or row.
    static let maximumLine = 64 << 20

    /// A line that can't be.
    struct Problem: Error {
        let line: Int
        let description: String
    }

    private let source: any BundleBytes
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var filled = 0
    private var at = 0
    private var hash = SHA256()
    /// Bytes read so far.
    private(set) var bytes: Int64 = 0
    /// Of the line that ``next()`` gave last, from 1.
    private(set) var line = 0

    init(_ source: any BundleBytes) { self.source = source }

    /// The next line without its newline; nil at the end. A last line without a newline is a `Problem`.
    func next() throws -> [UInt8]? {
        var text: [UInt8] = []
        while true {
            if at == filled, try !fill() {
                if text.isEmpty { return nil }
                throw Problem(line: line + 1, description: "the line does not end: the file was cut")
            }
            let end = buffer[at..<filled].firstIndex(of: UInt8(ascii: "\n"))
            text.append(contentsOf: buffer[at..<(end ?? filled)])
            guard text.count <= Self.maximumLine else { throw Problem(line: line + 1, description: "the line is too long") }
            at = end.map { $0 + 1 } ?? filled
            if end != nil {
                line += 1
                return text
            }
        }
    }

    /// Reads what is left, and gives the SHA-256 of the whole file in lower-case hex.
    func finish() throws -> String {
        while try fill() {}
        return hexadecimal(hash.finalize())
    }

    private func fill() throws -> Bool {
        at = 0
        filled = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
        if filled == 0 { return false }
        bytes += Int64(filled)
        buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
        return true
    }
}
