import Events
import JSON

extension ExecutionRow {
    /// What names the traded contract: `option_symbol`, else `instrument`, else nil.
    public var contractKey: String? { self.optionSymbol ?? self.instrument }
}

extension ExecutionPayload {
    /// The row as it was before an update, from the old values that the event carries; nil for a first recording.
    ///
    /// Throws where an old value is not one that its field can hold.
    public func previousRow() throws -> ExecutionRow? {
        guard let changedFields else { return nil }
        var members: [(String, JSONNode)] = []
        for field in ExecutionField.allCases {
            let name = "\(field.name)"
            // `currency` only repeats `underlying_symbol`, and is never reported as changed.
            let source = field == .currency ? "\(ExecutionField.underlyingSymbol.name)" : name
            let old = changedFields.first { $0.field == source }?.old
            members.append((name, old ?? row.value(of: field)))
        }
        return try ExecutionRow(decoding: JSONDocument(parsing: JSONNode.object(members).canonicalBytes()).root)
    }
}
