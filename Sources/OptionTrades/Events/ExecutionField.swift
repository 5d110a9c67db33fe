import LedgerValues

extension ExecutionField {
    /// Whether an update reports a change of the field. It does not report the trade's identity, nor `currency`, which
    /// is another name of `underlying_symbol`.
    var isComparable: Bool {
        self != .source && self != .sourceTradeID && self != .currency
    }

    /// The stored names in order.
    static let names: [String] = allCases.map { "\($0.name)" }

    /// The field with the given stored name.
    static func named(_ name: String) -> ExecutionField? { byName[ByteKey(name)] }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { (ByteKey(names[$0.rawValue]), $0) })
}
