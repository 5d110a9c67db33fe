package import LedgerEvents
import LedgerJSON
import LedgerValues

/// What an assertion is about (docs/contract/assertions.md, "Kinds"); the raw value is the published name.
package enum AssertionKind: String, Sendable, CaseIterable {
    /// Contracts bought less sold.
    case quantity
    /// Premium received less paid, in US dollars.
    case premium
    /// Premium received less paid, less fees, in US dollars.
    case cash
}

extension AssertionStatedPayload: CodedPayload {
    package static let type = EventType.assertionStated

    /// `AssertionStated`: the first event of its stream, which holds in the world from `asOf` on.
    package func event() -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.assertionStated(id: assertionID), stream: Streams.assertion(id: assertionID),
            effectiveAt: asOf, payload: encode(), expectedVersion: 0)
    }
}

extension AssertionWithdrawnPayload: CodedPayload {
    package static let type = EventType.assertionWithdrawn

    /// `AssertionWithdrawn`: the second and last event of its stream. It has no valid time.
    package func event() -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.assertionWithdrawn(id: assertionID), stream: Streams.assertion(id: assertionID),
            payload: encode(), expectedVersion: 1)
    }
}

extension HoldingKey {
    /// The holding of an execution. Nil if its portfolio or its contract is not known.
    package init?(of row: ExecutionRow) {
        guard let portfolio = row.sourcePortfolio, let contract = row.contractKey else { return nil }
        self.init(source: row.source, sourcePortfolio: portfolio, contractKey: contract)
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
