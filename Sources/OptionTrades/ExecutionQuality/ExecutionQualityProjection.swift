package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// What executions' prices were worth against quotes of their own contracts: a row an execution
/// (docs/contract/execution-quality.md, "Columns").
package struct ExecutionQualityProjection: Projection {
    package static let name = "execution_quality"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions + [.executionBenchmarkRecorded])

    /// A trade of any status and its latest benchmark, which may have been made from an older row.
    package struct Facts: Sendable {
        /// Nil if the benchmark came before the execution.
        var execution: TradeFact<ExecutionRow>?
        var benchmark: TradeFact<ExecutionBenchmarkPayload>?
    }

    package let identity: ProjectionIdentity
    private let rules: ExecutionQualityRules

    package init(rules: ExecutionQualityRules) {
        self.rules = rules
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    package static var entitiesAreSubjects: Bool { true }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.trade }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        if let payload = event.payload(as: ExecutionPayload.self) {
            facts[orNew: Facts()].execution = TradeFact(payload.row, from: event.record)
        } else if let payload = event.payload(as: ExecutionBenchmarkPayload.self) {
            facts[orNew: Facts()].benchmark = TradeFact(payload, from: event.record)
        }
    }

    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? {
        guard let execution = facts.execution, execution.isTraded(by: instant) else { return nil }
        return Facts(execution: execution, benchmark: facts.benchmark.flatMap { $0.holds(by: instant) ? $0 : nil })
    }

    /// Writes one row, or no row for a trade that does not count.
    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        guard let execution = facts.execution, execution.value.isExecution(rules.trades) else { return }
        let row = execution.value
        let quality = ExecutionQuality(of: row, benchmark: facts.benchmark?.value, rules: rules)
        Self.write(quality, row, execution: execution.position, benchmark: facts.benchmark?.position, to: &rows.out)
        rows.endRow(
            RowKey([row.source, row.sourceTradeID]),
            [
                .instant(row.tradeDate), .instant(row.tradeDate), .text(row.sourcePortfolio),
                .text(row.underlyingSymbol), .text(quality.benchmark.liquidity.rawValue),
                .text(quality.benchmark.quality.rawValue),
            ])
    }

    /// - Parameter benchmark: the position of the latest benchmark. One with another basis gives the row a flag.
    private static func write(
        _ quality: ExecutionQuality, _ row: ExecutionRow, execution: Int64, benchmark position: Int64?,
        to out: inout JSONWriter
    ) {
        let benchmark = quality.benchmark
        out.beginObject()
        out.key("benchmark_ask"); out.decimalString(benchmark.ask)
        out.key("benchmark_ask_size"); out.decimalString(benchmark.askSize)
        out.key("benchmark_bid"); out.decimalString(benchmark.bid)
        out.key("benchmark_bid_size"); out.decimalString(benchmark.bidSize)
        out.key("benchmark_flags"); out.strings(quality.benchmarkFlags)
        out.key("benchmark_iv"); out.decimalString(benchmark.iv)
        out.key("benchmark_mark"); out.decimalString(quality.benchmarkMark)
        out.key("benchmark_mid"); out.decimalString(quality.benchmarkMid)
        out.key("benchmark_quality"); out.string(benchmark.quality.rawValue)
        out.key("benchmark_source"); out.string(benchmark.source)
        out.key("benchmark_time_delta_minutes"); out.decimalString(benchmark.timeDeltaMinutes)
        out.key("benchmark_timestamp"); out.instant(benchmark.timestamp)
        out.key("contract_multiplier"); out.decimalString(row.contractMultiplier)
        out.key("contract_open_interest"); out.decimalString(benchmark.openInterest)
        out.key("contract_volume_24h"); out.decimalString(benchmark.volume24h)
        out.key("direction"); out.string(row.direction?.rawValue)
        out.key("event_positions"); out.eventPositions([execution, position])
        out.key("execution_liquidity_quality"); out.string(benchmark.liquidity.rawValue)
        out.key("expiry"); out.date(row.expiry)
        out.key("fill_price"); out.decimalString(quality.fillPrice)
        out.key("fill_vs_mid"); out.decimalString(quality.fillVsMid)
        out.key("fill_vs_mid_bps"); out.decimalString(quality.fillVsMidBps)
        out.key("fill_vs_mid_usd"); out.decimalString(quality.fillVsMidUSD)
        out.key("fill_vs_surface_mark"); out.decimalString(quality.fillVsSurfaceMark)
        out.key("inputs")
        out.beginObject()
        out.key("benchmark"); out.integer(position)
        out.key("execution"); out.integer(execution)
        out.endObject()
        out.key("instrument"); out.string(row.instrument)
        out.key("mark_lookup_error"); out.string(quality.lookupError)
        out.key("missing_fields"); out.strings(quality.missingFields)
        out.key("option_symbol"); out.string(row.optionSymbol)
        out.key("option_type"); out.string(row.optionType?.rawValue)
        out.key("price_currency"); out.string(row.priceCurrency)
        out.key("quantity"); out.decimalString(row.quantity)
        out.key("source"); out.string(row.source)
        out.key("source_portfolio"); out.string(row.sourcePortfolio)
        out.key("source_trade_id"); out.string(row.sourceTradeID)
        out.key("spread_capture"); out.decimalString(quality.spreadCapture)
        out.key("strike"); out.decimalString(row.strike)
        out.key("trade_date"); out.instant(row.tradeDate)
        out.key("underlying_symbol"); out.string(row.underlyingSymbol)
        out.endObject()
    }
}

// MARK: - Facts as JSON

extension ExecutionQualityProjection {
    package func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("benchmark")
        if let benchmark = facts.benchmark {
            benchmark.write(to: &out) { $0.write(to: &$1) }
        } else {
            out.null()
        }
        out.key("execution"); out.execution(facts.execution)
        out.endObject()
    }

    package func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let execution = root["execution"], let benchmark = root["benchmark"] else {
            throw RowProblem(description: "stored facts of an execution's quality lack a key")
        }
        var facts = Facts(execution: try TradeFact.read(execution))
        if !benchmark.isNull {
            facts.benchmark = try TradeFact(benchmark) { try ExecutionBenchmarkPayload(decoding: $0) }
        }
        return facts
    }
}
