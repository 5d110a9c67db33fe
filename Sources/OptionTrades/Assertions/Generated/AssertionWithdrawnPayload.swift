// Made by `swift run payload-generator` from schema/events/AssertionWithdrawn.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// The payload of `AssertionWithdrawn`: an operator withdraws an assertion. It repeats the holding, so that a fold
/// finds it.
package struct AssertionWithdrawnPayload: CodedFields {
    package var holding = HoldingKey()
    /// `assertion_id`: The assertion's own id.
    package var assertionID: String = ""
    /// `reason`: Why.
    package var reason: String = ""
    /// `withdrawn_by`: Who withdraws it.
    package var withdrawnBy: String = ""

    package init() {}

    package init(
        assertionID: String, holding: HoldingKey, withdrawnBy: String, reason: String
    ) {
        self.assertionID = assertionID
        self.holding = holding
        self.withdrawnBy = withdrawnBy
        self.reason = reason
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try holding.code(&fields)
        try fields.text("assertion_id", &assertionID)
        try fields.text("reason", &reason)
        try fields.text("withdrawn_by", &withdrawnBy)
    }
}

extension AssertionWithdrawnPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AssertionWithdrawnPayload, right: AssertionWithdrawnPayload) -> Bool {
        guard left.holding == right.holding,
            left.assertionID.isBytewiseEqual(to: right.assertionID),
            left.reason.isBytewiseEqual(to: right.reason),
            left.withdrawnBy.isBytewiseEqual(to: right.withdrawnBy)
        else { return false }
        return true
    }
}
