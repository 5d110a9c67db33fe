extension View {
    /// The decimal columns whose values came from outside and are below 10^18, so that a sum over many of them is exact in 38 digits;
    /// nil if all are. The others are figures that were worked out.
    package var inputColumns: Set<String>? { isOfTrades ? Self.inputsOfTrades : nil }

    /// In the views of trades: what a source, a vendor or an observation gave.
    private static let inputsOfTrades: Set<String> = [
        "benchmark_ask", "benchmark_ask_size", "benchmark_bid", "benchmark_bid_size", "benchmark_iv", "benchmark_mark",
        "contract_multiplier", "contract_open_interest", "contract_volume_24h", "dvol", "fees_usd", "fill_price", "gex_imbalance", "iv_30d",
        "mark_iv", "mark_price", "open_interest", "pending_quantity", "premium_usd", "price", "quantity", "rv_30d", "spot_at_entry",
        "spot_at_horizon", "spot_at_trade", "strike", "traded_iv", "volume_24h",
    ]
}
