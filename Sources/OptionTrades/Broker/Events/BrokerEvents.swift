package import LedgerEvents

extension EventType {
    /// Somebody wants something traded.
    package static let tradeIntended = EventType("TradeIntended")
    /// The market was consulted for an intent.
    package static let marketConsulted = EventType("MarketConsulted")
    /// The account was consulted for an intent.
    package static let accountConsulted = EventType("AccountConsulted")
    /// An order is about to leave, or has left.
    package static let orderSubmitted = EventType("OrderSubmitted")
    /// The broker has the order.
    package static let orderAcknowledged = EventType("OrderAcknowledged")
    /// A request ended without saying whether the broker has the order.
    package static let orderOutcomeUnknown = EventType("OrderOutcomeUnknown")
    /// The broker's order changed.
    package static let orderUpdated = EventType("OrderUpdated")
    /// The broker refused the only POST.
    package static let orderRefused = EventType("OrderRefused")
    /// Somebody wants the order cancelled.
    package static let cancelRequested = EventType("CancelRequested")
    /// The decision was not to submit an order.
    package static let executionSimulated = EventType("ExecutionSimulated")
    /// The intent's time was over.
    package static let intentExpired = EventType("IntentExpired")
    /// The intent ended before an order.
    package static let intentCancelled = EventType("IntentCancelled")
    /// The account of a source was recorded.
    package static let brokerAccountRecorded = EventType("BrokerAccountRecorded")
    /// The account's positions were observed.
    package static let brokerPositionsObserved = EventType("BrokerPositionsObserved")
    /// An activity of the account was recorded.
    package static let brokerActivityRecorded = EventType("BrokerActivityRecorded")
    /// No POST leaves any more.
    package static let dispatchHalted = EventType("DispatchHalted")
    /// Orders may be submitted again.
    package static let dispatchResumed = EventType("DispatchResumed")
}

/// The events of orders through a broker (docs/contract/broker.md, "Events").
package enum BrokerEvents {
    /// The types in the stream of an intent.
    package static let ofIntents: [EventType] = [
        .tradeIntended, .marketConsulted, .accountConsulted, .orderSubmitted, .orderAcknowledged, .orderOutcomeUnknown, .orderUpdated,
        .orderRefused, .cancelRequested, .executionSimulated, .intentExpired, .intentCancelled,
    ]

    /// The types in the streams of a whole source.
    package static let ofSources: [EventType] = [
        .brokerAccountRecorded, .brokerPositionsObserved, .brokerActivityRecorded, .dispatchHalted, .dispatchResumed,
    ]

    static let definitions: [EventDefinition] = [
        TradeIntendedPayload.definition, MarketConsultedPayload.definition, AccountConsultedPayload.definition,
        OrderSubmittedPayload.definition, OrderAcknowledgedPayload.definition, OrderOutcomeUnknownPayload.definition,
        OrderUpdatedPayload.definition, OrderRefusedPayload.definition, CancelRequestedPayload.definition,
        ExecutionSimulatedPayload.definition, IntentExpiredPayload.definition, IntentCancelledPayload.definition,
        BrokerAccountRecordedPayload.definition, BrokerPositionsObservedPayload.definition, BrokerActivityRecordedPayload.definition,
        DispatchHaltedPayload.definition, DispatchResumedPayload.definition,
    ]
}

extension Streams {
    /// `intent-<source>:<intent_id>`: an intent, and all that became of it.
    package static func intent(source: String, id: String) -> String { "\(intents(source: source))\(id)" }

    /// The prefix of the streams of a source's intents.
    package static func intents(source: String) -> String { "intent-\(source):" }

    /// `broker-<source>:account`: the accounts that a source's orders went to.
    package static func brokerAccount(source: String) -> String { "broker-\(source):account" }

    /// `broker-<source>:positions`: the positions of a source's account.
    package static func brokerPositions(source: String) -> String { "broker-\(source):positions" }

    /// `broker-<source>:activity`: the activities of a source's account.
    package static func brokerActivity(source: String) -> String { "broker-\(source):activity" }

    /// `broker-<source>:halt`: the halts of a source's dispatcher.
    package static func brokerHalt(source: String) -> String { "broker-\(source):halt" }
}
