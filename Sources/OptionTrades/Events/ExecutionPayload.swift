package import LedgerEvents
package import LedgerJSON
import LedgerValues

/// The payload of `AlphaExecutionRecorded` and `AlphaExecutionUpdated`: the whole row of a trade at the time of the sync.
package struct ExecutionPayload: Sendable {
    /// The normalized known fields: the content.
    package let row: ExecutionRow
    /// The scope that fetched the row.
    package let scopeKey: String
    /// The feed's keys that the contract does not know, each with the exact source text of its value. Encoding puts
    /// them in canonical key order.
    package let unknownFields: [(key: String, sourceText: String)]
    /// The changed fields, sorted by field. Nil in `AlphaExecutionRecorded`.
    package let changedFields: [ChangedField]?

    package init(
        row: ExecutionRow, scopeKey: String, unknownFields: [(key: String, sourceText: String)],
        changedFields: [ChangedField]? = nil
    ) {
        self.row = row
        self.scopeKey = scopeKey
        self.unknownFields = unknownFields
        self.changedFields = changedFields
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 1280)
        out.beginObject()
        if let changedFields {
            out.key("changed_fields")
            out.beginArray()
            for change in changedFields {
                out.beginObject()
                out.key("field")
                out.string(change.field)
                out.key("new")
                change.new.write(to: &out, decimals: .strings)
                out.key("old")
                change.old.write(to: &out, decimals: .strings)
                out.endObject()
            }
            out.endArray()
        }
        row.writeFieldsBeforeScopeKey(to: &out)
        out.append(#","scope_key":"#)
        out.string(scopeKey)
        row.writeFieldsAfterScopeKey(to: &out)
        out.key("unknown_fields")
        out.beginObject()
        let unknown =
            unknownFields.count < 2
            ? unknownFields : unknownFields.sorted { CanonicalKeyOrder.precedes($0.key, $1.key) }
        for (key, sourceText) in unknown {
            out.key(key)
            out.string(sourceText)
        }
        out.endObject()
        out.endObject()
        return out.bytes
    }

    /// Reads a payload of either type, with or without `changed_fields`. Canonical bytes, as the log holds them, read
    /// several times as fast as others.
    package init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.execution() }) {
            self = canonical
        } else {
            try self.init(decoding: try PayloadReader.document(payload))
        }
    }

    private static let keys: [StaticString] =
        ExecutionField.allCases.map(\.name) + ["changed_fields", "scope_key", "unknown_fields"]

    /// Reads a parsed payload. Members in canonical order need a single pass.
    package init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        let changedFields = payload["changed_fields"] == nil ? nil : try Self.changedFields(try members.value("changed_fields"))
        let row = try ExecutionRow(reading: &members)
        let scopeKey = try members.text("scope_key")
        let unknownFields = try Self.unknownFields(try members.value("unknown_fields"))
        try members.finish(Self.keys)
        self.init(row: row, scopeKey: scopeKey, unknownFields: unknownFields, changedFields: changedFields)
    }

    static func unknownFields(
        _ value: JSONValue
    ) throws(PayloadError) -> [(key: String, sourceText: String)] {
        guard value.kind == .object else { throw PayloadError(pointer: "/unknown_fields", problem: "is not an object") }
        var fields: [(key: String, sourceText: String)] = []
        for (key, value) in value.members {
            guard let text = value.string else {
                throw PayloadError(pointer: "/unknown_fields", problem: "has a value that is not a string")
            }
            fields.append((key, text))
        }
        return fields
    }

    private static func changedFields(_ value: JSONValue) throws(PayloadError) -> [ChangedField] {
        guard value.kind == .array else { throw PayloadError(pointer: "/changed_fields", problem: "is not an array") }
        var changes: [ChangedField] = []
        for element in value.elements {
            let pointer = "/changed_fields/\(changes.count)"
            let reader = try PayloadReader(element, pointer: pointer, keys: ["field", "new", "old"])
            let name = try reader.string("field")
            guard let field = ExecutionField.named(name) else {
                throw reader.error("field", "is not one of the known fields")
            }
            changes.append(
                ChangedField(
                    field: name, old: try field.node(try reader.value("old"), at: reader, "old"),
                    new: try field.node(try reader.value("new"), at: reader, "new")))
        }
        return changes
    }
}

extension ExecutionPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes. The order of their unknown fields does not matter.
    package static func == (left: ExecutionPayload, right: ExecutionPayload) -> Bool {
        left.row == right.row && left.scopeKey.isBytewiseEqual(to: right.scopeKey)
            && left.changedFields == right.changedFields
            && left.unknownFields.count == right.unknownFields.count
            && (left.unknownFields.isEmpty || left.encode() == right.encode())
    }
}

extension ExecutionField {
    /// A value of this field in the form that `changed_fields` holds.
    fileprivate func node(
        _ value: JSONValue, at reader: PayloadReader, _ key: String
    ) throws(PayloadError) -> JSONNode {
        if value.isNull { return .null }
        if let truth = value.bool { return .bool(truth) }
        if isDecimal {
            guard value.kind == .string, let decimal = value.decimal else {
                throw reader.error(key, "is not a decimal string")
            }
            return .decimal(decimal)
        }
        guard let text = value.string else { throw reader.error(key, "is not a string") }
        return .string(text)
    }
}
