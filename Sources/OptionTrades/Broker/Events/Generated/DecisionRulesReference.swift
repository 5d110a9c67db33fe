// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// The rules by which a decision was made.
package struct DecisionRulesReference: CodedFields {
    /// `digest`: SHA-256 of the rule file.
    package var digest: String = ""
    /// `version`
    package var version: Int64 = 0

    package init() {}

    package init(
        version: Int64, digest: String
    ) {
        self.version = version
        self.digest = digest
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("digest", &digest)
        try fields.integer("version", &version)
    }
}

extension DecisionRulesReference: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: DecisionRulesReference, right: DecisionRulesReference) -> Bool {
        guard left.version == right.version,
            left.digest.isBytewiseEqual(to: right.digest)
        else { return false }
        return true
    }
}
