import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct OutcomesProjectionTests {
    let projection: OutcomesProjection
    let rules: OutcomesRules
    /// Bought 10 calls at 12.5 × 100 on 2026-01-10T14:30:00Z, fees 6.5; they stop on 2026-01-30T21:00:00Z.
    let row: ExecutionRow
    let week = Horizon(days: 7)
    let later: Instant

    init() throws {
        projection = try outcomesProjection()
        rules = try OutcomesRules(version: 1, read: projectRuleFile)
        var row = try sampleRow("A")
        row.spotAtTrade = FixedDecimal(340)
        self.row = row
        later = try OutcomesSample.instant("2026-06-01T00:00:00Z")
    }

    private func mark(
        _ row: ExecutionRow, _ horizon: Horizon, price: FixedDecimal?, error: String? = nil
    ) throws -> ForwardMarkPayload {
        let target = try #require(HorizonTarget(of: row, horizon: horizon, rules: rules).instant)
        let quote = price.map {
            OptionQuote(
                timestamp: target, mark: $0, markIV: FixedDecimal(58), underlyingPrice: FixedDecimal(357))
        }
        return OutcomesSample.mark(row, horizon, target: target, quote: quote, error: error)
    }

    private func stamp(_ row: ExecutionRow, market: String? = "BTC", regime: String? = "long_gamma")
        -> ContextStampedPayload
    {
        OutcomesSample.stamp(
            row, market: market, method: "crypto_equity_proxy", spot: FixedDecimal(97_000),
            percentile: FixedDecimal(12),
            regime: regime)
    }

    @Test func `a priced row has every column to the last digit`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(stamp(row))
        log.append(try mark(row, week, price: try FixedDecimal("15.25")))
        let rows = try log.rows(projection)
        #expect(
            rows.map { $0.key.description } == [
                "alpha_sync|A|1d", "alpha_sync|A|30d", "alpha_sync|A|7d", "alpha_sync|A|expiry",
            ])
        let seen = try rows[2].seen(projection, at: later)
        let label = Alignment(of: row, stamp: stamp(row), rules: rules.alignment).label
        let expected = """
            {"alignment_label":"\(label)","contract_multiplier":"100","direction":"buy","dvol_bucket":"very_low",\
            "entry_premium_usd":"12500","event_positions":[1,2,3],"expiry":"2026-01-30","fees_usd":"6.5",\
            "gamma_regime":"long_gamma","horizon_days":7,"horizon_key":"7d",\
            "inputs":{"context":2,"execution":1,"mark":3},"instrument":null,"mark_iv":"58","mark_lookup_error":null,\
            "mark_premium_usd":"15250","mark_price":"15.25","mark_quality":"quoted",\
            "mark_source":"imported_option_quote","mark_time_delta_minutes":"0","mark_timestamp":"2026-01-17T14:30:00Z",\
            "missing_fields":[],"moneyness_at_entry":"0.9714285714","moneyness_at_horizon":"1.02","needs_mark":false,\
            "option_symbol":"MSTR260130C00350000","option_type":"call","outcome_state":"unrealized_mark",\
            "pnl_after_fees_usd":"2743.5","pnl_before_fees_usd":"2750","premium_source":"derived","quantity":"10",\
            "realized_vol_after_trade":null,"source":"alpha_sync","source_portfolio":"IMST","source_trade_id":"A",\
            "spot_at_entry":"340","spot_at_horizon":"357","spot_move_pct":"5","strike":"350",\
            "target_timestamp":"2026-01-17T14:30:00Z","trade_date":"2026-01-10T14:30:00Z","underlying_symbol":"MSTR"}
            """
        #expect(seen.text == expected)
        #expect(
            rows[2].stored == [
                .instant(row.tradeDate), .instant(row.tradeDate), .text("IMST"), .text("MSTR"),
                .text(label),
            ])
    }

    @Test func `before its target a horizon is pending and shows nothing of its mark`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(stamp(row))
        log.append(try mark(row, week, price: try FixedDecimal("15.25"), error: "found late"))
        let row = try log.rows(projection)[2]
        let early = try row.seen(
            projection, at: try OutcomesSample.instant("2026-01-17T14:29:59.999999Z"))
        for column in [
            "mark_iv", "mark_lookup_error", "mark_premium_usd", "mark_price", "mark_source",
            "mark_time_delta_minutes",
            "mark_timestamp", "moneyness_at_horizon", "pnl_after_fees_usd", "pnl_before_fees_usd",
            "realized_vol_after_trade", "spot_at_horizon", "spot_move_pct",
        ] {
            #expect(early[column] == nil, "\(column)")
        }
        #expect(early["outcome_state"] == "pending" && early["mark_quality"] == "unavailable")
        #expect(early["missing_fields"] == "[]" && early["needs_mark"] == "false")
        #expect(
            early["event_positions"] == "[1,2]"
                && early["inputs"] == #"{"context":2,"execution":1,"mark":null}"#)
        #expect(
            early["target_timestamp"] == "2026-01-17T14:30:00Z" && early["entry_premium_usd"] == "12500")
        #expect(early["spot_at_entry"] == "340" && early["moneyness_at_entry"] == "0.9714285714")
        // At the target itself it has matured.
        let mature = try row.seen(projection, at: try OutcomesSample.instant("2026-01-17T14:30:00Z"))
        #expect(
            mature["outcome_state"] == "unrealized_mark" && mature["mark_lookup_error"] == "found late")
    }

    @Test func `a pending horizon names nothing missing and needs no mark`() throws {
        var bare = row
        (bare.direction, bare.feesUSD) = (nil, nil)
        var log = OutcomesLog()
        log.append(bare)
        let rows = try log.rows(projection)
        let before = try rows[2].seen(projection, at: bare.tradeDate)
        #expect(
            before["outcome_state"] == "pending" && before["missing_fields"] == "[]"
                && before["needs_mark"] == "false")
        let after = try rows[2].seen(projection, at: later)
        #expect(after["outcome_state"] == "unavailable" && after["needs_mark"] == "true")
        #expect(after["missing_fields"] == #"["direction","fees_usd","forward_mark"]"#)
    }

    @Test func `a horizon beyond the expiry is unavailable at any now`() throws {
        var log = OutcomesLog()
        log.append(row)
        let month = try log.rows(projection)[1]
        for now in [row.tradeDate, later] {
            let seen = try month.seen(projection, at: now)
            #expect(seen["outcome_state"] == "unavailable" && seen["mark_quality"] == "unavailable")
            #expect(
                seen["missing_fields"] == #"["horizon_after_expiry"]"# && seen["needs_mark"] == "false")
            #expect(seen["target_timestamp"] == "2026-02-09T14:30:00Z")
        }
    }

    @Test func `an expiry that is unknown is never pending`() throws {
        var bare = row
        bare.expiry = nil
        var log = OutcomesLog()
        log.append(bare)
        for now in [row.tradeDate, later] {
            let seen = try log.rows(projection)[3].seen(projection, at: now)
            #expect(seen["outcome_state"] == "unavailable" && seen["missing_fields"] == #"["expiry"]"#)
            #expect(seen["target_timestamp"] == nil && seen["needs_mark"] == "false")
        }
    }

    @Test func `terminal marks are those of the expiry`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(try mark(row, .expiry, price: .zero))
        let seen = try log.rows(projection)[3].seen(projection, at: later)
        #expect(
            seen["outcome_state"] == "terminal_mark" && seen["mark_price"] == "0"
                && seen["mark_premium_usd"] == "0")
        #expect(seen["pnl_before_fees_usd"] == "-12500" && seen["pnl_after_fees_usd"] == "-12506.5")
        #expect(seen["horizon_days"] == nil && seen["target_timestamp"] == "2026-01-30T21:00:00Z")
    }

    @Test func `rows are stored for the default horizons and those with a mark`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(try mark(row, Horizon(days: 14), price: FixedDecimal(1)))
        #expect(
            try log.rows(projection).map { $0.key.parts[2].text } == ["14d", "1d", "30d", "7d", "expiry"])
    }

    @Test func `rows of any other horizons follow from the facts`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(try mark(row, Horizon(days: 14), price: FixedDecimal(1)))
        let facts = try #require(try log.facts(projection).values.first)
        let rows = projection.rows(
            of: facts, selecting: try projection.selection(parsing: "3,14,expiry,14d"))
        #expect(rows.map { $0.key.parts[2].text } == ["14d", "3d", "expiry"])
        #expect(try rows[0].seen(projection, at: later)["outcome_state"] == "unrealized_mark")
        #expect(try rows[1].seen(projection, at: later)["needs_mark"] == "true")
    }

    @Test func `a bust takes the execution out and a correction replaces it`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(try mark(row, week, price: FixedDecimal(20)))
        var corrected = row
        corrected.price = FixedDecimal(11)
        log.append(corrected)
        let seen = try log.rows(projection)[2].seen(projection, at: later)
        #expect(seen["pnl_before_fees_usd"] == "9000" && seen["event_positions"] == "[2,3]")
        var busted = corrected
        busted.tradeStatus = .busted
        log.append(busted)
        #expect(try log.rows(projection).isEmpty)
        log.append(corrected)
        #expect(
            try log.rows(projection)[2].seen(projection, at: later)["pnl_before_fees_usd"] == "9000")
    }

    @Test(arguments: [TradeStatus.pending, .cancelled, .rejected, .busted])
    func `what is no execution has no rows`(_ status: TradeStatus) throws {
        var other = row
        other.tradeStatus = status
        var log = OutcomesLog()
        log.append(other)
        #expect(try log.rows(projection).isEmpty)
    }

    @Test func `a quantity of zero is no execution and an unknown one is`() throws {
        var (zero, unknown) = (row, row)
        (zero.quantity, unknown.quantity) = (.zero, nil)
        var log = OutcomesLog()
        log.append(zero)
        #expect(try log.rows(projection).isEmpty)
        log.append(unknown)
        #expect(try log.rows(projection).count == 4)
    }

    @Test func `marks and stamps that come first wait for their execution`() throws {
        var log = OutcomesLog()
        log.append(try mark(row, week, price: FixedDecimal(20)))
        log.append(stamp(row))
        #expect(try log.rows(projection, stored: true).isEmpty)
        log.append(row)
        let seen = try log.rows(projection, stored: true)[2].seen(projection, at: later)
        #expect(seen["pnl_before_fees_usd"] == "7500" && seen["event_positions"] == "[1,2,3]")
        #expect(seen["gamma_regime"] == "long_gamma")
    }

    @Test func `a later mark of the horizon replaces the earlier`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(try mark(row, week, price: FixedDecimal(20)))
        log.append(try mark(row, week, price: nil, error: "none"))
        let seen = try log.rows(projection)[2].seen(projection, at: later)
        #expect(seen["outcome_state"] == "unavailable" && seen["event_positions"] == "[1,3]")
        #expect(seen["mark_lookup_error"] == "none")
    }

    @Test func `the latest stamp of the current basis counts`() throws {
        var moved = row
        moved.underlyingSymbol = "TSLA"
        var log = OutcomesLog()
        log.append(row)
        log.append(stamp(row))
        log.append(moved)
        #expect(try log.rows(projection)[0].seen(projection, at: later)["gamma_regime"] == nil)
        log.append(stamp(moved, market: nil, regime: nil))
        #expect(try log.rows(projection)[0].seen(projection, at: later)["event_positions"] == "[3,4]")
        // Corrected back: the first stamp is of the current basis again, and under its own context key still the latest.
        log.append(row)
        let seen = try log.rows(projection)[0].seen(projection, at: later)
        #expect(seen["gamma_regime"] == "long_gamma" && seen["event_positions"] == "[2,5]")
    }

    @Test func `of two stamps of the current basis the later one counts`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(stamp(row, market: "ETH", regime: "neutral"))
        log.append(stamp(row, market: "BTC", regime: "short_gamma"))
        let seen = try log.rows(projection, stored: true)[0].seen(projection, at: later)
        #expect(seen["gamma_regime"] == "short_gamma" && seen["event_positions"] == "[1,3]")
    }

    @Test func `what is effective later counts as not recorded`() throws {
        var log = OutcomesLog()
        log.append(row)
        log.append(stamp(row), effectiveAt: try OutcomesSample.instant("2026-01-10T14:45:00Z"))
        let early = try mark(row, week, price: FixedDecimal(20))
        log.append(early, effectiveAt: try OutcomesSample.instant("2026-01-17T14:30:00Z"))
        let facts = try #require(try log.facts(projection).values.first)
        func seen(_ text: String) throws -> OutcomeView? {
            let instant = try OutcomesSample.instant(text)
            guard let then = projection.facts(facts, effectiveBy: instant) else { return nil }
            return try projection.rows(of: then)[2].seen(projection, at: instant)
        }
        #expect(try seen("2026-01-10T14:29:59Z") == nil)
        #expect(try seen("2026-01-10T14:30:00Z")?["event_positions"] == "[1]")
        #expect(try seen("2026-01-10T14:45:00Z")?["gamma_regime"] == "long_gamma")
        #expect(try seen("2026-01-17T14:29:59Z")?["outcome_state"] == "pending")
        #expect(try seen("2026-01-17T14:30:00Z")?["outcome_state"] == "unrealized_mark")
        // The latest mark alone is asked: an earlier one never comes back.
        log.append(early, effectiveAt: try OutcomesSample.instant("2026-02-01T00:00:00Z"))
        let after = try #require(try log.facts(projection).values.first)
        let then = try #require(
            projection.facts(after, effectiveBy: try OutcomesSample.instant("2026-01-20T00:00:00Z")))
        let row = try projection.rows(of: then)[2].seen(
            projection, at: try OutcomesSample.instant("2026-01-20T00:00:00Z"))
        #expect(row["outcome_state"] == "unavailable" && row["missing_fields"] == #"["forward_mark"]"#)
    }

    @Test func `a mark of an unknown horizon stops the projection`() throws {
        var log = OutcomesLog()
        var bad = try mark(row, week, price: nil)
        bad.horizonKey = "soon"
        log.append(bad)
        #expect(throws: PoisonEvent.self) { try log.rows(projection) }
    }

    @Test func `documents have exactly the columns of the file`() throws {
        let columns = try outcomesColumns()
        #expect(columns.key == ["source", "source_trade_id", "horizon_key"])
        #expect(
            columns.stored == [
                "effective_at", "trade_date", "source_portfolio", "underlying_symbol", "alignment_label",
            ])
        var log = OutcomesLog()
        log.append(row)
        log.append(try mark(row, week, price: FixedDecimal(1)))
        for row in try log.rows(projection) {
            for now in [self.row.tradeDate, later] {
                let document = try row.seen(projection, at: now).document
                #expect(document.root.members.map(\.key) == columns.columns.map(\.name))
                for column in columns.columns {
                    guard let value = document.root[column.name], !value.isNull else { continue }
                    let fits: Bool =
                        switch column.kind {
                        case .text: value.string != nil
                        case .texts: value.elements.allSatisfy { $0.string != nil }
                        case .instant: value.string.flatMap { Instant($0) } != nil
                        case .date: value.string.flatMap { CalendarDate($0) } != nil
                        case .decimal: value.kind == .string && value.decimal != nil
                        case .integer: value.integer != nil
                        case .boolean: value.bool != nil
                        case .object: value.kind == .object || value.kind == .array
                        }
                    #expect(fits, "\(column.name) = \(value.sourceText)")
                }
            }
        }
    }
}
