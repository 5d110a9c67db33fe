import Crypto
import LedgerEvents

/// Reads a file of lines forward, and computes its length and SHA-256 on the way.
final class LineReader {
    /// The largest length of a line; no event or row is longer.
    static let maximumLine = 64 << 20

    private let source: any BundleBytes
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var filled = 0
    private var at = 0
    private var hash = SHA256()
    /// The number of bytes read so far.
    private(set) var bytes: Int64 = 0
    /// The number of the last line that ``next()`` returned, from 1.
    private(set) var line = 0

    init(_ source: any BundleBytes) { self.source = source }

    /// The next line without its newline, or nil at the end. Throws ``LineError`` for a last line without a newline and for a line
    /// that is too long.
    func next() throws -> [UInt8]? {
        var text: [UInt8] = []
        while true {
            if at == filled, try !fill() {
                if text.isEmpty { return nil }
                throw LineError(line: line + 1, .cut)
            }
            let end = buffer[at..<filled].firstIndex(of: UInt8(ascii: "\n"))
            text.append(contentsOf: buffer[at..<(end ?? filled)])
            guard text.count <= Self.maximumLine else { throw LineError(line: line + 1, .tooLong) }
            at = end.map { $0 + 1 } ?? filled
            if end != nil {
                line += 1
                return text
            }
        }
    }

    /// Reads the rest, and returns the SHA-256 of the whole file in lower-case hex.
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

/// A line of a file that is not what it must be.
struct LineError: Error, CustomStringConvertible {
    enum Cause: Equatable {
        /// The file ends within the line.
        case cut
        case tooLong
        /// The line of a row that follows from the events is absent.
        case rowMissing(RowKey)
        /// The line has another row than the one that follows from the events.
        case otherRow(RowKey)
        /// The line has a row that does not follow from the events.
        case unknownRow
    }

    /// The number of the line, from 1.
    let line: Int
    let cause: Cause

    init(line: Int, _ cause: Cause) {
        self.line = line
        self.cause = cause
    }

    var description: String {
        switch cause {
        case .cut: "the line does not end: the file was cut"
        case .tooLong: "the line is too long"
        case .rowMissing(let key): "the row \(key) is missing"
        case .otherRow(let key): "it is not the row \(key) that follows from the events"
        case .unknownRow: "no such row follows from the events"
        }
    }
}
