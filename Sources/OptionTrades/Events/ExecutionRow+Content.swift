import LedgerEvents
package import LedgerJSON
import LedgerValues

/// A field that differs from the previous row of the same trade.
package struct ChangedField: Sendable, Equatable {
    /// The stored name.
    package let field: String
    package let old: JSONNode
    package let new: JSONNode

    package init(field: String, old: JSONNode, new: JSONNode) {
        self.field = field
        self.old = old
        self.new = new
    }
}

extension ExecutionRow {
    /// The stored names of the content fields, in canonical key order.
    package static var fieldNames: [String] { ExecutionField.names }
}

// MARK: - Fields by name, and changes

extension ExecutionRow {
    /// The value of a content field by its stored name. An absent value is `null`; an unknown name gives nil.
    package func value(named name: String) -> JSONNode? {
        ExecutionField.named(name).map(value(of:))
    }

    /// The fields that differ from an older row of the same trade, sorted by name. These are all content fields except
    /// `source`, `source_trade_id` and `currency`, which only repeats `underlying_symbol`.
    package func changedFields(from old: ExecutionRow) -> [ChangedField] {
        var changes: [ChangedField] = []
        for field in ExecutionField.allCases where field.isComparable {
            let (before, after) = (old.value(of: field), value(of: field))
            if before != after { changes.append(ChangedField(field: "\(field.name)", old: before, new: after)) }
        }
        return changes
    }
}

extension JSONNode {
    static func optional(_ text: String?) -> JSONNode { text.map(JSONNode.string) ?? .null }
    static func optional(_ truth: Bool?) -> JSONNode { truth.map(JSONNode.bool) ?? .null }
    static func optional(_ value: FixedDecimal?) -> JSONNode { value.map(JSONNode.decimal) ?? .null }
}
