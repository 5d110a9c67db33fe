import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `assertions` from the statement, the withdrawal and the executions that count.
struct AssertionsExplainer: ViewExplainer {
    let rules: AssertionsRules

    static func needs(_ row: RowMembers) -> ExplanationNeeds { .positions(row.eventPositions) }

    /// What the row's events say.
    private struct Reading {
        let stated: AssertionStatedPayload
        let event: DecodedEvent
        let withdrawal: (payload: AssertionWithdrawnPayload, event: DecodedEvent)?
        /// In the order of executions.
        let counted: [ExplainedExecution]
    }

    private func read(_ row: ExplainedRow) throws(ExplanationError) -> Reading {
        let id = row.published.root["assertion_id"]?.string ?? ""
        var stated: (payload: AssertionStatedPayload, event: DecodedEvent)?
        var withdrawal: (payload: AssertionWithdrawnPayload, event: DecodedEvent)?
        for event in row.events {
            if let payload = event.payload(as: AssertionStatedPayload.self), payload.assertionID.isBytewiseEqual(to: id) {
                stated = (payload, event)
            } else if let payload = event.payload(as: AssertionWithdrawnPayload.self), payload.assertionID.isBytewiseEqual(to: id) {
                withdrawal = (payload, event)
            }
        }
        guard let stated else {
            throw .missingEvent(view: AssertionsProjection.name, position: nil, expected: "statement")
        }
        let counted = row.events.compactMap { ExplainedExecution($0) }.filter { execution in
            execution.row.isExecution(rules.trades) && execution.row.tradeDate <= stated.payload.asOf
                && HoldingKey(of: execution.row) == stated.payload.holding
        }
        return Reading(
            stated: stated.payload, event: stated.event, withdrawal: withdrawal,
            counted: counted.sorted { ExecutionOrder.precedes($0.row, $1.row) })
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let reading = try read(sheet.row)
        let (stated, event) = (reading.stated, reading.event)
        switch field {
        case "as_of": sheet.copy(field, Shown(stated.asOf), event)
        case "assertion_id": sheet.copy(field, Shown(stated.assertionID), event)
        case "contract_key": sheet.copy(field, Shown(stated.holding.contractKey), event)
        case "kind": sheet.copy(field, Shown(stated.kind.rawValue), event)
        case "reason": sheet.copy(field, Shown(stated.reason), event)
        case "source": sheet.copy(field, Shown(stated.holding.source), event)
        case "source_portfolio": sheet.copy(field, Shown(stated.holding.sourcePortfolio), event)
        case "stated_by": sheet.copy(field, Shown(stated.statedBy), event)
        case "stated_value": sheet.copy("value", Shown(stated.value), event)
        case "stated_at":
            sheet.input("recorded_at", Shown(event.record.recordedAt), event)
            sheet.step("when the statement was recorded", "recorded_at", Shown(event.record.recordedAt))
        case "holding_id": holdingID(reading, &sheet)
        case "event_positions": sheet.positions(sheet.row.events.map(\.record.position))
        case "checked_position":
            guard let last = sheet.row.events.last else { return }
            sheet.input(field, Shown(last.record.position), last)
            sheet.step("the latest event of the holding", field, Shown(last.record.position))
        case "execution_count", "trade_ids": executions(field, reading, &sheet)
        case "withdrawal_reason", "withdrawn_at", "withdrawn_by": withdrawal(field, reading, &sheet)
        case "tolerance": _ = tolerance(stated, event, &sheet)
        default: check(field, reading, &sheet)
        }
    }

    private func holdingID(_ reading: Reading, _ sheet: inout Worksheet) {
        let holding = reading.stated.holding
        sheet.input("source", Shown(holding.source), reading.event)
        sheet.input("source_portfolio", Shown(holding.sourcePortfolio), reading.event)
        sheet.input("contract_key", Shown(holding.contractKey), reading.event)
        let texts = [holding.source, holding.sourcePortfolio, holding.contractKey].map(JSONNode.string)
        let bytes = JSONNode.array(texts).canonicalBytes()
        sheet.step("the three fields as canonical JSON", "source, portfolio, contract", Shown(String(decoding: bytes, as: UTF8.self)))
        sheet.step("hold_ and the first 32 digits of its SHA-256", "SHA-256", Shown("hold_\(Digest32(sha256Of: bytes).firstHalf)"))
    }

    private func executions(_ field: String, _ reading: Reading, _ sheet: inout Worksheet) {
        sheet.input("as_of", Shown(reading.stated.asOf), reading.event)
        for execution in reading.counted { sheet.inputs(execution, "trade_date", prefix: execution.row.sourceTradeID) }
        let ids = reading.counted.map(\.row.sourceTradeID)
        sheet.step(
            "executions of the holding up to as_of, in order", field,
            field == "trade_ids" ? Shown(ids) : Shown(Int64(ids.count)))
    }

    private func withdrawal(_ field: String, _ reading: Reading, _ sheet: inout Worksheet) {
        guard let (payload, event) = reading.withdrawal else {
            return sheet.null(field, because: "the assertion was not withdrawn")
        }
        switch field {
        case "withdrawal_reason": sheet.copy("reason", Shown(payload.reason), event)
        case "withdrawn_by": sheet.copy(field, Shown(payload.withdrawnBy), event)
        default:
            sheet.input("recorded_at", Shown(event.record.recordedAt), event)
            sheet.step("when the withdrawal was recorded", "recorded_at", Shown(event.record.recordedAt))
        }
    }

    private func tolerance(
        _ stated: AssertionStatedPayload, _ event: DecodedEvent, _ sheet: inout Worksheet
    ) -> FixedDecimal {
        if let own = stated.tolerance {
            sheet.copy("tolerance", Shown(own), event)
            return own
        }
        sheet.rule(rules.file, "tolerance", stated.kind.rawValue)
        let standard = rules.tolerance(of: stated.kind)
        sheet.step("none is stated, so that of the rules", "tolerance", Shown(standard))
        return standard
    }

    // MARK: - The check

    private func check(_ field: String, _ reading: Reading, _ sheet: inout Worksheet) {
        let stated = reading.stated
        let (sum, missing) = value(reading, &sheet)
        if field == "missing_fields" {
            return sheet.step("the fields that an execution lacks", field, Shown(missing))
        }
        let known = missing.isEmpty ? sum : nil
        if let known {
            sheet.step("the sum over \(reading.counted.count) executions, exact", "Σ", Shown(exact: known))
            sheet.round("ledger_value", known)
        } else {
            sheet.null("ledger_value", missing: missing)
        }
        if field == "ledger_value" { return }
        sheet.input("value", Shown(stated.value), reading.event)
        let apart = known.flatMap { $0.rounded() }.map { $0.exact - stated.value.exact }
        if let apart {
            sheet.step("the ledger's value less the stated one", "ledger_value − value", Shown(apart.rounded()))
        } else {
            sheet.null("difference", because: "the ledger's value is not known")
        }
        if field == "difference" { return }
        let allowed = tolerance(stated, reading.event, &sheet)
        let state: CheckedAssertion.State
        if let (payload, event) = reading.withdrawal {
            sheet.input("withdrawn_by", Shown(payload.withdrawnBy), event)
            state = .withdrawn
        } else if let apart {
            state = apart.magnitude > allowed.exact ? .broken : .holds
        } else {
            state = .indeterminate
        }
        sheet.step("withdrawn, else whether the difference is within the tolerance", "|difference| ≤ \(allowed)", Shown(state.rawValue))
    }

    /// The exact sum of what is known, and the fields that are missing, sorted bytewise.
    private func value(_ reading: Reading, _ sheet: inout Worksheet) -> (sum: ExactNumber, missing: [String]) {
        let kind = reading.stated.kind
        sheet.input("kind", Shown(kind.rawValue), reading.event)
        var sum = ExactNumber.zero
        var missing: Set<ByteKey> = []
        for execution in reading.counted {
            let (id, row) = (execution.row.sourceTradeID, execution.row)
            sheet.inputs(execution, "direction", prefix: id)
            var amount: ExactNumber?
            if kind == .quantity {
                sheet.inputs(execution, "quantity", "quantity_unit", prefix: id)
                sheet.rule(rules.trades.file, "premium", "quantity_units")
                let isContracts = row.quantityUnit.map { rules.trades.contractUnits.contains($0) } ?? true
                if !isContracts { missing.insert("quantity_unit") }
                if row.quantity == nil { missing.insert("quantity") }
                amount = isContracts ? row.quantity?.exact : nil
            } else {
                amount = sheet.premium(of: execution, rules.trades, prefix: id).exact?.rounded()?.exact
                if amount == nil { missing.insert("entry_premium_usd") }
            }
            // A purchase adds contracts and costs money.
            var part = amount.flatMap { amount in row.direction.map { ($0 == .buy) == (kind == .quantity) ? amount : -amount } }
            if row.direction == nil { missing.insert("direction") }
            if kind == .cash {
                sheet.inputs(execution, "fees_usd", prefix: id)
                if row.feesUSD == nil { missing.insert("fees_usd") }
                part = part.flatMap { part in row.feesUSD.map { part - $0.exact } }
            }
            if let part {
                sum += part
                sheet.step(id, kind.rawValue, Shown(exact: part))
            }
        }
        return (sum, missing.sorted().map(\.text))
    }
}
