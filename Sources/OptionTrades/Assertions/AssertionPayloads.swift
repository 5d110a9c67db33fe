package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// What an assertion is about (docs/contract/assertions.md, "Kinds"); the raw value is the published name.
package enum AssertionKind: String, Sendable, CaseIterable {
    /// Contracts bought less sold.
    case quantity
    /// Premium received less paid, in US dollars.
    case premium
    /// Premium received less paid, less fees, in US dollars.
    case cash
}

/// The payload of `AssertionStated`: an operator states what a portfolio held of a contract as of an instant.
package struct AssertionStatedPayload: EventPayload {
    package let assertionID: String
    package let holding: HoldingKey
    package let kind: AssertionKind
    /// Executions up to this instant count, the instant included.
    package let asOf: Instant
    /// Contracts for a quantity, US dollars for premium and cash.
    package let value: FixedDecimal
    /// How far the ledger may be from the value, zero or more. Nil for the tolerance of the rules.
    package let tolerance: FixedDecimal?
    package let statedBy: String
    package let reason: String

    package init(
        assertionID: String, holding: HoldingKey, kind: AssertionKind, asOf: Instant, value: FixedDecimal, tolerance: FixedDecimal?,
        statedBy: String, reason: String
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

    /// `AssertionStated`: the first event of its stream, which holds in the world from `asOf` on.
    package func event() -> NewEvent {
        NewEvent(
            .assertionStated, identity: Identity.assertionStated(id: assertionID), stream: Streams.assertion(id: assertionID),
            effectiveAt: asOf, payload: encode(), expectedVersion: 0)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 384) { write(to: &$0) } }

    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("as_of"); out.instant(asOf)
        out.key("assertion_id"); out.string(assertionID)
        out.key("contract_key"); out.string(holding.contractKey)
        out.key("kind"); out.string(kind.rawValue)
        out.key("reason"); out.string(reason)
        out.key("source"); out.string(holding.source)
        out.key("source_portfolio"); out.string(holding.sourcePortfolio)
        out.key("stated_by"); out.string(statedBy)
        out.key("tolerance"); out.decimalString(tolerance)
        out.key("value"); out.decimalString(value)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "as_of", "assertion_id", "contract_key", "kind", "reason", "source", "source_portfolio", "stated_by", "tolerance", "value",
    ]

    package init(decoding payload: [UInt8]) throws(PayloadError) { try self.init(decoding: try PayloadReader.document(payload)) }

    package init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        let asOf = try members.instant("as_of")
        let id = try members.text("assertion_id")
        let contract = try members.text("contract_key")
        let kind: AssertionKind = try members.enumeration("kind")
        let reason = try members.text("reason")
        let source = try members.text("source")
        let portfolio = try members.text("source_portfolio")
        let statedBy = try members.text("stated_by")
        let tolerance = try members.optionalDecimal("tolerance")
        let value = try members.decimal("value")
        try members.finish(Self.keys)
        self.init(
            assertionID: id, holding: HoldingKey(source: source, sourcePortfolio: portfolio, contractKey: contract), kind: kind,
            asOf: asOf, value: value, tolerance: tolerance, statedBy: statedBy, reason: reason)
    }
}

/// The payload of `AssertionWithdrawn`: an operator withdraws an assertion. It repeats the holding, so that a fold finds it.
package struct AssertionWithdrawnPayload: EventPayload {
    package let assertionID: String
    package let holding: HoldingKey
    package let withdrawnBy: String
    package let reason: String

    package init(assertionID: String, holding: HoldingKey, withdrawnBy: String, reason: String) {
        self.assertionID = assertionID
        self.holding = holding
        self.withdrawnBy = withdrawnBy
        self.reason = reason
    }

    /// `AssertionWithdrawn`: the second and last event of its stream. It has no valid time.
    package func event() -> NewEvent {
        NewEvent(
            .assertionWithdrawn, identity: Identity.assertionWithdrawn(id: assertionID), stream: Streams.assertion(id: assertionID),
            payload: encode(), expectedVersion: 1)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 256) { write(to: &$0) } }

    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("assertion_id"); out.string(assertionID)
        out.key("contract_key"); out.string(holding.contractKey)
        out.key("reason"); out.string(reason)
        out.key("source"); out.string(holding.source)
        out.key("source_portfolio"); out.string(holding.sourcePortfolio)
        out.key("withdrawn_by"); out.string(withdrawnBy)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "assertion_id", "contract_key", "reason", "source", "source_portfolio", "withdrawn_by",
    ]

    package init(decoding payload: [UInt8]) throws(PayloadError) { try self.init(decoding: try PayloadReader.document(payload)) }

    package init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        let id = try members.text("assertion_id")
        let contract = try members.text("contract_key")
        let reason = try members.text("reason")
        let source = try members.text("source")
        let portfolio = try members.text("source_portfolio")
        let withdrawnBy = try members.text("withdrawn_by")
        try members.finish(Self.keys)
        self.init(
            assertionID: id, holding: HoldingKey(source: source, sourcePortfolio: portfolio, contractKey: contract),
            withdrawnBy: withdrawnBy, reason: reason)
    }
}

/// A contract in a portfolio, of one source: what an assertion is about. Texts compare by their bytes.
package struct HoldingKey: Sendable, Equatable {
    package let source: String
    package let sourcePortfolio: String
    /// The option symbol, else the instrument.
    package let contractKey: String

    package init(source: String, sourcePortfolio: String, contractKey: String) {
        self.source = source
        self.sourcePortfolio = sourcePortfolio
        self.contractKey = contractKey
    }

    /// The holding of an execution. Nil if its portfolio or its contract is not known.
    package init?(of row: ExecutionRow) {
        guard let portfolio = row.sourcePortfolio, let contract = row.contractKey else { return nil }
        self.init(source: row.source, sourcePortfolio: portfolio, contractKey: contract)
    }

    package static func == (left: HoldingKey, right: HoldingKey) -> Bool {
        left.source.isBytewiseEqual(to: right.source) && left.sourcePortfolio.isBytewiseEqual(to: right.sourcePortfolio)
            && left.contractKey.isBytewiseEqual(to: right.contractKey)
    }

    /// `hold_` and the first 32 hex digits of the SHA-256 of the canonical JSON array of the three fields.
    package var holdingID: String {
        var out = JSONWriter()
        out.beginArray()
        out.string(source)
        out.string(sourcePortfolio)
        out.string(contractKey)
        out.endArray()
        return "hold_" + out.withBytes { Digest32(sha256Of: $0) }.firstHalf
    }
}
