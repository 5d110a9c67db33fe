extension View {
    package static let trades = View(
        "trades", title: "Trades", path: "/api/internal/trades", projection: "trades", key: ["source", "source_trade_id"],
        filters: ViewFilter.ofTrades + [
            .choice("state", "trade_status", "Status", TradeStatus.self),
            .choice("quality", "mapping_quality", "Mapping", ["available", "proxy_mapped", "unmapped"]),
        ], timeColumn: "trade_date")
}
