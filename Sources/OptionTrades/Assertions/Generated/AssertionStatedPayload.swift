// Made by `swift run payload-generator` from schema/events/AssertionStated.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `AssertionStated`: an operator states what a portfolio held of a contract as of an instant.
package struct AssertionStatedPayload: CodedFields {
    package var holding = HoldingKey()
    /// `as_of`: Executions up to this instant count, the instant included.
    package var asOf: Instant = .minimum
    /// `assertion_id`: The assertion's own id.
    package var assertionID: String = ""
    /// `kind`: What is stated: contracts bought less sold; premium received less paid; the same less fees.
    package var kind: AssertionKind = .quantity
    /// `reason`: Why, for example the statement that it is from.
    package var reason: String = ""
    /// `stated_by`: Who states it.
    package var statedBy: String = ""
    /// `tolerance`: How far the ledger may be from the value, in the value's unit. Null for that of the rules.
    package var tolerance: FixedDecimal?
    /// `value`: Contracts for a quantity, US dollars for premium and cash.
    package var value: FixedDecimal = .zero

    package init() {}

    package init(
        assertionID: String, holding: HoldingKey, kind: AssertionKind, asOf: Instant, value: FixedDecimal,
        tolerance: FixedDecimal? = nil, statedBy: String, reason: String
    ) {
        self.assertionID = assertionID
        self.holding = holding
        self.kind = kind
        self.asOf = asOf
        self.value = value
        self.tolerance = tolerance
        self.statedBy = statedBy
        self.reason = reason
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try holding.code(&fields)
        try fields.instant("as_of", &asOf)
        try fields.text("assertion_id", &assertionID)
        try fields.choice("kind", &kind)
        try fields.text("reason", &reason)
        try fields.text("stated_by", &statedBy)
        try fields.decimal("tolerance", &tolerance)
        try fields.decimal("value", &value)
    }
}

extension AssertionStatedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AssertionStatedPayload, right: AssertionStatedPayload) -> Bool {
        guard left.asOf == right.asOf,
            left.kind == right.kind,
            left.tolerance == right.tolerance,
            left.value == right.value,
            left.holding == right.holding,
            left.assertionID.isBytewiseEqual(to: right.assertionID),
            left.reason.isBytewiseEqual(to: right.reason),
            left.statedBy.isBytewiseEqual(to: right.statedBy)
        else { return false }
        return true
    }
}
