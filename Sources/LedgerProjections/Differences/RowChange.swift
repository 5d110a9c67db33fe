public import LedgerJSON

/// The difference between two versions' rows of one key, in the digested columns.
public struct RowChange: Sendable {
    /// Whether the row exists in the new version only, in the old version only, or differs between them.
    public enum Kind: String, Sendable {
        case added, removed, changed
    }

    /// A column's two values; nil on a side that has no row.
    public struct Field: Sendable {
        public let column: ColumnSet.Column
        public let from: JSONValue?
        public let to: JSONValue?
    }

    public let kind: Kind
    /// The columns of the key, in order, with their values.
    public let key: [(column: ColumnSet.Column, value: JSONValue)]
    /// The columns that differ, in canonical order; empty for a row that only one side has.
    public let fields: [Field]

    /// Writes `{"change":…,"fields":[{"field":…,"from":…,"to":…}],"key":{…}}`.
    ///
    /// - Parameters:
    ///   - out: receives the object.
    ///   - form: decimals as strings for the event encoding, or as numbers for HTTP and the command line.
    public func write(to out: inout JSONWriter, decimals form: JSONWriter.DecimalForm) {
        out.beginObject()
        writeMembers(to: &out, decimals: form)
        out.endObject()
    }

    func writeMembers(to out: inout JSONWriter, decimals form: JSONWriter.DecimalForm) {
        out.key("change"); out.string(kind.rawValue)
        out.key("fields")
        out.beginArray()
        for field in fields {
            out.beginObject()
            out.key("field"); out.string(field.column.name)
            out.key("from"); out.raw(field.column.bytes(of: field.from, decimals: form))
            out.key("to"); out.raw(field.column.bytes(of: field.to, decimals: form))
            out.endObject()
        }
        out.endArray()
        out.key("key")
        out.beginObject()
        for (column, value) in key.sorted(by: { CanonicalKeyOrder.precedes($0.column.name, $1.column.name) }) {
            out.key(column.name); out.raw(column.bytes(of: value, decimals: form))
        }
        out.endObject()
    }
}

extension RowChange.Kind {
    /// Nil if neither side has the row.
    init?(from old: JSONDocument?, to new: JSONDocument?) {
        switch (old, new) {
        case (nil, nil): return nil
        case (nil, _?): self = .added
        case (_?, nil): self = .removed
        case (_?, _?): self = .changed
        }
    }
}

extension ColumnSet {
    /// The difference between two versions' rows of one key, or nil if their digested columns are equal.
    public func change(from old: JSONDocument?, to new: JSONDocument?) -> RowChange? {
        guard let kind = RowChange.Kind(from: old, to: new), let some = new ?? old else { return nil }
        var fields: [RowChange.Field] = []
        if let old, let new {
            for column in columns where column.isDigested {
                let (from, to) = (old.root[column.name], new.root[column.name])
                if from.map({ old.bytes[$0.sourceRange] }) != to.map({ new.bytes[$0.sourceRange] }) {
                    fields.append(RowChange.Field(column: column, from: from, to: to))
                }
            }
            if fields.isEmpty { return nil }
        }
        return RowChange(kind: kind, key: keyMembers(of: some), fields: fields)
    }

    /// The columns of a row's key, in order, with their values.
    func keyMembers(of row: JSONDocument) -> [(column: Column, value: JSONValue)] {
        keyColumns.compactMap { column in row.root[column.name].map { (column, $0) } }
    }
}

extension ColumnSet.Column {
    /// The value as JSON; nil is `null`.
    func bytes(of value: JSONValue?, decimals form: JSONWriter.DecimalForm) -> [UInt8] {
        guard let value else { return Array("null".utf8) }
        var out: [UInt8] = []
        ColumnSet.append(value, of: self, decimalsAsNumbers: form == .numbers, to: &out)
        return out
    }
}
