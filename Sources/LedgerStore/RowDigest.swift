import Crypto
import LedgerEvents
public import LedgerProjections

/// `digest(projection, P)`: SHA-256 over the digested columns of the rows as of P, one canonical JSON line per row, in
/// primary-key order.
public struct RowDigest {
    private var hash = SHA256()
    private var line: [UInt8] = []
    private let columns: ColumnSet
    public private(set) var rows = 0

    public init(_ columns: ColumnSet) { self.columns = columns }

    /// Adds a row's document; rows must come in key order.
    public mutating func add(_ document: [UInt8]) throws {
        try document.withUnsafeBufferPointer { try add($0) }
    }

    /// Adds a row's document; rows must come in key order.
    mutating func add(_ document: UnsafeBufferPointer<UInt8>) throws {
        line.removeAll(keepingCapacity: true)
        try columns.appendDigestLine(document, to: &line)
        hash.update(data: line)
        rows += 1
    }

    /// The digest in lower-case hex.
    public func finish() -> String { hash.finalize().hex }
}
