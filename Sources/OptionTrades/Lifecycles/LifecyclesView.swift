extension View {
    package static let lifecycles = View(
        "lifecycles", title: "Lifecycles", path: "/api/internal/trades/positions", projection: "lifecycles",
        key: ["source", "position_id"],
        filters: ViewFilter.ofTrades + [
            .choice("state", "lifecycle_state", "State", Lifecycle.State.self),
            .choice("quality", "lifecycle_quality", "Quality", ["clean", "open", "incomplete_economics", "ambiguous"]),
        ], timeColumn: "opened_at", whenEmpty: noExecution,
        remark: ("realized_pnl_authority", "derived_unvalidated"),
        note:
            "Positions derived from executions, FIFO within a contract. Realized figures are derived and not validated against accounting: for internal investigation only."
    )
}
