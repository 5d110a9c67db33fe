import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues

/// A fold of each portfolio's rows, so that readers of one portfolio wait for no pass of their own.
struct RowParts: RowFold {
    /// The column whose texts make the parts.
    static let column = "source_portfolio"
    /// The largest number of parts that are kept.
    static let maximumParts = 16

    private struct Part {
        /// The text of the first row, and whether all others have the same: some filters ignore the case of letters.
        let text: String
        var isOfOneText = true
        var fold: any RowFold

        mutating func add(_ row: JSONValue, _ text: String, _ key: RowKey, times: Int64) throws {
            if !text.isBytewiseEqual(to: self.text) { isOfOneText = false }
            try fold.add(row, key, times: times)
        }
    }

    private let empty: any RowFold
    /// By the text in lower case.
    private var parts: [ByteKey: Part] = [:]

    init(of empty: any RowFold) { self.empty = empty }

    mutating func add(_ row: JSONValue, _ key: RowKey, times: Int64) throws {
        guard !isUseless, let text = row[Self.column]?.string else { return }
        let new = Part(text: text, fold: empty)
        try parts[ByteKey(text.asciiFolded), default: new].add(row, text, key, times: times)
    }

    /// The fold of the rows that a filter on the column selects. Nil if it is not known, or if the filter is no such filter.
    func part(_ filter: RowFilter) -> (any RowFold)? {
        if isUseless { return nil }
        switch filter {
        case .equalsIgnoringCase(Self.column, let value): return (parts[ByteKey(value.asciiFolded)]?.fold) ?? empty
        case .equals(Self.column, let value):
            guard let part = parts[ByteKey(value.asciiFolded)] else { return empty }
            if !part.isOfOneText { return nil }
            return part.text.isBytewiseEqual(to: value) ? part.fold : empty
        default: return nil
        }
    }

    var isUseless: Bool { parts.count > Self.maximumParts }
    var isWorn: Bool { parts.values.contains { $0.fold.isWorn } }
    var bytes: Int { parts.values.reduce(512) { $0 + 128 + $1.fold.bytes } }
}
