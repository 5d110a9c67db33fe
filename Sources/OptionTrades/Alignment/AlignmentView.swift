extension View {
    package static let alignment = View(
        "alignment", title: "Alignment", path: "/api/internal/trades/opportunity-alignment", projection: "alignment",
        key: ["source", "source_trade_id"],
        filters: ViewFilter.ofTrades + [
            .choice("label", "alignment_label", "Label", AlignmentLabel.self),
            .choice("quality", "confidence_label", "Confidence", ConfidenceLabel.self),
        ], timeColumn: "trade_date", whenEmpty: noExecution,
        note:
            "Whether a trade's direction agreed with the market backdrop at execution. It is not realized P&L and no prediction of it."
    )
}
