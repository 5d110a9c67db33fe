import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerValues

/// All that the log says of one intent, as a document: what was wanted, consulted and decided, and what the broker did.
package enum DispatchStory {
    /// The story of an intent's events, in the order of the log; nil if they do not begin with an intent.
    ///
    /// - Parameters:
    ///   - events: all events of the intent's stream
    ///   - rules: the rules of the served version, under which the row is shown
    package static func node(_ events: [DecodedEvent], _ rules: DispatchRules) -> JSONNode? {
        var state: IntentState?
        var (updates, unknown): ([JSONNode], [JSONNode]) = ([], [])
        for event in events {
            state = IntentState.folding(event, into: state)
            let position: (String, JSONNode) = ("position", .integer(event.record.position))
            if let payload = event.payload(as: OrderUpdatedPayload.self) {
                updates.append(.object([position, ("update", FieldCoder.node(payload))]))
            } else if let payload = event.payload(as: OrderOutcomeUnknownPayload.self) {
                unknown.append(.object([position, ("outcome", FieldCoder.node(payload))]))
            }
        }
        guard let state else { return nil }
        let recorded = state.submission?.decision ?? state.simulation?.decision
        let reference = state.submission?.rules ?? state.simulation?.rules
        return .object([
            ("source", .string(state.intent.source)), ("intent_id", .string(state.intent.intentID)),
            ("client_order_id", .text(state.submission?.body.clientOrderID)), ("execution_mode", .string(state.mode.rawValue)),
            ("created_at", .instant(state.createdAt)), ("requested_by", .string(state.intended.requestedBy)),
            ("intent", FieldCoder.node(state.intent)), ("market", node(state.market)), ("account", node(state.account)),
            ("day", node(state.day)), ("decision", node(recorded)), ("rules", node(reference)),
            ("arithmetic", recorded.map { .array(SizeArithmetic.steps($0, state.facts(), rules)) } ?? .null),
            ("order", node(state.submission?.body)), ("submitted_at", .instant(state.submission?.now)),
            ("acknowledgement", node(state.acknowledgement)), ("updates", .array(updates)), ("unknown_outcomes", .array(unknown)),
            ("refusal", node(state.refusal)), ("cancel_request", node(state.cancelRequest)), ("expiry", node(state.expiry)),
            ("cancellation", node(state.cancellation)), ("row", DispatchRow(state, rules).node),
            (
                "events",
                .array(
                    events.map { event in
                        .object([
                            ("position", .integer(event.record.position)), ("type", .string(event.record.type)),
                            ("recorded_at", .instant(event.record.recordedAt)),
                        ])
                    })
            ),
        ])
    }

    private static func node<Object: CodedFields>(_ object: Object?) -> JSONNode { object.map { FieldCoder.node($0) } ?? .null }
}
