package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// Assertions: one row for each that was stated, checked against the executions of its holding (docs/contract/assertions.md).
///
/// The entity is the holding: a contract in a portfolio of a source. It exists as soon as it has a trade, because an assertion
/// may be stated long after the trades. Each event about the holding checks its assertions again.
package struct AssertionsProjection: Projection {
    package static let name = "assertions"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions + [.assertionStated, .assertionWithdrawn])

    package typealias Facts = AssertedHolding

    package let identity: ProjectionIdentity
    private let rules: AssertionsRules

    package init(rules: AssertionsRules) {
        self.rules = rules
        identity = ProjectionIdentity(name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    private static func entity(of holding: HoldingKey) -> RowKey { RowKey([holding.source, holding.holdingID]) }

    /// The fields that make up the holding, except `source`, which never changes.
    private static let keyFields: Set<ByteKey> = ["instrument", "option_symbol", "source_portfolio"]

    package func entities(touchedBy event: DecodedEvent) throws -> [RowKey] {
        if let payload = event.payload(as: ExecutionPayload.self) {
            let holding = HoldingKey(of: payload.row)
            var entities = holding.map { [Self.entity(of: $0)] } ?? []
            if let changes = payload.changedFields, changes.contains(where: { Self.keyFields.contains(ByteKey($0.field)) }),
                let previous = try payload.previousRow().flatMap({ HoldingKey(of: $0) }), previous != holding
            {
                entities.insert(Self.entity(of: previous), at: 0)
            }
            return entities
        }
        if let payload = event.payload(as: AssertionStatedPayload.self) { return [Self.entity(of: payload.holding)] }
        if let payload = event.payload(as: AssertionWithdrawnPayload.self) { return [Self.entity(of: payload.holding)] }
        return []
    }

    package func apply(_ event: DecodedEvent, to facts: inout AssertedHolding?, of entity: RowKey) throws {
        let position = event.record.position
        if let payload = event.payload(as: ExecutionPayload.self) {
            let holding = HoldingKey(of: payload.row)
            // Comparing keys avoids the digest of the entity's key.
            if let holding, facts.map({ $0.key == holding }) ?? (Self.entity(of: holding) == entity) {
                facts[orNew: AssertedHolding(key: holding)].group.record(LifecycleMember(of: payload.row, position: position))
            } else {
                facts?.group.remove(tradeID: payload.row.sourceTradeID)
            }
        } else if let payload = event.payload(as: AssertionStatedPayload.self) {
            facts[orNew: AssertedHolding(key: payload.holding)].record(
                StatedAssertion(payload, position: position, statedAt: event.record.recordedAt))
        } else if let payload = event.payload(as: AssertionWithdrawnPayload.self) {
            facts?.withdraw(
                StatedAssertion.Withdrawal(payload: payload, position: position, withdrawnAt: event.record.recordedAt))
        }
        facts?.checkedPosition = position
        if facts?.isEmpty ?? false { facts = nil }
    }

    package func facts(_ facts: AssertedHolding, effectiveBy instant: Instant) -> AssertedHolding? {
        let holding = facts.effective(by: instant)
        return holding.isEmpty ? nil : holding
    }

    /// Writes no row for a holding of which nothing is stated.
    package func writeRows(of facts: AssertedHolding, to rows: inout RowWriter) {
        if facts.assertions.isEmpty { return }
        let holdingID = facts.key.holdingID
        for assertion in facts.assertions {
            let checked = CheckedAssertion(assertion, of: facts, rules: rules)
            checked.write(holding: facts, holdingID: holdingID, to: &rows.out)
            rows.endRow(
                RowKey([facts.key.source, holdingID, assertion.stated.assertionID]),
                [
                    .instant(assertion.stated.asOf), .text(facts.key.sourcePortfolio), .text(facts.key.contractKey),
                    .text(assertion.stated.kind.rawValue), .text(checked.state.rawValue),
                ])
        }
    }

    package func encode(_ facts: AssertedHolding, to out: inout JSONWriter) { facts.write(to: &out) }

    package func facts(from document: [UInt8]) throws -> AssertedHolding { try AssertedHolding(document: document) }
}
