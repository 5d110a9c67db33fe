// Made by `swift run payload-generator` from schema/events/MarketConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// Contracts that were left out of the candidates for one reason.
package struct LeftOut: CodedFields {
    /// `count`
    package var count: Int64 = 0
    /// `reason`
    package var reason: String = ""

    package init() {}

    package init(
        reason: String, count: Int64
    ) {
        self.reason = reason
        self.count = count
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("count", &count)
        try fields.text("reason", &reason)
    }
}

extension LeftOut: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: LeftOut, right: LeftOut) -> Bool {
        guard left.count == right.count,
            left.reason.isBytewiseEqual(to: right.reason)
        else { return false }
        return true
    }
}
