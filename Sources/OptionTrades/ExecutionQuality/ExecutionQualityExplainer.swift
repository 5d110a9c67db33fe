import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `execution_quality` from the trade's row and its latest benchmark.
struct ExecutionQualityExplainer: ViewExplainer {
    let rules: ExecutionQualityRules
    private static let view = ExecutionQualityProjection.name

    static func needs(_ row: RowMembers) -> ExplanationNeeds { .positions(row.eventPositions) }

    /// The benchmark, used only if it was made from the current row.
    private struct Benchmark {
        let event: DecodedEvent?
        let used: ExecutionBenchmarkPayload?
        let judged: JudgedBenchmark

        var quote: OptionQuote? { used?.quote }
        var isQuoted: Bool { judged.quality == .quoted }
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let execution = try sheet.row.execution(of: Self.view)
        let event = try sheet.row.input("benchmark", of: Self.view)
        switch field {
        case "fill_price":
            sheet.copy("price", execution["price"] ?? .null, execution.event)
        case "event_positions":
            sheet.positions([execution.event.record.position, event?.record.position].compactMap { $0 })
        case "inputs":
            sheet.namedInputs(["benchmark": event?.record.position, "execution": execution.event.record.position])
        default:
            if execution[field] != nil { return sheet.copy(field, of: execution) }
            let benchmark = try benchmark(event, execution, &sheet)
            figure(field, execution, benchmark, &sheet)
        }
    }

    private func benchmark(
        _ event: DecodedEvent?, _ execution: ExplainedExecution, _ sheet: inout Worksheet
    ) throws(ExplanationError) -> Benchmark {
        var used: ExecutionBenchmarkPayload?
        if let event {
            guard let payload = event.payload(as: ExecutionBenchmarkPayload.self) else {
                throw .missingEvent(view: Self.view, position: event.record.position, expected: "benchmark")
            }
            if sheet.isCurrent(payload.basis, of: execution, event, "benchmark") { used = payload }
        } else {
            sheet.note("no benchmark was recorded for the trade")
        }
        return Benchmark(
            event: event, used: used,
            judged: JudgedBenchmark(of: used, tradeDate: execution.row.tradeDate, rules: rules))
    }

    private func figure(
        _ field: String, _ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet
    ) {
        let quote = benchmark.quote
        let event = benchmark.event
        switch field {
        case "benchmark_quality":
            quality(execution, benchmark, &sheet)
        case "benchmark_bid": filled("quote.bid", quote?.bid, execution, benchmark, &sheet)
        case "benchmark_ask": filled("quote.ask", quote?.ask, execution, benchmark, &sheet)
        case "benchmark_bid_size": filled("quote.bid_size", quote?.bidSize, execution, benchmark, &sheet)
        case "benchmark_ask_size": filled("quote.ask_size", quote?.askSize, execution, benchmark, &sheet)
        case "contract_volume_24h": filled("quote.volume_24h", quote?.volume24h, execution, benchmark, &sheet)
        case "contract_open_interest": filled("quote.open_interest", quote?.openInterest, execution, benchmark, &sheet)
        case "benchmark_iv":
            if benchmark.judged.quality == .estimated {
                quality(execution, benchmark, &sheet)
                sheet.copy("model.iv", Shown(benchmark.used?.model?.iv), event)
            } else {
                filled("quote.mark_iv", quote?.markIV, execution, benchmark, &sheet)
            }
        case "benchmark_mid":
            if let mid = mid(execution, benchmark, &sheet) { sheet.round("benchmark_mid", mid) }
        case "benchmark_mark":
            if let mark = mark(execution, benchmark, &sheet) { sheet.round("benchmark_mark", mark) }
        case "benchmark_source":
            quality(execution, benchmark, &sheet)
            sheet.input("quote_source", Shown(benchmark.used?.quoteSource), event)
            if benchmark.judged.quality == .estimated { sheet.rule(rules.file, "model_source") }
            let source =
                benchmark.judged.quality == .estimated
                ? rules.modelSource : quote == nil ? nil : benchmark.used?.quoteSource
            sheet.step("what the mark, or the quote, is from; null without either", "benchmark_source", Shown(source))
        case "benchmark_timestamp":
            time(benchmark, &sheet)
            sheet.step("the quote's own time", "exchange_timestamp, else timestamp", Shown(quote?.time))
        case "benchmark_time_delta_minutes":
            guard let apart = distance(execution, benchmark, &sheet) else { return }
            sheet.round("|quote time − trade_date|", apart, digits: 4)
        case "mark_lookup_error":
            sheet.copy("error", Shown(benchmark.used?.error), event)
        case "execution_liquidity_quality": liquidity(execution, benchmark, &sheet)
        case "benchmark_flags", "missing_fields": lists(field, execution, benchmark, &sheet)
        default: againstTheMarket(field, execution, benchmark, &sheet)
        }
    }

    // MARK: - The quote

    private func time(_ benchmark: Benchmark, _ sheet: inout Worksheet) {
        guard let quote = benchmark.quote else { return sheet.note("the benchmark holds no quote") }
        sheet.input("quote.exchange_timestamp", Shown(quote.exchangeTimestamp), benchmark.event)
        sheet.input("quote.timestamp", Shown(quote.timestamp), benchmark.event)
    }

    /// |quote time − trade| in minutes, exact. Without a quote it ends in null.
    private func distance(
        _ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet
    ) -> ExactNumber? {
        sheet.inputs(execution, "trade_date")
        time(benchmark, &sheet)
        guard let quote = benchmark.quote else {
            sheet.step("null", "|quote time − trade_date|", .null)
            return nil
        }
        let apart = quote.time.microseconds - execution.row.tradeDate.microseconds
        sheet.step(
            "|quote time − trade_date| in minutes", "\(apart.magnitude) µs ÷ 60000000", Shown(exact: minutes(apart)))
        return minutes(apart)
    }

    /// Explains the quality and ends in it.
    private func quality(_ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet) {
        if let quote = benchmark.quote, let apart = distance(execution, benchmark, &sheet) {
            sheet.rule(rules.file, "quote", "fresh_minutes")
            let isFresh = apart <= ExactNumber(rules.freshMinutes)
            sheet.step("fresh", "\(apart) ≤ \(rules.freshMinutes) minutes", Shown(isFresh))
            if isFresh {
                sheet.input("quote.bid", Shown(quote.bid), benchmark.event)
                sheet.input("quote.ask", Shown(quote.ask), benchmark.event)
                sheet.rule(rules.file, "bid_above")
                sheet.step(
                    "a bid that counts, and an ask that is not below it",
                    "bid \(Shown(quote.bid).text) > \(rules.bidAbove), ask \(Shown(quote.ask).text) ≥ bid",
                    Shown(benchmark.isQuoted))
            }
        }
        if !benchmark.isQuoted, benchmark.judged.quality != .stale, let used = benchmark.used {
            sheet.input("model.mark", Shown(used.model?.mark), benchmark.event)
        }
        let why =
            switch benchmark.judged.quality {
            case .quoted: "a fresh two-sided quote"
            case .stale: "a quote outside the tolerance"
            case .estimated: "no usable quote, a model's mark"
            case .unavailable: "no usable quote and no model"
            }
        sheet.step(why, "benchmark_quality", Shown(benchmark.judged.quality.rawValue))
    }

    /// A field of the quote that is filled only if the benchmark is quoted.
    private func filled(
        _ name: String, _ value: FixedDecimal?, _ execution: ExplainedExecution, _ benchmark: Benchmark,
        _ sheet: inout Worksheet
    ) {
        quality(execution, benchmark, &sheet)
        guard benchmark.isQuoted else {
            return sheet.null(name, because: "the benchmark is \(benchmark.judged.quality.rawValue): only a quoted one fills it")
        }
        sheet.copy(name, Shown(value), benchmark.event)
    }

    /// (bid + ask) ÷ 2, exact. Ends in null unless the benchmark is quoted.
    private func mid(
        _ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet
    ) -> ExactNumber? {
        quality(execution, benchmark, &sheet)
        guard benchmark.isQuoted, let bid = benchmark.quote?.bid, let ask = benchmark.quote?.ask,
            let mid = (bid.exact + ask.exact).divided(by: ExactNumber(2))
        else {
            sheet.null(
                "(bid + ask) ÷ 2", because: "the benchmark is \(benchmark.judged.quality.rawValue): only a quoted one has a mid")
            return nil
        }
        sheet.step("the mid, exact", "(\(bid) + \(ask)) ÷ 2", Shown(exact: mid))
        return mid
    }

    /// The quote's mark, else its mid; for an estimate the model's mark. Exact. Without any of them it ends in null.
    private func mark(
        _ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet
    ) -> ExactNumber? {
        if benchmark.isQuoted, benchmark.quote?.mark == nil {
            sheet.input("quote.mark", .null, benchmark.event)
            return mid(execution, benchmark, &sheet)
        }
        quality(execution, benchmark, &sheet)
        if benchmark.isQuoted, let mark = benchmark.quote?.mark {
            sheet.copy("quote.mark", Shown(mark), benchmark.event)
            return mark.exact
        }
        if benchmark.judged.quality == .estimated, let mark = benchmark.used?.model?.mark {
            sheet.copy("model.mark", Shown(mark), benchmark.event)
            return mark.exact
        }
        sheet.null("benchmark_mark", because: "the benchmark is \(benchmark.judged.quality.rawValue): it has no mark")
        return nil
    }

    // MARK: - The fill

    private func againstTheMarket(
        _ field: String, _ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet
    ) {
        let row = execution.row
        sheet.inputs(execution, "price", "direction", "price_currency")
        sheet.rule(rules.file, "price_currency")
        guard let price = row.price, let direction = row.direction, let currency = row.priceCurrency,
            currency.isBytewiseEqual(to: rules.priceCurrency)
        else {
            if let currency = row.priceCurrency, !currency.isBytewiseEqual(to: rules.priceCurrency) {
                sheet.note("price_currency is \(currency): only fills in \(rules.priceCurrency) are compared")
            }
            return sheet.null(
                field,
                missing: missing([
                    "price": row.price == nil, "direction": row.direction == nil,
                    "price_currency": row.priceCurrency == nil,
                ]))
        }
        if field == "spread_capture" {
            return capture(price, direction, execution, benchmark, &sheet)
        }
        let isMark = field == "fill_vs_surface_mark"
        guard let against = isMark ? mark(execution, benchmark, &sheet) : mid(execution, benchmark, &sheet) else { return }
        let worse = direction == .buy ? price.exact - against : against - price.exact
        let name = isMark ? "mark" : "mid"
        sheet.step(
            direction == .buy ? "a buy: fill − \(name), above 0 is worse" : "a sale: \(name) − fill, above 0 is worse",
            direction == .buy ? "\(price) − \(against)" : "\(against) − \(price)", Shown(exact: worse))
        switch field {
        case "fill_vs_mid_usd":
            sheet.inputs(execution, "quantity", "contract_multiplier")
            guard let quantity = row.quantity, let multiplier = row.contractMultiplier else {
                return sheet.null(
                    "fill_vs_mid × quantity × contract_multiplier",
                    missing: missing(["quantity": row.quantity == nil, "contract_multiplier": row.contractMultiplier == nil]))
            }
            let total = worse * quantity.exact * multiplier.exact
            sheet.step(
                "× quantity × contract_multiplier", "\(worse) × \(quantity) × \(multiplier)", Shown(exact: total))
            sheet.round(field, total)
        case "fill_vs_mid_bps":
            guard let share = worse.divided(by: against) else {
                return sheet.null("fill_vs_mid ÷ mid × 10000", because: "the mid is 0")
            }
            let points = share * ExactNumber(10_000)
            sheet.step("÷ mid × 10000", "\(worse) ÷ \(against) × 10000", Shown(exact: points))
            sheet.round(field, points)
        default:
            sheet.round(field, worse)
        }
    }

    private func capture(
        _ price: FixedDecimal, _ direction: Direction, _ execution: ExplainedExecution, _ benchmark: Benchmark,
        _ sheet: inout Worksheet
    ) {
        quality(execution, benchmark, &sheet)
        guard benchmark.isQuoted, let bid = benchmark.quote?.bid, let ask = benchmark.quote?.ask else {
            return sheet.null(
                "spread_capture", because: "the benchmark is \(benchmark.judged.quality.rawValue): it has no spread")
        }
        let kept = direction == .buy ? ask.exact - price.exact : price.exact - bid.exact
        guard let share = kept.divided(by: ask.exact - bid.exact) else {
            return sheet.null("÷ (\(ask) − \(bid))", because: "bid and ask are equal: a locked quote has no spread")
        }
        sheet.step(
            direction == .buy ? "a buy: (ask − fill) ÷ (ask − bid)" : "a sale: (fill − bid) ÷ (ask − bid)",
            direction == .buy ? "(\(ask) − \(price)) ÷ (\(ask) − \(bid))" : "(\(price) − \(bid)) ÷ (\(ask) − \(bid))",
            Shown(exact: share))
        sheet.round("spread_capture", share)
    }

    // MARK: - Missing figures

    private func liquidity(_ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet) {
        quality(execution, benchmark, &sheet)
        var why = "nobody has looked for a quote of the row as it is now"
        if benchmark.isQuoted, let quote = benchmark.quote {
            let figures: KeyValuePairs = [
                "bid_size": quote.bidSize, "ask_size": quote.askSize, "volume_24h": quote.volume24h,
                "open_interest": quote.openInterest,
            ]
            for (name, value) in figures { sheet.input("quote.\(name)", Shown(value), benchmark.event) }
            why = "\(figures.count { $0.value != nil }) of both sizes, volume and open interest are there"
        } else if benchmark.judged.quality == .stale {
            why = "a quote outside the tolerance"
        } else if let used = benchmark.used {
            sheet.input("not_entitled", Shown(used.notEntitled), benchmark.event)
            why = used.notEntitled ? "the look-up was refused" : "no usable quote"
        }
        sheet.step(why, "execution_liquidity_quality", Shown(benchmark.judged.liquidity.rawValue))
    }

    private func lists(
        _ field: String, _ execution: ExplainedExecution, _ benchmark: Benchmark, _ sheet: inout Worksheet
    ) {
        quality(execution, benchmark, &sheet)
        var latest: ExecutionBenchmarkPayload?
        if let payload = benchmark.event?.payload(as: ExecutionBenchmarkPayload.self) { latest = payload }
        let figures = ExecutionQuality(of: execution.row, benchmark: latest, rules: rules)
        if field == "benchmark_flags" {
            sheet.inputs(execution, "trade_date")
            return sheet.step(
                "post_trade_quote: the quote is later than the trade; stale_basis: the benchmark is another row's",
                field, Shown(figures.benchmarkFlags))
        }
        sheet.inputs(execution, "price", "direction", "price_currency")
        if benchmark.isQuoted {
            sheet.inputs(execution, "quantity", "contract_multiplier")
            if let quote = benchmark.quote {
                let figures: KeyValuePairs = [
                    "bid_size": quote.bidSize, "ask_size": quote.askSize, "volume_24h": quote.volume24h,
                    "open_interest": quote.openInterest, "mark_iv": quote.markIV,
                ]
                for (name, value) in figures { sheet.input("quote.\(name)", Shown(value), benchmark.event) }
            }
        }
        sheet.step("what the quote and the row lack, sorted bytewise", field, Shown(figures.missingFields))
    }
}
