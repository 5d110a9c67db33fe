extension View {
    package static let executionQuality = View(
        "execution-quality", title: "Execution quality", path: "/api/internal/trades/execution-quality",
        projection: "execution_quality", key: ["source", "source_trade_id"],
        filters: ViewFilter.ofTrades + [
            .choice("quality", "benchmark_quality", "Benchmark", BenchmarkQuality.self),
            .choice("state", "execution_liquidity_quality", "Liquidity", ExecutionLiquidityQuality.self),
        ], timeColumn: "trade_date", whenEmpty: noExecution,
        note: "Fills against the quote of the traded contract. Positive is worse than mid. A model never fills bid, ask or mid.")
}
