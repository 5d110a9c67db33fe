public import Events
public import JSON

/// Takes the rows that follow from facts, one after the other: their documents, each with a line break after it, and what a
/// table holds beside them.
public struct RowWriter: Sendable {
    /// A row without its document.
    public struct Row: Sendable {
        public let key: RowKey
        /// The values of the `stored` columns, in their order.
        public let stored: [StoredValue]
        /// Where its document stands, without the line break.
        let document: Range<Int>
    }

    /// Where a row's document is written before ``endRow(_:_:)``.
    public var out: JSONWriter
    private(set) var rows: [Row] = []
    /// Whether it takes more than documents.
    package let takesRows: Bool
    private var start = 0

    /// One that takes everything.
    public init() {
        out = JSONWriter(reservingCapacity: 2048)
        takesRows = true
    }

    /// One that takes documents only.
    ///
    /// - Parameter omitting: the keys of members that are left out of the documents.
    public init(documentsOmitting omitted: [String], reservingCapacity capacity: Int) {
        out = JSONWriter(reservingCapacity: capacity, omitting: omitted)
        takesRows = false
    }

    /// Ends a row; its key starts with its entity's two parts, and is larger than the one before.
    @inline(__always)
    public mutating func endRow(_ key: @autoclosure () -> RowKey, _ stored: @autoclosure () -> [StoredValue] = []) {
        let end = out.count
        out.endLine()
        guard takesRows else { return }
        rows.append(Row(key: key(), stored: stored(), document: start..<end))
        start = end + 1
    }

    /// Forgets what was written, and keeps the room.
    public mutating func removeAll() {
        out.removeAll()
        rows = []
        start = 0
    }

    /// The rows with their documents.
    var projectedRows: [ProjectedRow] {
        out.withBytes { bytes in
            rows.map { ProjectedRow(key: $0.key, document: Array(bytes[$0.document]), stored: $0.stored) }
        }
    }
}
