// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// A gate of the selected contract. A missing value fails.
package struct Gate: CodedFields {
    /// `name`
    package var name: String = ""
    /// `pass`
    package var pass: Bool = false
    /// `reason`: Why it failed.
    package var reason: String?
    /// `threshold`
    package var threshold: String = ""
    /// `value`: The figure that was judged; a missing one fails.
    package var value: String?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("name", &name)
        try fields.truth("pass", &pass)
        try fields.text("reason", &reason)
        try fields.text("threshold", &threshold)
        try fields.text("value", &value)
    }
}

extension Gate: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: Gate, right: Gate) -> Bool {
        guard left.pass == right.pass,
            left.name.isBytewiseEqual(to: right.name),
            left.reason.isBytewiseEqual(to: right.reason),
            left.threshold.isBytewiseEqual(to: right.threshold),
            left.value.isBytewiseEqual(to: right.value)
        else { return false }
        return true
    }
}
