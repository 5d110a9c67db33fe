import LedgerEvents
package import LedgerJSON
package import LedgerProjections
package import LedgerValues

/// The positions of the events behind an outcome's row.
struct OutcomeInputs {
    let context: Int64?
    let execution: Int64
    let mark: Int64?

    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("context")
        out.integer(context)
        out.key("execution")
        out.integer(execution)
        out.key("mark")
        out.integer(mark)
        out.endObject()
    }

    /// Writes the positions, ascending.
    func writePositions(to out: inout JSONWriter) { out.eventPositions([context, execution, mark]) }
}

extension OutcomesProjection {
    /// Writes a row's document as if its horizon had matured. An execution's rows share the members that do not depend
    /// on the horizon.
    static func write(_ outcome: Outcome, _ inputs: OutcomeInputs, to out: inout JSONWriter) {
        let entry = outcome.entry
        let row = entry.row
        let mark = outcome.mark
        out.beginObject()
        out.shared { out in
            out.key("alignment_label")
            out.string(entry.alignmentLabel)
            out.key("contract_multiplier")
            out.decimalString(row.contractMultiplier)
            out.key("direction")
            out.string(row.direction?.rawValue)
            out.key("dvol_bucket")
            out.string(entry.dvolBucket)
            out.key("entry_premium_usd")
            out.decimalString(entry.premium.usd)
        }
        out.key("event_positions")
        inputs.writePositions(to: &out)
        out.shared { out in
            out.key("expiry")
            out.date(row.expiry)
            out.key("fees_usd")
            out.decimalString(row.feesUSD)
            out.key("gamma_regime")
            out.string(entry.gammaRegime)
        }
        out.key("horizon_days")
        out.integer(outcome.horizon.days)
        out.key("horizon_key")
        out.string(outcome.horizon.key)
        out.key("inputs")
        inputs.write(to: &out)
        out.shared { out in
            out.key("instrument")
            out.string(row.instrument)
        }
        out.key("mark_iv")
        out.decimalString(mark.iv)
        out.key("mark_lookup_error")
        out.string(outcome.markLookupError)
        out.key("mark_premium_usd")
        out.decimalString(outcome.markPremiumUSD)
        out.key("mark_price")
        out.decimalString(outcome.markPrice)
        out.key("mark_quality")
        out.string(mark.quality.rawValue)
        out.key("mark_source")
        out.string(outcome.markSource)
        out.key("mark_time_delta_minutes")
        out.decimalString(mark.timeDeltaMinutes)
        out.key("mark_timestamp")
        out.instant(mark.timestamp)
        out.key("missing_fields")
        out.strings(outcome.missingFields)
        out.shared { out in
            out.key("moneyness_at_entry")
            out.decimalString(entry.moneyness)
        }
        out.key("moneyness_at_horizon")
        out.decimalString(outcome.moneynessAtHorizon)
        out.key("needs_mark")
        out.bool(outcome.needsMark)
        out.shared { out in
            out.key("option_symbol")
            out.string(row.optionSymbol)
            out.key("option_type")
            out.string(row.optionType?.rawValue)
        }
        out.key("outcome_state")
        out.string(outcome.state.rawValue)
        out.key("pnl_after_fees_usd")
        out.decimalString(outcome.pnlAfterFeesUSD)
        out.key("pnl_before_fees_usd")
        out.decimalString(outcome.pnlBeforeFeesUSD)
        out.shared { out in
            out.key("premium_source")
            out.string(entry.premium.source.rawValue)
            out.key("quantity")
            out.decimalString(row.quantity)
        }
        out.key("realized_vol_after_trade")
        out.decimalString(outcome.realizedVol)
        out.shared { out in
            out.key("source")
            out.string(row.source)
            out.key("source_portfolio")
            out.string(row.sourcePortfolio)
            out.key("source_trade_id")
            out.string(row.sourceTradeID)
            out.key("spot_at_entry")
            out.decimalString(entry.spot)
        }
        out.key("spot_at_horizon")
        out.decimalString(outcome.spotAtHorizon)
        out.key("spot_move_pct")
        out.decimalString(outcome.spotMovePercent)
        out.shared { out in
            out.key("strike")
            out.decimalString(row.strike)
        }
        out.key("target_timestamp")
        out.instant(outcome.target.instant)
        out.shared { out in
            out.key("trade_date")
            out.instant(row.tradeDate)
            out.key("underlying_symbol")
            out.string(row.underlyingSymbol)
        }
        out.endObject()
    }

    /// The columns that nobody sees before the horizon's target.
    private static let shownAtTarget = [
        "mark_iv", "mark_lookup_error", "mark_premium_usd", "mark_price", "mark_source", "mark_time_delta_minutes", "mark_timestamp",
        "moneyness_at_horizon", "pnl_after_fees_usd", "pnl_before_fees_usd", "realized_vol_after_trade", "spot_at_horizon",
        "spot_move_pct",
    ]

    /// What ``present(_:now:)`` does, as data.
    package static let momentRules = [
        MomentRule(
            if: [.isLater("target_timestamp"), .lacks("missing_fields", Outcome.horizonAfterExpiry)],
            [
                ("outcome_state", .text(OutcomeState.pending.rawValue)), ("mark_quality", .text(MarkQuality.unavailable.rawValue)),
                ("needs_mark", .truth(false)), ("missing_fields", .nothing), ("inputs", .without("mark")),
                ("event_positions", .positions(of: ["context", "execution"], in: "inputs")),
            ] + shownAtTarget.map { ($0, .null) })
    ]

    /// A row as a reader sees it at a moment. If the horizon's target is later, the row is `pending` and shows nothing
    /// of its mark, P&L or horizon, even if marks exist. A horizon after the expiry is `unavailable` at any time.
    package func present(_ document: JSONDocument, now: Instant) -> [UInt8] {
        guard nextChange(of: document, after: now) != nil else { return document.bytes }
        let root = document.root
        var out = JSONWriter(reservingCapacity: document.bytes.count)
        out.beginObject()
        for member in root.memberViews {
            let name = member.key
            out.key(name)
            switch name {
            case "outcome_state": out.string(OutcomeState.pending.rawValue)
            case "mark_quality": out.string(MarkQuality.unavailable.rawValue)
            case "needs_mark": out.bool(false)
            case "missing_fields": out.strings([])
            case "inputs": Self.inputs(withoutMarkOf: root).write(to: &out)
            case "event_positions": Self.inputs(withoutMarkOf: root).writePositions(to: &out)
            case _ where Self.shownAtTarget.contains(name): out.null()
            default: out.raw(Array(document.bytes[member.value.sourceRange]))
            }
        }
        out.endObject()
        return out.bytes
    }

    /// The target of a row that is `pending` until then.
    package func nextChange(of document: JSONDocument, after now: Instant) -> Instant? {
        let root = document.root
        guard let target = root["target_timestamp"]?.string.flatMap({ Instant($0) }), target > now,
            !(root["missing_fields"]?.elements.contains { $0.string == Outcome.horizonAfterExpiry } ?? false)
        else { return nil }
        return target
    }

    private static func inputs(withoutMarkOf root: JSONValue) -> OutcomeInputs {
        let inputs = root["inputs"]
        return OutcomeInputs(
            context: inputs?["context"]?.integer, execution: inputs?["execution"]?.integer ?? 0, mark: nil
        )
    }
}
