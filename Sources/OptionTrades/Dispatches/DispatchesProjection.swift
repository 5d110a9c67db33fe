package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
package import LedgerValues

/// The dispatches: one row an intent, what was decided on it and what became of it (docs/contract/broker.md, "Dispatches").
///
/// The decision is made anew from the recorded facts under the rules of the version, so another version shows what it
/// would have decided. What the broker did stays what it is.
package struct DispatchesProjection: Projection {
    package static let name = "dispatches"
    package static let consumes = TradeEvents.firstVersions(of: BrokerEvents.ofIntents)

    package typealias Facts = IntentState

    package let identity: ProjectionIdentity
    private let rules: DispatchRules

    package init(rules: DispatchRules) {
        identity = ProjectionIdentity(name: Self.name, codeVersion: 1, ownRules: rules.file, rules: rules.files)
        self.rules = rules
    }

    package static var entitiesAreSubjects: Bool { true }

    /// The columns that dashboards of an earlier dispatcher ask for.
    package static var secondViews: [SecondView] {
        [
            SecondView(
                "dispatcher_execution",
                columns: [
                    .column("source"), .column("intent_id"), .column("ticker"), .column("action"), .column("instrument_type"),
                    .column("strategy"), .column("execution_mode"), .column("option_symbol"), .column("delta"), .column("theta"),
                    .column("iv"), .column("created_at"),
                    .object(
                        "explain_json",
                        members: [
                            "alpaca_order_id", "client_order_id", "order_status", "api_bid", "api_ask", "api_mid", "spread_pct",
                            "open_interest", "volume", "spot", "target_strike", "candidates_considered", "gates", "size", "reasons",
                            "verdict", "quantity", "limit_price", "filled_quantity", "filled_avg_price", "filled_at", "fill_vs_mid",
                            "fill_vs_mid_bps", "seconds_to_fill", "simulated_price", "fallback_reason",
                        ]),
                ],
                about: "The dispatches, an intent a row, with what explains them as one object.")
        ]
    }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.payload.subjectKey.map { [$0] } ?? [] }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        facts = IntentState.folding(event, into: facts)
    }

    /// An intent and its order have no valid time: they are there as soon as they are known.
    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        let row = DispatchRow(facts, rules)
        row.node.sorted.write(to: &rows.out, decimals: .strings)
        rows.endRow(RowKey([facts.intent.source, facts.intent.intentID]), row.stored)
    }

    package func encode(_ facts: Facts, to out: inout JSONWriter) { FieldCoder.write(facts, to: &out) }

    package func facts(from document: [UInt8]) throws -> Facts {
        try FieldCoder.object(try JSONDocument(parsing: document).root, "")
    }
}
