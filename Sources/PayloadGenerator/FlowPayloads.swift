/// The payload of intraday flow (docs/contract/research.md, "Intraday flow").
enum FlowPayloads {
    static let group = PayloadGroup(
        folder: "IntradayFlow",
        types: PayloadTypes(
            enumerations: ["option_type": "OptionType", "source": "FlowSource"], lists: ["buckets": "FlowBucket"],
            methods: ["inputs": "FlowInputs", "rules": "[RuleReference]"],
            names: ["bucket_minutes": "minutes", "bucket_start_utc": "start", "quote_coverage_pct": "quoteCoverage"],
            initial: ["inputs": ".prints([])", "rules": "[]"]),
        payloads: [
            PayloadDescription(
                "FlowFigures", ["IntradayFlowSummarized.v1"],
                .listed(at: "/$defs/bucket", without: ["bucket_minutes", "bucket_start_utc"]),
                "What trades of a contract add up to, by the side that began them."),
            PayloadDescription(
                "FlowBucket", ["IntradayFlowSummarized.v1"], .listed(at: "/$defs/bucket"), embedded: [("figures", "FlowFigures")],
                "Some minutes of a contract's flow."),
            PayloadDescription(
                "FlowFile", ["IntradayFlowSummarized.v1"], .listed(at: "/properties/inputs/items"), parameters: .asListed,
                "A file of a tape that a summary was made from."),
            PayloadDescription(
                "IntradayFlowPayload", ["IntradayFlowSummarized.v1"], .listed(), embedded: [("figures", "FlowFigures")],
                """
                The payload of `IntradayFlowSummarized`: what the trades of a contract on a market date add up to, and what says so
                (docs/contract/research.md, "Intraday flow").
                """),
        ])
}
