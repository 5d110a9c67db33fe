/// The payloads of orders through a broker (docs/contract/broker.md, "Events").
enum BrokerPayloads {
    static let group = PayloadGroup(
        folder: "Broker/Events",
        types: PayloadTypes(
            enumerations: [
                "action": "IntentAction", "instrument_type": "InstrumentType", "option_type": "OptionType", "phase": "OutcomePhase",
                "strategy": "TradeStrategy", "verdict": "Verdict",
            ],
            objects: [
                "body": "OrderBody", "calendar": "SessionFacts", "day": "DayFacts", "decision": "Decision", "filters": "ChainFilters",
                "rules": "DecisionRulesReference", "size": "OrderSize", "underlying": "UnderlyingQuote",
            ],
            lists: [
                "candidates": "ContractRow", "gates": "Gate", "holdings": "Holding", "left_out": "LeftOut", "positions": "BrokerPosition",
            ],
            textDigests: ["digest"],
            names: [
                "account_last_four": "lastFour", "avg_entry_price": "averageEntryPrice", "filled_avg_price": "filledAveragePrice",
                "filled_qty": "filledQuantity", "instrument_type": "instrument", "qty": "quantity",
            ],
            // What nobody has decided is no order.
            initial: ["instrument_type": ".stock", "time_in_force": "\"day\"", "verdict": ".wait"]),
        payloads: intents + orders + decisions + accounts)

    private static let intents = [
        PayloadDescription(
            "TradeIntent", ["TradeIntended.v1"], .listed(without: ["requested_by"]),
            "What somebody wants traded. At most one order follows from it, ever."),
        PayloadDescription(
            "TradeIntendedPayload", ["TradeIntended.v1"], .listed(), embedded: [("intent", "TradeIntent")],
            parameters: .asListed,
            "The payload of `TradeIntended`: the intent, and who gave it."),
        PayloadDescription(
            "MarketConsultedPayload", ["MarketConsulted.v1"], .listed(),
            "The payload of `MarketConsulted`: what the market said, as far as a decision follows from it."),
        PayloadDescription(
            "LeftOut", ["MarketConsulted.v1"], .listed(at: "/$defs/left_out"), parameters: .inOrder(["reason", "count"]),
            "Contracts that were left out of the candidates for one reason."),
        PayloadDescription(
            "SessionFacts", ["MarketConsulted.v1"], .listed(at: "/$defs/calendar"),
            parameters: .inOrder(["sessionOpen", "sessionClose", "brokerIsOpen"]),
            "The session of now: from the calendar, and from the broker's own clock."),
        PayloadDescription(
            "UnderlyingQuote", ["MarketConsulted.v1"], .listed(at: "/$defs/underlying_quote"),
            "The underlying's last quote and trade."),
        PayloadDescription(
            "ChainFilters", ["MarketConsulted.v1"], .listed(at: "/$defs/filters"),
            "What was asked of the chain. Nil fields did not restrict it."),
        PayloadDescription(
            "ContractRow", ["MarketConsulted.v1"], .listed(at: "/$defs/contract"),
            "A contract of the chain, with its quote, its trade and its greeks as the broker gave them."),
        PayloadDescription(
            "AccountFacts", ["AccountConsulted.v1"], .listed(without: ["intent_id", "now", "source"]), "An account, without its number."),
        PayloadDescription(
            "AccountConsultedPayload", ["AccountConsulted.v1"], .listed(), embedded: [("account", "AccountFacts")],
            parameters: .inOrder(["source", "intentID", "now", "account"]),
            "The payload of `AccountConsulted`: what the account may do."),
        PayloadDescription(
            "CancelRequestedPayload", ["CancelRequested.v1"], .listed(), parameters: .asListed,
            "The payload of `CancelRequested`: who wants the order cancelled, and why."),
        PayloadDescription(
            "IntentExpiredPayload", ["IntentExpired.v1"], .listed(), parameters: .asListed,
            "The payload of `IntentExpired`: no order follows from the intent any more."),
        PayloadDescription(
            "IntentCancelledPayload", ["IntentCancelled.v1"], .listed(), parameters: .asListed,
            "The payload of `IntentCancelled`: the intent ended before an order."),
    ]

    private static let orders = [
        PayloadDescription("OrderBody", ["OrderSubmitted.v1"], .listed(at: "/$defs/body"), "The body of an order, as it is sent."),
        PayloadDescription(
            "OrderSubmittedPayload", ["OrderSubmitted.v1"], .listed(),
            derived: [.init(key: "client_order_id", expression: "body.clientOrderID", problem: "is not that of the body")],
            "The payload of `OrderSubmitted`: committed before the request leaves. From then on the order is open."),
        PayloadDescription(
            "ExecutionSimulatedPayload", ["ExecutionSimulated.v1"], .listed(),
            "The payload of `ExecutionSimulated`: the decision not to submit. It never becomes an execution."),
        PayloadDescription(
            "OrderAcknowledgedPayload", ["OrderAcknowledged.v1"], .listed(),
            "The payload of `OrderAcknowledged`: the broker has the order."),
        PayloadDescription(
            "OrderOutcomeUnknownPayload", ["OrderOutcomeUnknown.v1"], .listed(),
            "The payload of `OrderOutcomeUnknown`: what was seen, without secrets."),
        PayloadDescription(
            "OrderUpdatedPayload", ["OrderUpdated.v1"], .listed(),
            "The payload of `OrderUpdated`: the order as the broker gave it, if that changed."),
        PayloadDescription(
            "OrderRefusedPayload", ["OrderRefused.v1"], .listed(),
            "The payload of `OrderRefused`: the broker's definite no to the only POST."),
    ]

    private static let decided = ["OrderSubmitted.v1", "ExecutionSimulated.v1"]

    private static let decisions = [
        PayloadDescription("Decision", decided, .listed(at: "/$defs/decision"), "The decision on an intent."),
        PayloadDescription(
            "DecisionRulesReference", decided, .listed(at: "/$defs/rules"), parameters: .inOrder(["version", "digest"]),
            "The rules by which a decision was made."),
        PayloadDescription(
            "Gate", decided, .listed(at: "/$defs/gate"), "A gate of the selected contract. A missing value fails."),
        PayloadDescription(
            "OrderSize", decided, .listed(at: "/$defs/size"),
            "How many contracts or shares, and what bounds them. A bound that does not apply is nil."),
        PayloadDescription("DayFacts", decided, .listed(at: "/$defs/day"), "What the source's other intents leave for this one."),
        PayloadDescription(
            "Holding", decided, .listed(at: "/$defs/holding"), parameters: .inOrder(["symbol", "quantity", "closing"]),
            "An open position of a source, as the ledger has it."),
    ]

    private static let accounts = [
        PayloadDescription(
            "BrokerAccountRecordedPayload", ["BrokerAccountRecorded.v1"], .listed(),
            """
            The payload of `BrokerAccountRecorded`: the account that a source's orders go to, and the ledger that holds them.

            An account or a ledger that differs from the last recorded one halts the dispatcher until the broker's orders were
            compared with the ledger's.
            """),
        PayloadDescription(
            "BrokerPosition", ["BrokerPositionsObserved.v1"], .listed(at: "/$defs/broker_position"), "A position as the broker gave it."),
        PayloadDescription(
            "BrokerPositionsObservedPayload", ["BrokerPositionsObserved.v1"], .listed(),
            "The payload of `BrokerPositionsObserved`: all positions of the account, sorted by symbol."),
        PayloadDescription(
            "BrokerActivityRecordedPayload", ["BrokerActivityRecorded.v1"], .listed(),
            "The payload of `BrokerActivityRecorded`: a change of a position that no order explains, such as an expiry."),
        PayloadDescription(
            "DispatchHaltedPayload", ["DispatchHalted.v1"], .listed(), parameters: .asListed,
            "The payload of `DispatchHalted`: no POST leaves until a resume."),
        PayloadDescription(
            "DispatchResumedPayload", ["DispatchResumed.v1"], .listed(), parameters: .asListed,
            "The payload of `DispatchResumed`: orders may be submitted again."),
    ]
}
