extension View {
    package static let outcomes = View(
        "outcomes", title: "Outcomes", path: "/api/internal/trades/outcomes", projection: "outcomes",
        key: ["source", "source_trade_id", "horizon_key"],
        filters: ViewFilter.ofTrades + [
            .choice("state", "outcome_state", "Outcome", OutcomeState.self),
            .choice("quality", "mark_quality", "Mark", MarkQuality.self),
            .choice("label", "alignment_label", "Alignment", AlignmentLabel.self),
        ], timeColumn: "trade_date", hasHorizons: true, whenEmpty: noExecution,
        note:
            "What happened after entry, where a fresh mark of the contract was sourced. A missing or stale mark gives no P&L, never zero."
    )
}
