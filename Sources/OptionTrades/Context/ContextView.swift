extension View {
    package static let context = View(
        "context", title: "Market context", path: "/api/internal/trades/context", projection: "context",
        key: ["source", "source_trade_id", "context_key"],
        filters: ViewFilter.ofTrades + [
            .choice("state", "gamma_regime", "Gamma regime", ["long_gamma", "neutral", "short_gamma"]),
            .choice(
                "quality", "context_quality", "Quality", ["available", "proxy_mapped", "stale", "unavailable", "unmapped"]),
        ], timeColumn: "trade_date",
        whenEmpty: "No execution is stamped with its market yet: `alpha-ledger backfill context --apply` does that.",
        note:
            "The backdrop of the market proxy at trade time. The proxy's spot is never a price, mark or spot of the traded underlying."
    )
}
