import LedgerJSON

extension ColumnSet {
    /// The meaning of a column's values, if programs may rely on more than their type.
    public enum Role: Sendable, Equatable {
        /// Amounts that may be added up, in a unit such as `USD`. A comparison of two versions has their sums.
        case money(unit: String)
        /// Amounts of money for one of something, which may not be added up.
        case price
        /// A state, a label or a quality. A comparison of two versions counts the rows that move from one to another.
        case state

        /// Whether amounts of the column may be added up.
        var isMoney: Bool {
            if case .money = self { true } else { false }
        }

        /// Reads `role` and `unit` of a column. Nil for a column without a role.
        init?(_ column: JSONValue, of kind: Kind, _ name: String) throws(ColumnSetError) {
            guard let given = column["role"] else {
                if column["unit"] != nil { throw .unitWithoutMoney(column: name) }
                return nil
            }
            switch given.string {
            case "money":
                guard let unit = column["unit"]?.string, !unit.isEmpty else { throw .unitMissing(column: name) }
                self = .money(unit: unit)
            case "price": self = .price
            case "state": self = .state
            default: throw .unknownRole(column: name, found: given.sourceText)
            }
            if !isMoney, column["unit"] != nil { throw .unitWithoutMoney(column: name) }
            let expected: Kind = self == .state ? .text : .decimal
            guard kind == expected else {
                throw .roleOfOtherType(column: name, role: given.string ?? "", expected: expected, found: kind)
            }
        }
    }
}
