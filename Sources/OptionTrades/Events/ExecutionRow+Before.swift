import LedgerEvents
import LedgerJSON

extension ExecutionRow {
    /// The name of the traded contract: `option_symbol`, else `instrument`, else nil.
    package var contractKey: String? { self.optionSymbol ?? self.instrument }
}

extension ExecutionPayload {
    /// The row before an update, restored from the old values that the event carries. Nil for a first recording.
    ///
    /// - Throws: if an old value is not valid for its field.
    package func previousRow() throws -> ExecutionRow? {
        guard let changedFields else { return nil }
        var members: [(String, JSONNode)] = []
        for field in ExecutionField.allCases {
            let name = "\(field.name)"
            // `currency` only repeats `underlying_symbol` and never appears among the changes.
            let source = field == .currency ? "\(ExecutionField.underlyingSymbol.name)" : name
            let old = changedFields.first { $0.field == source }?.old
            members.append((name, old ?? row.value(of: field)))
        }
        return try ExecutionRow(decoding: JSONDocument(parsing: JSONNode.object(members).canonicalBytes()).root)
    }
}
