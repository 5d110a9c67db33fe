extension View {
    package static let dispatches = View(
        "dispatches", title: "Dispatches", path: "/api/broker/dispatches", projection: "dispatches", key: ["source", "intent_id"],
        filters: [
            .choice("source", "source", "Source", BrokerSource.self), .text("ticker", "ticker", "Ticker"),
            .choice("strategy", "strategy", "Strategy", TradeStrategy.self),
            .choice("state", "execution_mode", "Mode", ExecutionMode.self), .choice("verdict", "verdict", "Verdict", Verdict.self),
        ], timeColumn: "created_at", whenEmpty: "Nobody has intended a trade yet.",
        note: "Intents to trade, what was decided on them, and what became of their orders. A simulated execution is no execution.")
}
