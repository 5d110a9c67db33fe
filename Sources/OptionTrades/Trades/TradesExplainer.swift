import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `trades` from the trade's own stream.
struct TradesExplainer: ViewExplainer {
    let rules: TradesRules

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .stream(Streams.execution(source: row.text("source"), id: row.text("source_trade_id")))
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let events = sheet.row.events
        guard let latest = events.last, let first = events.first,
            let execution = events.reversed().lazy.compactMap({ ExplainedExecution($0) }).first,
            let payload = execution.event.payload(as: ExecutionPayload.self)
        else { throw .missingEvent(view: TradesProjection.name, position: nil, expected: "execution") }
        switch field {
        case "entry_premium_usd":
            let (premium, exact) = sheet.premium(of: execution, rules)
            if let exact { sheet.round("entry_premium_usd", exact) }
            if premium.mismatch { doubt(execution, &sheet) }
        case "premium_source":
            _ = sheet.premium(of: execution, rules)
            sheet.step(
                "provided, else derived from price, quantity and multiplier, else missing", "premium_source",
                Shown(EntryPremium(of: execution.row, rules: rules).source.rawValue))
        case "market_proxy":
            let mapping = sheet.mapping(of: execution, rules.marketProxy)
            sheet.step("the market behind the symbol", "market_proxy", Shown(mapping.marketProxy))
        case "mapping_quality":
            let mapping = sheet.mapping(of: execution, rules.marketProxy)
            sheet.step("how the symbol is mapped", "mapping_quality", Shown(mapping.quality))
        case "stream_version":
            sheet.input("stream_version", Shown(latest.record.streamVersion), latest)
            sheet.step(
                "the number of events of the trade", "stream_version", Shown(latest.record.streamVersion))
        case "first_recorded_at":
            sheet.input("recorded_at", Shown(first.record.recordedAt), first)
            sheet.step("when its first event was recorded", "recorded_at", Shown(first.record.recordedAt))
        case "last_recorded_at":
            sheet.input("recorded_at", Shown(latest.record.recordedAt), latest)
            sheet.step("when its latest event was recorded", "recorded_at", Shown(latest.record.recordedAt))
        case "last_changed_fields":
            let changed = (payload.changedFields ?? []).map(\.field)
            if payload.changedFields != nil { sheet.input("changed_fields", Shown(changed), execution.event) }
            sheet.step(
                payload.changedFields == nil ? "the trade was never updated" : "the fields that the latest update changed",
                "changed_fields", Shown(changed))
        case "scope_key":
            sheet.copy("scope_key", Shown(payload.scopeKey), execution.event)
        case "flags":
            flags(execution, payload, &sheet)
        default:
            sheet.copy(field, of: execution)
        }
    }

    /// Explains the doubt about a provided premium.
    private func doubt(_ execution: ExplainedExecution, _ sheet: inout Worksheet) {
        let row = execution.row
        guard let provided = row.premiumUSD, let price = row.price, let quantity = row.quantity,
            let multiplier = row.contractMultiplier
        else { return }
        sheet.rule(rules.file, "premium", "mismatch_absolute_usd")
        sheet.rule(rules.file, "premium", "mismatch_relative")
        let product = price.exact * quantity.exact * multiplier.exact
        let distance = (product - provided.exact).magnitude
        let tolerance = max(rules.mismatchAbsoluteUSD.exact, rules.mismatchRelative.exact * provided.exact)
        sheet.note(
            "premium_mismatch: |\(price) × \(quantity) × \(multiplier) − \(provided)| = \(distance) is more than max(\(rules.mismatchAbsoluteUSD), \(rules.mismatchRelative) × \(provided)) = \(tolerance); the provided premium is kept"
        )
    }

    private func flags(_ execution: ExplainedExecution, _ payload: ExecutionPayload, _ sheet: inout Worksheet) {
        let row = execution.row
        let (premium, _) = sheet.premium(of: execution, rules)
        if premium.mismatch { doubt(execution, &sheet) }
        var isMissingUpstream = false
        for event in sheet.row.events {
            guard let presence = event.payload(as: PresencePayload.self) else { continue }
            isMissingUpstream = presence.isMissing
            sheet.input(event.record.type, Shown(event.record.stream), event)
        }
        sheet.rule(rules.file, "execution_statuses")
        sheet.rule(rules.rootAliases.file, "aliases")
        let flags = row.flags(premium: premium, missingUpstream: isMissingUpstream, rules: rules)
        for flag in flags {
            let cause = Self.cause(of: flag)
            for field in cause.fields { sheet.inputs(execution, field) }
            sheet.step(flag, cause.text, Shown(true))
        }
        sheet.step("all flags, sorted bytewise", "flags", Shown(flags))
    }

    /// The cause of a flag, and the fields that it depends on.
    private static func cause(of flag: String) -> (text: String, fields: [String]) {
        switch flag {
        case "premium_mismatch":
            ("provided and derived premium differ by more than max(absolute, relative × provided)", ["premium_usd"])
        case "adjusted_root":
            ("the option's root without its digits is the underlying", ["option_symbol", "underlying_symbol"])
        case "root_mismatch": ("the option's root is not the underlying's", ["option_symbol", "underlying_symbol"])
        case "non_contract_unit": ("quantity_unit means no contracts", ["quantity_unit"])
        case "pending": ("trade_status is PENDING", ["trade_status"])
        case "excluded_status": ("trade_status does not count as an execution", ["trade_status"])
        case "synthetic": ("is_synthetic is true", ["is_synthetic"])
        case "missing_upstream": ("a full run did not find the trade, and none has since", [])
        case "missing_contract_key": ("option_symbol and instrument are null", ["option_symbol", "instrument"])
        default:
            flag.hasPrefix("missing_")
                ? ("\(flag.dropFirst(8)) is null", [String(flag.dropFirst(8))]) : ("", [])
        }
    }
}
