package import LedgerEvents
import LedgerValues

/// A payload of an event about orders through a broker.
package protocol BrokerPayload: CodedPayload {
    /// The source: the broker and the kind of account.
    var source: String { get }
}

/// A payload of an event in an intent's stream.
package protocol IntentPayload: BrokerPayload {
    var intentID: String { get }
}

extension IntentPayload {
    package var subjectKey: RowKey? { RowKey([source, intentID]) }

    /// The event after the given version of its stream (0 for the first).
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.join([Self.type.rawValue, source, intentID, "\(previousVersion)"]),
            stream: Streams.intent(source: source, id: intentID), payload: encode(), expectedVersion: previousVersion)
    }
}

extension BrokerPayload {
    /// The event after the given version of a stream of the whole source.
    fileprivate func brokerEvent(_ stream: String, _ previousVersion: Int64) -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.join([Self.type.rawValue, source, "\(previousVersion)"]), stream: stream,
            payload: encode(), expectedVersion: previousVersion)
    }
}

// MARK: - Sources

extension BrokerAccountRecordedPayload: BrokerPayload {
    package static let type = EventType.brokerAccountRecorded

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerAccount(source: source), previousVersion) }
}

extension BrokerPositionsObservedPayload: BrokerPayload {
    package static let type = EventType.brokerPositionsObserved

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerPositions(source: source), previousVersion) }
}

extension BrokerActivityRecordedPayload: BrokerPayload {
    package static let type = EventType.brokerActivityRecorded

    /// The same activity in the same status makes one event, however often it is seen.
    package func event() -> NewEvent {
        NewEvent(
            Self.type,
            identity: Identity.join([Self.type.rawValue, source, activityID, activityType, symbol, status ?? ""]),
            stream: Streams.brokerActivity(source: source), payload: encode())
    }
}

extension DispatchHaltedPayload: BrokerPayload {
    package static let type = EventType.dispatchHalted

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerHalt(source: source), previousVersion) }
}

extension DispatchResumedPayload: BrokerPayload {
    package static let type = EventType.dispatchResumed

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerHalt(source: source), previousVersion) }
}

// MARK: - Intents

extension TradeIntendedPayload: IntentPayload {
    package static let type = EventType.tradeIntended
    package var source: String { intent.source }
    package var intentID: String { intent.intentID }
}

extension MarketConsultedPayload: IntentPayload {
    package static let type = EventType.marketConsulted
}

extension AccountConsultedPayload: IntentPayload {
    package static let type = EventType.accountConsulted
}

extension OrderSubmittedPayload: IntentPayload {
    package static let type = EventType.orderSubmitted
}

extension OrderAcknowledgedPayload: IntentPayload {
    package static let type = EventType.orderAcknowledged
}

extension OrderOutcomeUnknownPayload: IntentPayload {
    package static let type = EventType.orderOutcomeUnknown
}

extension OrderUpdatedPayload: IntentPayload {
    package static let type = EventType.orderUpdated
}

extension OrderRefusedPayload: IntentPayload {
    package static let type = EventType.orderRefused
}

extension CancelRequestedPayload: IntentPayload {
    package static let type = EventType.cancelRequested
}

extension ExecutionSimulatedPayload: IntentPayload {
    package static let type = EventType.executionSimulated
}

extension IntentExpiredPayload: IntentPayload {
    package static let type = EventType.intentExpired
}

extension IntentCancelledPayload: IntentPayload {
    package static let type = EventType.intentCancelled
}

extension UnderlyingQuote {
    /// Whether bid and ask make a quote: bid > 0 and ask ≥ bid.
    package var isValid: Bool { bid.map { bid in bid > .zero && ask.map { $0 >= bid } ?? false } ?? false }
}

/// What a request's end says about whether its order exists.
package enum OutcomePhase: String, Sendable, CaseIterable {
    /// A POST ended without an answer that settles it.
    case afterPost = "after_post"
    /// The same body is about to be sent again.
    case beforeResend = "before_resend"
    /// The broker counted the request and did not take it (429): it was no POST.
    case rateLimited = "rate_limited"
    /// The broker refused a POST that was not the only one.
    case resendRefused = "resend_refused"
}
