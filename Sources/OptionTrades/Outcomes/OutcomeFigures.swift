import LedgerEvents
import LedgerExplanations
import LedgerRules
import LedgerValues

/// The figures of an outcome at its horizon: the target, the mark, and the P&L between entry and mark.
struct OutcomeFigures {
    let facts: OutcomesExplainer.Facts
    let rules: OutcomesRules

    private var row: ExecutionRow { facts.execution.row }
    private var quote: OptionQuote? { facts.mark?.quote }

    /// - Parameter spotAtEntry: explains the entry's spot on a sheet and returns it
    func explain(_ field: String, _ sheet: inout Worksheet, spotAtEntry: (inout Worksheet) -> FixedDecimal?) {
        target(&sheet)
        switch field {
        case "target_timestamp":
            return sheet.step("when the horizon is measured", field, Shown(facts.target.instant))
        case "outcome_state": return state(&sheet)
        default: break
        }
        if facts.isPending { return pending(field, &sheet) }
        switch field {
        case "mark_quality": quality(&sheet)
        case "needs_mark": needsMark(&sheet)
        case "missing_fields": missingFields(&sheet)
        case "mark_price": if let price = price(&sheet) { sheet.round(field, price) }
        case "mark_iv":
            quality(&sheet)
            guard facts.judged.quality == .quoted else { return unmarked(field, &sheet) }
            sheet.copy("quote.mark_iv", Shown(quote?.markIV), facts.markEvent)
        case "mark_timestamp":
            time(&sheet)
            sheet.step("the quote's own time, whatever its quality", "exchange_timestamp, else timestamp", Shown(quote?.time))
        case "mark_time_delta_minutes":
            if let apart = distance(&sheet) { sheet.round("|mark time − target|", apart, digits: 4) }
        case "mark_source":
            sheet.input("quote_source", Shown(facts.mark?.quoteSource), facts.markEvent)
            sheet.step("where the quote is from, null without one", field, Shown(quote == nil ? nil : facts.mark?.quoteSource))
        case "mark_lookup_error": sheet.copy("error", Shown(facts.mark?.error), facts.markEvent)
        case "mark_premium_usd": if let premium = premium(&sheet) { sheet.round(field, premium) }
        case "pnl_before_fees_usd": if let profit = profit(&sheet) { sheet.round(field, profit) }
        case "pnl_after_fees_usd": afterFees(&sheet)
        case "spot_at_horizon": _ = spotAtHorizon(&sheet)
        case "moneyness_at_horizon":
            let spot = spotAtHorizon(&sheet)
            sheet.moneyness(spot, "spot_at_horizon", facts.execution)
        case "spot_move_pct":
            let entry = spotAtEntry(&sheet)
            move(from: entry, to: spotAtHorizon(&sheet), &sheet)
        default: realizedVol(&sheet)
        }
    }

    // MARK: - The target

    private func target(_ sheet: inout Worksheet) {
        let target = facts.target
        sheet.inputs(facts.execution, "trade_date", "expiry", "underlying_symbol")
        if let expiry = row.expiry, let instant = target.expiry {
            if rules.isDirectlyMapped(row.underlyingSymbol) {
                sheet.rule(rules.file, "expiry", "direct_close_utc")
            } else {
                let isEarly = rules.earlyCloses.contains(expiry)
                sheet.rule(rules.file, "expiry", isEarly ? "early_close" : "new_york_close")
                if isEarly { sheet.rule(rules.file, "expiry", "early_closes") }
                sheet.rule(rules.newYork.file, "years", "\(expiry.year)")
            }
            sheet.step("when the contract stops", "the close of \(expiry)", Shown(instant))
        }
        if let days = facts.horizon.days {
            sheet.step("the target: trade_date + days × 24 h", "\(row.tradeDate) + \(days) × 24 h", Shown(target.instant))
        } else if target.instant == nil {
            sheet.note("the trade has no expiry: this horizon has no target")
        }
        if target.isAfterExpiry { sheet.note("the target lies after the expiry: there is nothing to measure, at any time") }
        guard facts.isMeasurable, let instant = target.instant else { return }
        sheet.input("now", Shown(sheet.row.now), nil)
        sheet.step("matured", "\(instant) ≤ \(sheet.row.now)", Shown(!facts.isPending))
    }

    private func pending(_ field: String, _ sheet: inout Worksheet) {
        sheet.note("pending: the target is later than the reader's now, and nothing of the horizon is shown whatever marks exist")
        switch field {
        case "mark_quality": sheet.step("pending", field, Shown(MarkQuality.unavailable.rawValue))
        case "needs_mark": sheet.step("pending", field, Shown(false))
        case "missing_fields": sheet.step("pending", field, Shown([String]()))
        default: sheet.step("pending", field, .null)
        }
    }

    // MARK: - The mark

    private func time(_ sheet: inout Worksheet) {
        if facts.mark == nil { return sheet.note("no mark of the row and target as they are was recorded") }
        guard let quote else { return sheet.note("the mark holds no quote") }
        sheet.input("quote.exchange_timestamp", Shown(quote.exchangeTimestamp), facts.markEvent)
        sheet.input("quote.timestamp", Shown(quote.timestamp), facts.markEvent)
    }

    /// |quote time − target| in minutes, exact. Without a quote it ends in null.
    private func distance(_ sheet: inout Worksheet) -> ExactNumber? {
        time(&sheet)
        guard let quote, let target = facts.target.instant else {
            sheet.step("null", "|mark time − target|", .null)
            return nil
        }
        let apart = quote.time.microseconds - target.microseconds
        sheet.step("|mark time − target| in minutes", "\(apart.magnitude) µs ÷ 60000000", Shown(exact: minutes(apart)))
        return minutes(apart)
    }

    /// Explains the quality and ends in it.
    private func quality(_ sheet: inout Worksheet) {
        if let apart = distance(&sheet), let quote, let target = facts.target.instant {
            sheet.rule(rules.file, "mark", "fresh_minutes")
            let isLate = facts.horizon == .expiry && quote.time > target
            let isFresh = apart <= ExactNumber(rules.freshMinutes) && !isLate
            sheet.step(
                facts.horizon == .expiry ? "fresh, and not later than the expiry" : "fresh",
                "\(apart) ≤ \(rules.freshMinutes) minutes" + (isLate ? ", but \(quote.time) > \(target)" : ""), Shown(isFresh))
            if isFresh { worth(quote, &sheet) }
        }
        let why =
            switch facts.judged.quality {
            case .quoted: "a fresh quote with a price"
            case .stale: "a quote outside the tolerance"
            case .unavailable: "no quote, or a fresh one without a price"
            }
        sheet.step(why, "mark_quality", Shown(facts.judged.quality.rawValue))
    }

    /// A fresh quote's price: its mark, else the middle of a two-sided quote.
    private func worth(_ quote: OptionQuote, _ sheet: inout Worksheet) {
        sheet.input("quote.mark", Shown(quote.mark), facts.markEvent)
        guard quote.mark == nil else { return }
        sheet.input("quote.bid", Shown(quote.bid), facts.markEvent)
        sheet.input("quote.ask", Shown(quote.ask), facts.markEvent)
        sheet.rule(rules.file, "mark", "bid_above")
        sheet.step(
            "a bid that counts, and an ask that is not below it",
            "bid \(Shown(quote.bid).text) > \(rules.bidAbove), ask \(Shown(quote.ask).text) ≥ bid",
            Shown(facts.judged.quality == .quoted))
    }

    /// The mark price, exact. Ends in null unless the mark is quoted.
    private func price(_ sheet: inout Worksheet) -> ExactNumber? {
        quality(&sheet)
        guard facts.judged.quality == .quoted, let quote else {
            unmarked("mark_price", &sheet)
            return nil
        }
        if let mark = quote.mark {
            sheet.step("the quote's mark", "quote.mark", Shown(mark))
            return mark.exact
        }
        guard let bid = quote.bid, let ask = quote.ask, let mid = (bid.exact + ask.exact).divided(by: ExactNumber(2))
        else { return nil }
        sheet.step("the quote's mid", "(\(bid) + \(ask)) ÷ 2", Shown(exact: mid))
        return mid
    }

    private func unmarked(_ field: String, _ sheet: inout Worksheet) {
        sheet.null(field, because: "the mark is \(facts.judged.quality.rawValue): only a quoted one has a price")
    }

    // MARK: - P&L

    /// mark price × quantity × multiplier, exact. Ends in null if one of them is missing.
    private func premium(_ sheet: inout Worksheet) -> ExactNumber? {
        guard let price = price(&sheet) else { return nil }
        sheet.inputs(facts.execution, "quantity", "contract_multiplier")
        guard let quantity = row.quantity, let multiplier = row.contractMultiplier else {
            sheet.null(
                "mark_price × quantity × contract_multiplier",
                missing: missing(["quantity": row.quantity == nil, "contract_multiplier": row.contractMultiplier == nil]))
            return nil
        }
        let premium = price * quantity.exact * multiplier.exact
        sheet.step(
            "the mark's premium: mark_price × quantity × contract_multiplier", "\(price) × \(quantity) × \(multiplier)",
            Shown(exact: premium))
        return premium
    }

    /// For a buy mark − entry, for a sale entry − mark. Exact. Ends in null if one of them is missing.
    private func profit(_ sheet: inout Worksheet) -> ExactNumber? {
        guard let entry = sheet.premium(of: facts.execution, rules.trades).exact else { return nil }
        guard let mark = premium(&sheet) else { return nil }
        sheet.inputs(facts.execution, "direction")
        guard let direction = row.direction else {
            sheet.null("mark − entry", missing: ["direction"])
            return nil
        }
        let profit = direction == .buy ? mark - entry : entry - mark
        sheet.step(
            direction == .buy ? "before fees, a buy: mark − entry" : "before fees, a sale: entry − mark",
            direction == .buy ? "\(mark) − \(entry)" : "\(entry) − \(mark)", Shown(exact: profit))
        return profit
    }

    private func afterFees(_ sheet: inout Worksheet) {
        guard let profit = profit(&sheet) else { return }
        sheet.inputs(facts.execution, "fees_usd")
        guard let fees = row.feesUSD else { return sheet.null("before fees − fees_usd", missing: ["fees_usd"]) }
        let after = profit - fees.exact
        sheet.step("after fees", "\(profit) − \(fees)", Shown(exact: after))
        sheet.round("pnl_after_fees_usd", after)
    }

    // MARK: - The underlying

    private func spotAtHorizon(_ sheet: inout Worksheet) -> FixedDecimal? {
        if let quote {
            quality(&sheet)
            sheet.input("quote.underlying_price", Shown(quote.underlyingPrice), facts.markEvent)
            if let spot = facts.judged.underlyingPrice {
                sheet.step("the fresh quote's underlying price", "quote.underlying_price", Shown(spot))
                return spot
            }
        }
        guard let mark = facts.mark else {
            sheet.null("spot_at_horizon", because: "no mark of the row and target as they are was recorded")
            return nil
        }
        sheet.rule(rules.file, "direct_mapping_method")
        _ = sheet.mapping(of: facts.execution, rules.trades.marketProxy)
        guard rules.isDirectlyMapped(row.underlyingSymbol) else {
            sheet.null("spot_at_horizon", because: "no fresh quote gives the underlying's price, and the symbol is not its own market")
            return nil
        }
        sheet.rule(rules.file, "horizon_spot", "tolerance_minutes")
        sheet.input("spot.price", Shown(mark.spot?.price), facts.markEvent)
        sheet.input("spot.timestamp", Shown(mark.spot?.timestamp), facts.markEvent)
        sheet.step("the observed spot nearest to the target, as the mark recorded it", "spot.price", Shown(mark.spot?.price))
        return mark.spot?.price
    }

    private func move(from entry: FixedDecimal?, to horizon: FixedDecimal?, _ sheet: inout Worksheet) {
        let formula = "(spot_at_horizon ÷ spot_at_entry − 1) × 100"
        guard let entry, let horizon, let ratio = horizon.exact.divided(by: entry.exact) else {
            return sheet.null(
                formula, missing: missing(["spot_at_entry": entry == nil, "spot_at_horizon": horizon == nil]))
        }
        let move = (ratio - ExactNumber(1)) * ExactNumber(100)
        sheet.step(formula, "(\(horizon) ÷ \(entry) − 1) × 100", Shown(exact: move))
        sheet.round("spot_move_pct", move)
    }

    private func realizedVol(_ sheet: inout Worksheet) {
        sheet.rule(rules.file, "direct_mapping_method")
        _ = sheet.mapping(of: facts.execution, rules.trades.marketProxy)
        guard rules.isDirectlyMapped(row.underlyingSymbol) else {
            return sheet.null("realized_vol", because: "the symbol is not its own market")
        }
        guard let mark = facts.mark else {
            return sheet.null("realized_vol", because: "no mark of the row and target as they are was recorded")
        }
        for key in ["step_minutes", "periods_per_year", "minimum_returns", "minimum_share"] {
            sheet.rule(rules.file, "realized_vol", key)
        }
        let used = mark.inputs.first { $0.field.isBytewiseEqual(to: "realized_vol") }?.positions ?? []
        if let first = used.first, let last = used.last {
            sheet.step(
                "the observations that gave returns, by their positions", "\(used.count) of events \(first) … \(last)",
                Shown(Int64(used.count)))
        }
        sheet.note(
            "√(\(rules.realizedVol.periodsPerYear) × (S ÷ n)) × 100 is a figure of IEEE doubles that the backfill worked out and the mark recorded"
        )
        sheet.copy("realized_vol", Shown(mark.realizedVol), facts.markEvent)
    }

    // MARK: - State

    private func state(_ sheet: inout Worksheet) {
        if facts.isPending {
            return sheet.step("the target is later than now", "outcome_state", Shown(OutcomeState.pending.rawValue))
        }
        let state: OutcomeState =
            profit(&sheet) == nil ? .unavailable : facts.horizon == .expiry ? .terminalMark : .unrealizedMark
        sheet.step(
            state == .unavailable ? "there is no P&L" : "a fresh mark with entry premium, direction, quantity and multiplier",
            "outcome_state", Shown(state.rawValue))
    }

    private func needsMark(_ sheet: inout Worksheet) {
        quality(&sheet)
        sheet.inputs(facts.execution, "strike", "option_type")
        let isComplete = OptionContract(of: row) != nil
        sheet.step("the contract's key is complete: underlying, expiry, strike, put or call", "contract key", Shown(isComplete))
        sheet.step(
            "measurable, complete, and not quoted", "needs_mark",
            Shown(facts.isMeasurable && isComplete && facts.judged.quality != .quoted))
    }

    private func missingFields(_ sheet: inout Worksheet) {
        if facts.target.isAfterExpiry {
            return sheet.step("the target lies after the expiry", "missing_fields", Shown([Outcome.horizonAfterExpiry]))
        }
        quality(&sheet)
        sheet.inputs(
            facts.execution, "direction", "quantity", "contract_multiplier", "fees_usd", "expiry", "premium_usd")
        let lacks = missing([
            "contract_multiplier": row.contractMultiplier == nil, "direction": row.direction == nil,
            "entry_premium_usd": EntryPremium(of: row, rules: rules.trades).usd == nil, "expiry": row.expiry == nil,
            "fees_usd": row.feesUSD == nil, "forward_mark": facts.isMeasurable && facts.judged.quality != .quoted,
            "quantity": row.quantity == nil,
        ])
        sheet.step("forward_mark where a target has no quoted mark, and the row's nulls", "missing_fields", Shown(lacks))
    }
}
