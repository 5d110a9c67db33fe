public import LedgerJSON
import LedgerValues

/// The number of rows of each combination of some columns' texts.
///
/// Whoever needs only numbers of rows need not hold, send or read the rows: a database counts them where they are.
public struct RowCounts: Sendable {
    /// The columns, each of texts.
    public let columns: [String]
    private var counts: [[ByteKey?]: Int64] = [:]

    /// The member of a document that holds the number.
    public static let count = "rows"

    /// Counts without a row.
    public init(by columns: [String]) { self.columns = columns }

    /// Counts a row's document.
    public mutating func add(_ row: JSONValue) { add(columns.map { row[$0]?.string }, count: 1) }

    /// Counts rows of one combination: the texts in the order of the columns, nil for null. A negative number takes away rows that
    /// were counted.
    public mutating func add(_ texts: [String?], count: Int64) {
        precondition(texts.count == columns.count, "a combination has a text of each column")
        counts.update(texts.map { $0.map { ByteKey($0) } }, orNew: 0) { number in
            number += count
            return number != 0
        }
    }

    /// The number of combinations that rows have.
    package var groupCount: Int { counts.count }

    /// The number of all rows.
    package var total: Int64 { counts.values.reduce(0, +) }

    /// For each combination `{COLUMN: text or null, …, "rows": n}`, in the order of the texts, null last.
    public func documents() throws(JSONError) -> [JSONDocument] {
        var documents: [JSONDocument] = []
        for (texts, count) in counts.sorted(by: { Self.precedes($0.key, $1.key) }) {
            let members = zip(columns, texts).map { ($0, $1.map { JSONNode.string($0.text) } ?? .null) }
            documents.append(try JSONDocument(parsing: JSONNode.object(members + [(Self.count, .integer(count))]).canonicalBytes()))
        }
        return documents
    }

    private static func precedes(_ left: [ByteKey?], _ right: [ByteKey?]) -> Bool {
        for (a, b) in zip(left, right) where a != b {
            guard let a else { return false }
            return b.map { a < $0 } ?? true
        }
        return false
    }
}
