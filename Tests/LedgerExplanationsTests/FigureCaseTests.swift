import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Explanations whose every step was worked out by hand.
@Suite struct FigureCaseTests {
    @Test func `a derived premium is price × quantity × multiplier, and a doubted one says by how much`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 10)
        let derived = try log.explain("trades", "entry_premium_usd")
        #expect(derived.value.json == "12500")
        #expect(derived.steps.map(\.formula) == ["12.5 × 10 × 100", "entry_premium_usd"])
        #expect(derived.results == ["12500", "12500"])
        #expect(derived.input("price")?.source?.position == 1)
        #expect(derived.input("premium_usd")?.value.isNull == true)
        #expect(derived.rules.map(\.key) == ["premium.currency", "premium.quantity_units"])

        var other = ExplainedLog()
        try other.trade("B", .buy, 10) { $0.premiumUSD = try FixedDecimal("12600") }
        let provided = try other.explain("trades", "entry_premium_usd")
        #expect(provided.results == ["12600", "12600"])
        #expect(provided.notes.contains { $0.contains("|12.5 × 10 × 100 − 12600| = 100 is more than max(0.01, 0.0001 × 12600) = 1.26") })
        let flags = try other.explain("trades", "flags")
        #expect(flags.results.last == "[\"premium_mismatch\"]")

        var lacking = ExplainedLog()
        try lacking.trade("C", .buy, nil, price: nil)
        let missing = try lacking.explain("trades", "entry_premium_usd")
        #expect(missing.value.isNull && missing.notes == ["missing: premium_usd, price, quantity"])
    }

    @Test func `a flip closes lots oldest first, opens the other side, and realizes each match`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 3, at: 0, price: "10")
        try log.trade("B", .buy, 2, at: 1, price: "11")
        try log.trade("C", .sell, 7, at: 2, price: "12.5")
        let realized = try log.explain("lifecycles", "realized_pnl_before_fees_usd")
        #expect(
            realized.steps.map(\.text) == [
                "A buys 3", "B buys 2", "C sells 7", "A → C, a long lot", "B → C, a long lot", "the sum, exact",
                "rounded half to even to 10 digits",
            ])
        #expect(realized.steps[2].formula == "closes 3 of A (0 left), closes 2 of B (0 left), opens a lot of 2")
        #expect(realized.steps[3].formula == "(12.5 − 10) × 3 × 100" && realized.steps[4].formula == "(12.5 − 11) × 2 × 100")
        #expect(realized.results.suffix(4) == ["750", "300", "1050", "1050"])
        #expect(realized.input("C.price")?.source?.position == 3)
        #expect(try log.explain("lifecycles", "cycle_count").results.last == "2")
        #expect(
            try log.explain("lifecycles", "average_open_price").steps.map(\.formula).suffix(3) == [
                "2 × 100 × 12.5", "2500 ÷ 200", "average_open_price",
            ])
        let net = try log.explain("lifecycles", "net_quantity")
        #expect(net.steps.map(\.formula) == ["3 + 2", "7", "5 − 7"] && net.results.last == "-2")
        // Open after its expiry only from New York's next day on.
        #expect(try log.explain("lifecycles", "lifecycle_flags", now: "2026-01-31T04:59:59Z").results.last == "[\"flipped\"]")
        #expect(
            try log.explain("lifecycles", "lifecycle_flags", now: "2026-01-31T05:00:00Z").results.last
                == "[\"expired_unresolved\",\"flipped\"]")
    }

    @Test func `a match of different multipliers has no profit, and the sum none`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 1, at: 0)
        try log.trade("B", .sell, 1, at: 1) { $0.contractMultiplier = FixedDecimal(10) }
        let realized = try log.explain("lifecycles", "realized_pnl_before_fees_usd")
        #expect(realized.value.isNull)
        #expect(realized.notes == ["A → B: the multipliers differ", "a match has no profit, so that the sum has none"])
        let quality = try log.explain("lifecycles", "lifecycle_quality")
        #expect(quality.results == ["true", "false", "ambiguous"])
        #expect(quality.rules.map(\.key) == ["quality.by_flag.0", "quality.by_flag.1", "quality.closed"])
    }

    @Test func `slippage against the mid is exact until it is rounded once`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 10)
        try log.benchmark("A", bid: "12.1", ask: "12.6")
        let points = try log.explain("execution_quality", "fill_vs_mid_bps")
        #expect(points.steps.map(\.text).contains("a buy: fill − mid, above 0 is worse"))
        #expect(points.results.suffix(4) == ["12.35", "0.15", "30000/247", "121.4574898785"])
        #expect(points.input("quote.bid")?.source?.position == 2 && points.input("price")?.source?.position == 1)
        #expect(try log.explain("execution_quality", "fill_vs_mid_usd").results.last == "150")
        #expect(try log.explain("execution_quality", "spread_capture").steps.map(\.formula).contains("(12.6 − 12.5) ÷ (12.6 − 12.1)"))
        let quality = try log.explain("execution_quality", "benchmark_quality")
        #expect(quality.rules.map { "\($0.key): \($0.text)" } == ["quote.fresh_minutes: fresh_minutes: 5", "bid_above: bid_above: 0"])
    }

    @Test func `stale, locked, model and foreign quotes say why a figure is null`() throws {
        func log(_ bid: String?, _ ask: String?, apart: Int = 1, _ change: (inout ExecutionRow) throws -> Void = { _ in }) throws
            -> ExplainedLog
        {
            var log = ExplainedLog()
            try log.trade("A", .sell, 10, change)
            try log.benchmark("A", bid: bid, ask: ask, apart: apart)
            return log
        }
        let stale = try log("12", "13", apart: 6).explain("execution_quality", "fill_vs_mid")
        #expect(stale.value.isNull && stale.notes == ["the benchmark is stale: only a quoted one has a mid"])
        let locked = try log("12", "12").explain("execution_quality", "spread_capture")
        #expect(locked.value.isNull && locked.notes == ["bid and ask are equal: a locked quote has no spread"])
        let euro = try log("12", "13") { $0.priceCurrency = "EUR" }.explain("execution_quality", "fill_vs_mid")
        #expect(euro.value.isNull && euro.notes.contains("price_currency is EUR: only fills in USD are compared"))
        let oneSided = try log(nil, "13").explain("execution_quality", "benchmark_quality")
        #expect(oneSided.value.text == "unavailable")
        var corrected = try log("12", "13")
        try corrected.trade("A", .sell, 10) { $0.strike = FixedDecimal(360) }
        let other = try corrected.explain("execution_quality", "benchmark_mid")
        #expect(other.value.isNull && other.notes[0].contains("was made from another row"))
        #expect(try corrected.explain("execution_quality", "benchmark_flags").results.last == "[\"stale_basis\"]")
    }

    @Test func `a score adds up every signal, and a pending horizon shows nothing`() throws {
        var log = ExplainedLog()
        try log.trade("A", .sell, 10) { $0.feesUSD = try FixedDecimal("6.5") }
        let row = try sampleRow("A")
        var stamp = ContextStamper(rules: try ContextRules(version: 1, read: projectRuleFile))
            .stamp(row: row, series: nil, observedThrough: 1).payload
        (stamp.contextQuality, stamp.dvolPercentile, stamp.vrp) = ("stale", FixedDecimal(80), try FixedDecimal("-1"))
        (stamp.gammaRegime, stamp.stationarityStatus, stamp.rules) = ("long_gamma", "unstable", [])
        try log.append(stamp)
        let score = try log.explain("alignment", "alignment_score")
        #expect(score.steps.suffix(3).map(\.formula) == ["3 ≥ 2", "50 + 15 + 6 − 6 − 7", "clamp(58, 0, 100)"])
        #expect(score.steps.first?.formula == "-15 × clamp((50 − 80) ÷ 30, −1, 1) = -15 × -1")
        #expect(score.results.last == "58")
        let confidence = try log.explain("alignment", "confidence")
        // 0.8 × 0.7 × 0.6 × (0.5 + 0.5 × 4 ÷ 6)
        #expect(confidence.results.suffix(3) == ["5/6", "0.28", "0.28"])
        #expect(try log.explain("alignment", "alignment_label").results.last == "partially_aligned")
        #expect(try log.explain("context", "vrp").notes[0].contains("not installed as they were"))

        let target = try instant("2026-01-11T14:30:00Z")
        var mark = ForwardMarkPayload(
            source: row.source, sourceTradeID: "A", horizonKey: "1d", horizonDays: 1, basis: Basis(of: row, target: target),
            lookedUpAt: .minimum)
        var quote = OptionQuote(timestamp: target)
        (quote.bid, quote.ask) = (FixedDecimal(11), try FixedDecimal("11.5"))
        mark.quote = quote
        mark.quoteSource = "imported_option_quote"
        try log.append(mark)
        let profit = try log.explain("outcomes", "pnl_after_fees_usd", key: "1d")
        #expect(
            profit.steps.suffix(5).map(\.formula) == [
                "(11 + 11.5) ÷ 2", "11.25 × 10 × 100", "12500 − 11250", "1250 − 6.5", "pnl_after_fees_usd",
            ])
        #expect(profit.value.json == "1243.5")
        #expect(profit.input("quote.bid")?.source?.type == "ForwardMarkRecorded")
        let pending = try log.explain("outcomes", "pnl_after_fees_usd", key: "1d", now: "2026-01-11T14:29:59Z")
        #expect(pending.value.isNull && pending.notes[0].hasPrefix("pending: "))
        #expect(pending.input("now")?.value.text == "2026-01-11T14:29:59Z")
        let spot = try log.explain("outcomes", "spot_at_entry", key: "1d")
        #expect(spot.value.isNull && spot.notes.contains { $0.contains("no proxy's spot stands for it") })
        let late = try log.explain("outcomes", "missing_fields", key: "30d")
        #expect(late.results.last == "[\"horizon_after_expiry\"]")
    }

    @Test func `a percentile is counted from the days that the stamp could see`() throws {
        var log = ExplainedLog()
        let day: Int64 = 86_400_000_000
        for number in 0..<70 {
            let time = try #require(ExplainedLog.trade.advanced(byMicroseconds: Int64(number - 70) * day))
            try log.observe(
                .volMetrics,
                [
                    ("currency", .text("BTC")), ("timestamp", .instant(time)),
                    ("dvol", .decimal(FixedDecimal(number == 69 ? 40 : number))), ("rv_30d", .decimal(FixedDecimal(31))),
                ])
        }
        try log.trade("A", .buy, 1)
        let series = MarketSeries.build(
            from: log.events.compactMap { event in
                if let payload = event.payload(as: MarketObservedPayload.self) {
                    (position: event.record.position, payload: payload)
                } else {
                    nil
                }
            })
        let row = try sampleRow("A")
        try log.append(
            ContextStamper(rules: try ContextRules(version: 1, read: projectRuleFile))
                .stamp(row: row, series: series["BTC"], observedThrough: 71).payload)
        let percentile = try log.explain("context", "dvol_percentile")
        // Of 70 days 40 lie below 40 and two are equal: 100 × (40 + 1) ÷ 70.
        #expect(percentile.results.suffix(4) == ["40", "2", "410/7", "58.5714285714"])
        #expect(percentile.input("vol_metrics.dvol")?.source?.position == 70)
        #expect(percentile.rules.map(\.key).contains("dvol_percentile.minimum_days"))
        let premium = try log.explain("context", "vrp")
        #expect(premium.steps.last?.formula == "40 − 31" && premium.results.last == "9")
        #expect(try log.explain("context", "gamma_regime").notes.contains { $0.contains("no gex_hourly observation") })
        // An observation of later than the stamp changes nothing: it could not see it.
        let time = try #require(ExplainedLog.trade.advanced(byMicroseconds: -day))
        try log.observe(.volMetrics, [("currency", .text("BTC")), ("timestamp", .instant(time)), ("dvol", .decimal(FixedDecimal(1)))])
        #expect(try log.explain("context", "dvol_percentile") == percentile)
    }

    @Test func `runs, vanished trades and unmapped symbols are explained by the events that say so`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 1) { $0.underlyingSymbol = "TSLA" }
        let stream = Streams.execution(source: "alpha_sync", id: "A")
        let presence = PresencePayload(source: "alpha_sync", sourceTradeID: "A", scopeKey: "s", isMissing: true)
        try log.append(presence.event(previousVersion: log.version(stream)))
        let flags = try log.explain("trades", "flags")
        #expect(flags.results.last?.contains("\"missing_upstream\"") == true)
        #expect(flags.inputs.contains { $0.source?.type == "AlphaExecutionMissing" && $0.source?.position == 2 })
        let proxy = try log.explain("trades", "market_proxy")
        #expect(proxy.value.isNull && proxy.notes == ["no market stands behind the symbol TSLA"])
        #expect(proxy.rules.map(\.key) == ["unmapped"])
        #expect(try log.explain("trades", "stream_version").results.last == "2")

        let details = ExecutionScope.details(portfolios: [], includePending: false)
        try log.append(
            SyncFailedPayload(
                runID: UniqueID(high: 9, low: 9), scopeKey: "a|b", scopeDetails: details, sourceName: TradeLedger.standardFeed,
                errorCode: "timed_out",
                errorMessage: "no answer", startedAt: .minimum, finishedAt: .minimum
            ).event())
        let error = try log.explain("sync_state", "last_error")
        #expect(error.value.text == "timed_out: no answer" && error.inputs.allSatisfy { $0.source?.position == 3 })
        let watermark = try log.explain("sync_state", "last_successful_watermark")
        #expect(watermark.value.isNull && watermark.notes == ["no run of the scope has ended well and reported it"])
    }

    @Test func `a rule is quoted by the line that the installed file has`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 10) { $0.expiry = CalendarDate("2026-11-27") }
        let views = ["trades", "alignment", "outcomes", "lifecycles", "execution_quality"]
        var quoted = 0
        for rule in try views.flatMap({ try log.explain($0, nil).rules }) {
            let bytes = try #require(projectRuleFile(rule.file))
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)[rule.line - 1]
            #expect(line.drop { $0 == " " } == rule.text, "\(rule)")
            let name = rule.key.split(separator: ".").last.map(String.init) ?? ""
            #expect(rule.text.contains(name) || rule.text.hasPrefix("- "), "\(rule)")
            quoted += 1
        }
        #expect(quoted > 30)
    }

    @Test func `a column or an event that is not there is refused by name`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 10)
        let explainer = try ExplainedLog.explainer("alignment")
        let row = try #require(try log.rows("alignment", now: .maximum).first)
        #expect {
            try explainer.explain(row, field: "score")
        } throws: { "\($0)".hasPrefix("field: `score` is no column of alignment; expected one of alignment_label, alignment_score") }
        let without = ExplainedRow(key: row.key, published: row.published, now: row.now, events: [])
        #expect(throws: ExplanationError.missingEvent(view: "alignment", position: 1, expected: "execution")) {
            try explainer.explain(without, field: "direction")
        }
        // A rule file that is no longer the one that the version was read from explains nothing.
        let definition = try ExplainedLog.definition("alignment")
        #expect {
            try Explainer(TradeLedger.explainers, definition.identity, columns: definition.columns, files: []) { path in
                projectRuleFile(path).map { $0 + Array("# changed\n".utf8) }
            }
        } throws: { "\($0)".contains("has changed since it was read") }
    }

    @Test func `the text form has a line a step, in columns, each cell escaped`() throws {
        var log = ExplainedLog()
        try log.trade("A", .buy, 10) { $0.notes = "\u{1b}[31m" }
        let text = try log.explain("trades", "entry_premium_usd").text()
        #expect(text.hasPrefix("trades alpha_sync|A · entry_premium_usd = 12500\n\ninputs\n"))
        #expect(
            text.contains(
                "  price                12.5       event 1  AlphaExecutionRecorded  recorded 2026-06-01T00:00:01Z  effective 2026-01-10T14:30:00Z\n"
            ))
        #expect(text.contains("trades/rules.v1.yaml:9   premium.currency"))
        #expect(text.contains("  1  entry_premium_usd: derived, price × quantity × contract_multiplier  12.5 × 10 × 100    = 12500\n"))
        let escaped = try log.explain("trades", nil).text { $0.replacing("\\u001b", with: "ESC") }
        #expect(escaped.contains("ESC") && !escaped.contains("\u{1b}"))
    }
}
