package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
package import LedgerValues

/// The positions of a broker's account beside what the ledger's executions leave (docs/contract/broker.md, "Positions").
///
/// One row a source and symbol. An observation names every symbol that the ledger or an earlier observation knew, with a
/// quantity of zero if the broker no longer holds it.
package struct BrokerPositionsProjection: Projection {
    package static let name = "broker_positions"
    package static let consumes = TradeEvents.firstVersions(
        of: [.brokerPositionsObserved, .brokerActivityRecorded, .executionRecorded, .executionUpdated])

    /// An execution's or an activity's part of a position.
    package struct Part: CodedFields {
        package var id = ""
        /// The type of an activity; empty for an execution.
        package var kind = ""
        package var status = ""
        /// Signed.
        package var quantity = FixedDecimal.zero

        package init() {}

        init(id: String, kind: String, status: String, quantity: FixedDecimal) {
            (self.id, self.kind, self.status, self.quantity) = (id, kind, status, quantity)
        }

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.text("id", &id)
            try fields.text("kind", &kind)
            try fields.decimal("quantity", &quantity)
            try fields.text("status", &status)
        }
    }

    package struct Facts: CodedFields {
        package var source = ""
        package var symbol = ""
        package var observed: BrokerPosition?
        package var observedAt: Instant?
        package var executions: [Part] = []
        package var activities: [Part] = []

        package init() {}

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.objects("activities", &activities)
            try fields.objects("executions", &executions)
            try fields.object("observed", &observed)
            try fields.instant("observed_at", &observedAt)
            try fields.text("source", &source)
            try fields.text("symbol", &symbol)
        }
    }

    package let identity: ProjectionIdentity
    private let rules: BrokerPositionsRules

    package init(rules: BrokerPositionsRules) {
        identity = ProjectionIdentity(name: Self.name, codeVersion: 1, ownRules: rules.file, rules: [rules.file])
        self.rules = rules
    }

    /// The symbol of an execution through a broker: its contract, or its shares' ticker; nil for other sources.
    static func symbol(of row: ExecutionRow) -> String? {
        guard BrokerSource(rawValue: row.source) != nil else { return nil }
        return row.optionSymbol ?? row.underlyingSymbol
    }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        if let observed = event.payload(as: BrokerPositionsObservedPayload.self) {
            return observed.positions.map { RowKey([observed.source, $0.symbol]) }
        }
        if let activity = event.payload(as: BrokerActivityRecordedPayload.self) { return [RowKey([activity.source, activity.symbol])] }
        guard let execution = event.payload(as: ExecutionPayload.self), let symbol = Self.symbol(of: execution.row) else { return [] }
        return [RowKey([execution.row.source, symbol])]
    }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        var state = facts ?? Facts()
        (state.source, state.symbol) = (entity.parts[0].text, entity.parts[1].text)
        if let observed = event.payload(as: BrokerPositionsObservedPayload.self) {
            state.observed = observed.positions.first { $0.symbol.isBytewiseEqual(to: state.symbol) }
            state.observedAt = observed.now
        } else if let activity = event.payload(as: BrokerActivityRecordedPayload.self) {
            let id = "\(activity.activityID)|\(activity.activityType)"
            Self.put(
                Part(id: id, kind: activity.activityType, status: activity.status ?? "", quantity: activity.quantity ?? .zero),
                into: &state.activities)
        } else if let execution = event.payload(as: ExecutionPayload.self) {
            let row = execution.row
            let quantity = row.tradeStatus == .busted ? .zero : row.quantity ?? .zero
            Self.put(
                Part(id: row.sourceTradeID, kind: "", status: "", quantity: row.direction == .sell ? -quantity : quantity),
                into: &state.executions)
        }
        facts = state
    }

    private static func put(_ part: Part, into parts: inout [Part]) {
        if let index = parts.firstIndex(where: { $0.id.isBytewiseEqual(to: part.id) }) { parts[index] = part } else { parts.append(part) }
    }

    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }

    package func encode(_ facts: Facts, to out: inout JSONWriter) { FieldCoder.write(facts, to: &out) }

    package func facts(from document: [UInt8]) throws -> Facts {
        try FieldCoder.object(try JSONDocument(parsing: document).root, "")
    }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        let row = BrokerPositionRow(facts, rules)
        row.node.sorted.write(to: &rows.out, decimals: .strings)
        rows.endRow(RowKey([facts.source, facts.symbol]), [.text(row.state.rawValue)])
    }
}

/// How a position at the broker stands to the ledger's.
package enum PositionState: String, Sendable, CaseIterable {
    case agrees
    /// Activities account for the whole difference.
    case explained
    case differs
    /// The broker's positions have not been observed since.
    case unobserved
}

/// A row of `broker_positions`.
struct BrokerPositionRow {
    let facts: BrokerPositionsProjection.Facts
    let ledger: FixedDecimal
    let explained: FixedDecimal
    let difference: FixedDecimal?
    let state: PositionState

    init(_ facts: BrokerPositionsProjection.Facts, _ rules: BrokerPositionsRules) {
        self.facts = facts
        ledger = facts.executions.reduce(.zero) { $0 + $1.quantity }
        explained = facts.activities.reduce(.zero) { sum, activity in
            rules.explainingActivities.contains(activity.kind) && rules.countedStatuses.contains(activity.status)
                ? sum + activity.quantity : sum
        }
        difference = facts.observed.map { [ledger] in $0.quantity - ledger }
        state =
            if let difference {
                difference.isZero ? .agrees : difference == explained ? .explained : .differs
            } else {
                .unobserved
            }
    }

    var explanation: String? {
        switch state {
        case .agrees: nil
        case .explained: "activities of the account changed the position by \(explained)"
        case .differs: "activities account for \(explained)"
        case .unobserved: "the broker's positions were not observed since"
        }
    }

    var node: JSONNode {
        .object([
            ("avg_entry_price", .decimal(facts.observed?.averageEntryPrice)), ("broker_quantity", .decimal(facts.observed?.quantity)),
            ("current_price", .decimal(facts.observed?.currentPrice)), ("difference", .decimal(difference)),
            ("explained_quantity", .decimal(explained)), ("explanation", .text(explanation)), ("ledger_quantity", .decimal(ledger)),
            ("market_value", .decimal(facts.observed?.marketValue)), ("observed_at", .instant(facts.observedAt)),
            ("source", .string(facts.source)), ("state", .string(state.rawValue)), ("symbol", .string(facts.symbol)),
        ])
    }
}
