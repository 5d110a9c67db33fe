/// The payloads of option trades that follow from their schemas (docs/contract/event-types.md).
enum TradePayloads {
    static let group = PayloadGroup(
        folder: "Events",
        types: PayloadTypes(
            enumerations: [
                "code": "CaptureFailedPayload.Code", "direction": "Direction", "option_type": "OptionType", "trade_status": "TradeStatus",
            ],
            objects: ["basis": "Basis", "quote": "OptionQuote", "model": "ModelMark", "spot": "HorizonSpot"],
            lists: ["inputs": "EventInput", "rules": "RuleReference"],
            distinctTexts: ["source_trade_id", "source_trade_ticket_id", "notes"],
            positions: ["observed_through_position"]),
        payloads: executions + runs)

    private static let enrichments = ["ContextStamped.v1", "ExecutionBenchmarkRecorded.v1", "ForwardMarkRecorded.v1"]

    private static let executions = [
        PayloadDescription(
            "ExecutionRow", ["AlphaExecutionUpdated.v1", "AlphaExecutionRecorded.v1"], .content(interruptedBy: "scope_key"),
            capacity: 1280, aliases: [("currency", of: "underlying_symbol")], enumeration: "ExecutionField",
            """
            The row of an execution after normalization: its known fields under their stored names \
            (docs/contract/alpha-feed.md, "Row").

            The row is the content: two rows are equal if all their fields are. Strings compare by their UTF-8 bytes. A field is
            nil, never zero, if the source omitted it or sent null or an empty string.
            """),
        PayloadDescription(
            "ContextStampedPayload", ["ContextStamped.v1"], .payload, capacity: 1536,
            """
            The payload of `ContextStamped`: the market around an execution, by the rules of the time
            (docs/contract/event-types.md, "ContextStamped").

            A figure with a missing input is nil, never zero, and `missingFields` lists it.
            """),
        PayloadDescription(
            "ExecutionBenchmarkPayload", ["ExecutionBenchmarkRecorded.v1"], .payload, capacity: 1024,
            """
            The payload of `ExecutionBenchmarkRecorded`: the quote nearest to an execution, and how it was looked for. Facts
            only; the projection judges (docs/contract/event-types.md, "ExecutionBenchmarkRecorded").
            """),
        PayloadDescription(
            "ForwardMarkPayload", ["ForwardMarkRecorded.v1"], .payload, capacity: 1024,
            """
            The payload of `ForwardMarkRecorded`: the quote nearest to a horizon of an execution, how it was looked for, and
            what the market had done by then. Facts only; the projection judges (docs/contract/event-types.md, "ForwardMarkRecorded").
            """),
        PayloadDescription(
            "Basis", enrichments, .part("/$defs/basis"),
            """
            The fields of a trade's row that a stamp, a benchmark or a mark was made from. An enrichment whose basis differs
            from that of the current row counts as absent.
            """),
        PayloadDescription(
            "OptionQuote", ["ForwardMarkRecorded.v1", "ExecutionBenchmarkRecorded.v1"], .part("/$defs/quote_or_null"),
            """
            A source's quote for a contract at a time. The quote is not judged here: any side may be null, zero or crossed.
            """),
        PayloadDescription(
            "ModelMark", ["ExecutionBenchmarkRecorded.v1"], .part("/properties/model"),
            "The value of a contract according to an option model."),
        PayloadDescription(
            "HorizonSpot", ["ForwardMarkRecorded.v1"], .part("/properties/spot"),
            "The price of a directly mapped underlying at a horizon, taken from an observation."),
    ]

    private static let runs = [
        PayloadDescription(
            "SnapshotCapturedPayload", ["SnapshotCaptured.v1"], .listed(),
            derived: [.init(key: "snapshot_date", expression: "hour.date", problem: "is not the date of the hour")],
            parameters: .asListed,
            """
            The payload of `SnapshotCaptured`: what a vendor had of a series of a market in one hour of UTC.

            Its observations are events of the same transaction, unless the log had them already.
            """),
        PayloadDescription(
            "CaptureFailedPayload", ["CaptureFailed.v1"], .listed(), parameters: .asListed,
            "The payload of `CaptureFailed`: why a vendor gave nothing of a series of a market in a window."),
        PayloadDescription(
            "BackfillCompletedPayload", ["BackfillCompleted.v1"], .listed(),
            "The payload of `BackfillCompleted`: what a real backfill did that appended something, and who started it."),
        PayloadDescription(
            "ReportPublishedPayload", ["ReportPublished.v1"], .listed(), parameters: .asListed,
            "The payload of `ReportPublished`: somebody showed a report pack (docs/contract/research.md, \"Report packs\")."),
    ]
}
