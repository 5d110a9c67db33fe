import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues

/// The rows that have one text in a column.
package struct TextGroup: Sendable, Equatable {
    /// The text; empty for null.
    package let name: String
    package let rowCount: Int
    /// The first texts that the rows have in another column, in the order of their bytes; empty for null.
    package let texts: [String]
}

/// For each text of a column the number of rows, and the first texts of another column among them: of each expiry the first ids.
struct FirstTexts: RowFold {
    private struct Rows {
        var count = 0
        /// The first texts in order. All of them if there are as many as rows.
        var texts: [ByteKey] = []
    }

    private let column: String
    private let grouping: String
    private let limit: Int
    private var groups: [ByteKey: Rows] = [:]

    /// - Parameters:
    ///   - column: the column of the texts.
    ///   - grouping: the column of the groups.
    ///   - limit: the number of texts of a group.
    init(of column: String, by grouping: String, limit: Int) {
        precondition(limit > 0, "nobody asks for no text")
        (self.column, self.grouping, self.limit) = (column, grouping, limit)
    }

    /// The columns and the limit as text.
    var name: String { "\(column)|\(grouping)|\(limit)" }

    mutating func add(_ row: JSONValue, _ key: RowKey, times: Int64) {
        let (text, limit) = (ByteKey(row[column]?.string ?? ""), limit)
        groups.update(ByteKey(row[grouping]?.string ?? ""), orNew: Rows()) { rows in
            let index = rows.texts.firstIndex { $0 >= text } ?? rows.texts.endIndex
            if times > 0 {
                // What comes after the last one that is known may come after others too.
                if index < rows.texts.endIndex || rows.texts.count == rows.count { rows.texts.insert(text, at: index) }
                if rows.texts.count > 2 * limit { rows.texts.removeLast(limit) }
                rows.count += 1
            } else {
                if index < rows.texts.endIndex, rows.texts[index] == text { rows.texts.remove(at: index) }
                rows.count -= 1
            }
            return rows.count != 0
        }
    }

    /// In the order of their names.
    func found() -> [TextGroup] {
        groups.sorted { $0.key < $1.key }.map { name, rows in
            TextGroup(name: name.text, rowCount: rows.count, texts: rows.texts.prefix(limit).map(\.text))
        }
    }

    var isUseless: Bool { false }
    var isWorn: Bool { groups.values.contains { $0.texts.count < min(limit, $0.count) } }
    var bytes: Int { groups.values.reduce(512) { $0 + 128 + $1.texts.count * 64 } }
}
