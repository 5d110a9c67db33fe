import LedgerEvents
import LedgerJSON
import LedgerValues

extension CanonicalReader {
    /// Reads the payload of an execution, with or without `changed_fields`.
    mutating func execution() -> ExecutionPayload? {
        var changedFields: [ChangedField]?
        if take(#"{"changed_fields":["#) {
            guard let changes = changes(), take(",") else { return nil }
            changedFields = changes
        } else {
            guard take("{") else { return nil }
        }
        var row = ExecutionRow.Fields.unread
        var scopeKey = ""
        guard fieldsBeforeScopeKey(&row), take(#","scope_key":"#), sharedText(&scopeKey), fieldsAfterScopeKey(&row),
            take(#","unknown_fields":"#), let unknown = unknownFields()
        else { return nil }
        return ExecutionPayload(row: ExecutionRow(row), scopeKey: scopeKey, unknownFields: unknown, changedFields: changedFields)
    }

    /// Reads from the `unknown_fields` value to the payload's closing brace, which must be its last byte.
    private mutating func unknownFields() -> [(key: String, sourceText: String)]? {
        if take("{}}") { return isAtEnd ? [] : nil }
        guard bytes.last == UInt8(ascii: "}"), let document = document(upTo: bytes.count - 1) else { return nil }
        return try? ExecutionPayload.unknownFields(document.root)
    }

    /// Reads the elements of `changed_fields`, including the closing bracket.
    private mutating func changes() -> [ChangedField]? {
        var changes: [ChangedField] = []
        repeat {
            var name = ""
            guard take(#"{"field":"#), sharedText(&name), let field = ExecutionField.named(name),
                take(#","new":"#), let new = node(of: field), take(#","old":"#), let old = node(of: field), take("}")
            else { return nil }
            changes.append(ChangedField(field: name, old: old, new: new))
        } while take(",")
        return take("]") ? changes : nil
    }

    private mutating func node(of field: ExecutionField) -> JSONNode? {
        if field.isDecimal {
            var value: FixedDecimal?
            return decimal(&value) ? .optional(value) : nil
        }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        var value: String?
        return text(&value) ? .optional(value) : nil
    }
}
