import Crypto
public import LedgerJSON
import LedgerValues

/// The changes, row by row and in total, if one version of a projection replaced another.
///
/// Rows are added in key order, so two programs that compare the same versions at the same position arrive at the same
/// digest.
public struct VersionDifference {
    private let columns: ColumnSet
    private var rows = (from: Int64(0), to: Int64(0), added: Int64(0), removed: Int64(0), changed: Int64(0))
    /// The number of rows that differ in each column.
    private var fields: [Int64]
    private var moves: [Move: Int64] = [:]
    private var sums: [Int: (from: MoneySum, to: MoneySum)] = [:]
    private var changes = SHA256()

    private struct Move: Hashable {
        let column: Int
        let from: ByteKey?
        let to: ByteKey?
    }

    public init(_ columns: ColumnSet) {
        self.columns = columns
        fields = Array(repeating: 0, count: columns.columns.count)
    }

    /// Whether both versions have the same rows.
    public var isEmpty: Bool { rows.added + rows.removed + rows.changed == 0 }
    /// The number of rows of the version compared with.
    public var totalRows: Int64 { rows.from }
    /// The number of rows that are added, removed or changed.
    public var changedRows: Int64 { rows.added + rows.removed + rows.changed }

    /// Adds the rows of one key in both versions, nil for an absent row, and returns their difference.
    public mutating func add(from old: JSONDocument?, to new: JSONDocument?) -> RowChange? {
        if old != nil { rows.from += 1 }
        if new != nil { rows.to += 1 }
        for (index, column) in columns.columns.enumerated() where column.role?.isMoney ?? false {
            sums[index, default: (MoneySum(), MoneySum())].from.add(old?.root[column.name], times: 1)
            sums[index, default: (MoneySum(), MoneySum())].to.add(new?.root[column.name], times: 1)
        }
        guard let change = columns.change(from: old, to: new) else { return nil }
        switch change.kind {
        case .added: rows.added += 1
        case .removed: rows.removed += 1
        case .changed: rows.changed += 1
        }
        for (index, column) in columns.columns.enumerated() where column.isDigested {
            let (from, to) = (old?.root[column.name], new?.root[column.name])
            let isChanged = change.fields.contains { $0.column.name == column.name }
            if isChanged { fields[index] += 1 }
            if column.role == .state, isChanged || change.kind != .changed {
                moves[
                    Move(column: index, from: from?.string.map { ByteKey($0) }, to: to?.string.map { ByteKey($0) }),
                    default: 0] += 1
            }
        }
        var line = JSONWriter()
        change.write(to: &line, decimals: .strings)
        changes.update(data: line.bytes + [UInt8(ascii: "\n")])
        return change
    }

    /// `rows`, `fields`, `moved`, `sums` and `changes_digest`, a SHA-256 over one line per changed row, in key order.
    ///
    /// A move's `from` or `to` is null if the state is null or that side has no row. Sums run over all rows of either
    /// version, and are null if no row has the figure.
    public func members() -> [(String, JSONNode)] {
        [
            (
                "rows",
                .object([
                    ("from", .integer(rows.from)), ("to", .integer(rows.to)), ("added", .integer(rows.added)),
                    ("removed", .integer(rows.removed)), ("changed", .integer(rows.changed)),
                    ("unchanged", .integer(rows.to - rows.added - rows.changed)),
                ])
            ),
            (
                "fields",
                .array(
                    zip(columns.columns, fields).filter { $0.1 > 0 }.map { column, count in
                        .object([("field", .string(column.name)), ("changed", .integer(count))])
                    })
            ),
            ("moved", .array(sortedMoves().map(node))),
            (
                "sums",
                .array(
                    sums.sorted { $0.key < $1.key }.map { index, sums in
                        let delta = sums.to.total - sums.from.total
                        return .object([
                            ("field", .string(columns.columns[index].name)),
                            ("from", .sum(sums.from.total, of: sums.from.count)), ("from_count", .integer(sums.from.count)),
                            ("to", .sum(sums.to.total, of: sums.to.count)), ("to_count", .integer(sums.to.count)),
                            ("delta", .sum(delta, of: sums.from.count + sums.to.count)),
                        ])
                    })
            ),
            (
                "changes_digest",
                .string(changes.finalize().map { byte in byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16) }.joined())
            ),
        ]
    }

    private func sortedMoves() -> [(Move, Int64)] {
        func precedes(_ left: ByteKey?, _ right: ByteKey?) -> Bool {
            guard let left else { return false }
            return right.map { left < $0 } ?? true
        }
        return moves.map { ($0.key, $0.value) }.sorted { left, right in
            if left.0.column != right.0.column { return left.0.column < right.0.column }
            if left.0.from != right.0.from { return precedes(left.0.from, right.0.from) }
            return precedes(left.0.to, right.0.to)
        }
    }

    private func node(_ move: Move, _ count: Int64) -> JSONNode {
        .object([
            ("field", .string(columns.columns[move.column].name)),
            ("from", move.from.map { .string($0.text) } ?? .null), ("to", move.to.map { .string($0.text) } ?? .null),
            ("count", .integer(count)),
        ])
    }
}
