extension View {
    public static let context = View(
        "context", title: "Market context", path: "/api/internal/trades/context", projection: "context",
        key: ["source", "source_trade_id", "context_key"],
        own: [
            .choice("state", "gamma_regime", "Gamma regime", ["long_gamma", "neutral", "short_gamma"]),
            .choice(
                "quality", "context_quality", "Quality", ["available", "proxy_mapped", "stale", "unavailable", "unmapped"]),
        ],
        note:
            "The backdrop of the market proxy at trade time. The proxy's spot is never a price, mark or spot of the traded underlying."
    )
}
