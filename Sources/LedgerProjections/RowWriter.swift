public import LedgerEvents
public import LedgerJSON

/// Receives the rows that follow from facts, one after the other: their documents, each followed by a line break, and the
/// values that a table holds beside them.
///
/// A fold reads the documents in place, so a row costs no allocation of its own. A read that keeps rows takes them out as
/// ``ProjectedRow``.
public struct RowWriter: Sendable {
    /// The place of a row's document among the bytes written, with the row's key and the values beside the document.
    public struct Place: Sendable {
        public let key: RowKey
        /// The values of the `stored` columns, in their order.
        public let stored: [StoredValue]
        /// The range of the document, without the line break.
        let document: Range<Int>
    }

    /// The writer for a row's document, used before ``endRow(_:_:)``.
    public var out: JSONWriter
    private(set) var places: [Place] = []
    /// Whether it receives keys and values in addition to documents.
    package let takesRows: Bool
    private var start = 0

    /// Makes a writer that receives everything.
    public init() {
        out = JSONWriter(reservingCapacity: 2048)
        takesRows = true
    }

    /// Makes a writer that receives documents only.
    ///
    /// - Parameters:
    ///   - omitted: the keys of members that are left out of the documents.
    ///   - capacity: the number of bytes that it holds before it grows.
    public init(documentsOmitting omitted: [String], reservingCapacity capacity: Int) {
        out = JSONWriter(reservingCapacity: capacity, omitting: omitted)
        takesRows = false
    }

    /// Ends a row. Its key must start with its entity's key, and be larger than the previous key.
    @inline(__always)
    public mutating func endRow(_ key: @autoclosure () -> RowKey, _ stored: @autoclosure () -> [StoredValue] = []) {
        let end = out.count
        out.endLine()
        guard takesRows else { return }
        places.append(Place(key: key(), stored: stored(), document: start..<end))
        start = end + 1
    }

    /// Forgets everything written, and keeps the storage.
    public mutating func removeAll() {
        out.removeAll()
        places.removeAll(keepingCapacity: true)
        start = 0
    }

    /// A row by its index, with a copy of its document.
    func row(at index: Int) -> ProjectedRow {
        let place = places[index]
        return ProjectedRow(key: place.key, document: out.withBytes { Array($0[place.document]) }, stored: place.stored)
    }
}
