public import LedgerJSON
import LedgerValues

/// What an event changed in one row: the columns that differ, before and after, and those that stay.
///
/// All columns count except those of the key, also the ones that a digest does not cover. A row that comes or goes is
/// compared with a row of nulls.
public struct RowStep: Sendable {
    public let change: RowChange
    /// The columns that do not differ, in canonical order.
    public let unchanged: [(column: ColumnSet.Column, value: JSONValue?)]

    /// Writes `{"change":…,"fields":[{"field":…,"from":…,"to":…}],"key":{…},"unchanged":{…}}`, with decimals as numbers.
    public func write(to out: inout JSONWriter) {
        out.beginObject()
        change.writeMembers(to: &out, decimals: .numbers)
        out.key("unchanged")
        out.beginObject()
        for (column, value) in unchanged {
            out.key(column.name); out.raw(column.bytes(of: value, decimals: .numbers))
        }
        out.endObject()
        out.endObject()
    }
}

extension ColumnSet {
    /// What changed from some rows to others of the same entity, in key order. Rows without a difference are left out.
    public func steps(from old: [ShownRow], to new: [ShownRow]) -> [RowStep] {
        Self.pairs(old, new).compactMap { step(from: $0, to: $1) }
    }

    /// The differences of an entity's rows under two versions in the digested columns, in key order.
    public func changes(from old: [ShownRow], to new: [ShownRow]) -> [RowChange] {
        Self.pairs(old, new).compactMap { change(from: $0, to: $1) }
    }

    private func step(from old: JSONDocument?, to new: JSONDocument?) -> RowStep? {
        guard let kind = RowChange.Kind(from: old, to: new), let some = new ?? old else { return nil }
        var fields: [RowChange.Field] = []
        var unchanged: [(column: Column, value: JSONValue?)] = []
        for column in columns where !isKey(column) {
            let (from, to) = (old?.root[column.name], new?.root[column.name])
            if Self.bytes(from) != Self.bytes(to) {
                fields.append(RowChange.Field(column: column, from: from, to: to))
            } else {
                unchanged.append((column, to))
            }
        }
        if kind == .changed, fields.isEmpty { return nil }
        return RowStep(change: RowChange(kind: kind, key: keyMembers(of: some), fields: fields), unchanged: unchanged)
    }

    /// The bytes of a value; nil for an absent value and for null.
    private static func bytes(_ value: JSONValue?) -> ArraySlice<UInt8>? {
        value.flatMap { $0.isNull ? nil : $0.documentBytes[$0.sourceRange] }
    }

    private func isKey(_ column: Column) -> Bool { key.contains { $0.isBytewiseEqual(to: column.name) } }

    /// The rows of two lists side by side, in key order; nil on a side that has no such row.
    private static func pairs(_ old: [ShownRow], _ new: [ShownRow]) -> [(JSONDocument?, JSONDocument?)] {
        var pairs: [(JSONDocument?, JSONDocument?)] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if j == new.count || (i < old.count && old[i].key < new[j].key) {
                pairs.append((old[i].document, nil))
                i += 1
            } else if i == old.count || new[j].key < old[i].key {
                pairs.append((nil, new[j].document))
                j += 1
            } else {
                pairs.append((old[i].document, new[j].document))
                i += 1
                j += 1
            }
        }
        return pairs
    }
}
