/// How columns of a row depend on the reader's moment, as data: what `present` does in code, for readers that have no code.
///
/// If all conditions hold for a stored row, the columns have these values instead of the stored ones.
public struct MomentRule: Sendable {
    public let conditions: [Condition]
    public let values: [(column: String, value: Value)]

    public init(if conditions: [Condition], _ values: [(column: String, value: Value)]) {
        self.conditions = conditions
        self.values = values
    }

    public enum Condition: Sendable {
        /// The instant in the column is later than the moment.
        case isLater(String)
        /// The date in the column is before the date of the moment in a time zone.
        case isPast(String, zone: String)
        /// The text in the column is one of some.
        case isOneOf(String, [String])
        /// The list of texts in the column lacks one.
        case lacks(String, String)
    }

    public enum Value: Sendable {
        case null
        case truth(Bool)
        case text(String)
        /// The empty list.
        case nothing
        /// The column's own list of texts and one more, in bytewise order.
        case adding(String)
        /// The column's own object, in which a member is null.
        case without(String)
        /// The positions that some members of the object in another column have, ascending.
        case positions(of: [String], in: String)
    }
}
