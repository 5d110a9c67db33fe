import LedgerJSON
import LedgerProjections
import LedgerValues

// MARK: - The row

extension CheckedAssertion {
    /// Writes the row: the columns of `assertions/columns.json` in event encoding.
    func write(holding: AssertedHolding, holdingID: String, to out: inout JSONWriter) {
        let stated = assertion.stated
        let withdrawal = assertion.withdrawal
        out.beginObject()
        out.key("as_of"); out.instant(stated.asOf)
        out.key("assertion_id"); out.string(stated.assertionID)
        out.key("checked_position"); out.integer(holding.checkedPosition)
        out.key("contract_key"); out.string(holding.key.contractKey)
        out.key("difference"); out.decimalString(difference)
        out.key("event_positions")
        out.beginArray()
        for position in eventPositions(holding) { out.integer(position) }
        out.endArray()
        out.key("execution_count"); out.integer(tradeIDs.count)
        out.key("holding_id"); out.string(holdingID)
        out.key("kind"); out.string(stated.kind.rawValue)
        out.key("ledger_value"); out.decimalString(ledgerValue)
        out.key("missing_fields"); out.strings(missingFields)
        out.key("reason"); out.string(stated.reason)
        out.key("source"); out.string(holding.key.source)
        out.key("source_portfolio"); out.string(holding.key.sourcePortfolio)
        out.key("state"); out.string(state.rawValue)
        out.key("stated_at"); out.instant(assertion.statedAt)
        out.key("stated_by"); out.string(stated.statedBy)
        out.key("stated_value"); out.decimalString(stated.value)
        out.key("tolerance"); out.decimalString(tolerance)
        out.key("trade_ids"); out.strings(tradeIDs)
        out.key("withdrawal_reason"); out.string(withdrawal?.payload.reason)
        out.key("withdrawn_at"); out.instant(withdrawal?.withdrawnAt)
        out.key("withdrawn_by"); out.string(withdrawal?.payload.withdrawnBy)
        out.endObject()
    }

    /// The events that the row follows from, ascending: the executions, the statement, the withdrawal, and the latest event of
    /// the holding.
    private func eventPositions(_ holding: AssertedHolding) -> [Int64] {
        var positions = Set(executionPositions)
        positions.insert(assertion.position)
        positions.insert(holding.checkedPosition)
        if let withdrawal = assertion.withdrawal { positions.insert(withdrawal.position) }
        return positions.sorted()
    }
}

// MARK: - The facts

extension AssertedHolding {
    /// Writes the trades, the assertions and the position of the latest event.
    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("assertions")
        out.beginArray()
        for assertion in assertions { assertion.write(to: &out) }
        out.endArray()
        out.key("checked_position"); out.integer(checkedPosition)
        out.key("group"); group.write(to: &out)
        out.endObject()
    }

    /// Reads a document that ``write(to:)`` wrote.
    init(document: [UInt8]) throws {
        let root = try JSONDocument(parsing: document).root
        guard let list = root["assertions"], list.kind == .array, let position = root["checked_position"]?.integer,
            let facts = root["group"]
        else { throw RowProblem(description: "the stored facts of a holding lack a key") }
        let group = try LifecycleGroup(facts: facts)
        guard let portfolio = group.key.sourcePortfolio, let contract = group.key.contractKey else {
            throw RowProblem(description: "the stored facts of a holding have no portfolio or no contract")
        }
        self.init(
            key: HoldingKey(source: group.key.source, sourcePortfolio: portfolio, contractKey: contract), group: group,
            assertions: try list.elements.map { try StatedAssertion(facts: $0) }, checkedPosition: position)
    }
}

extension StatedAssertion {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("position"); out.integer(position)
        out.key("stated"); out.raw(stated.encode())
        out.key("stated_at"); out.instant(statedAt)
        out.key("withdrawal")
        if let withdrawal {
            out.beginObject()
            out.key("position"); out.integer(withdrawal.position)
            out.key("withdrawn"); out.raw(withdrawal.payload.encode())
            out.key("withdrawn_at"); out.instant(withdrawal.withdrawnAt)
            out.endObject()
        } else {
            out.null()
        }
        out.endObject()
    }

    fileprivate init(facts: JSONValue) throws {
        guard let position = facts["position"]?.integer, let stated = facts["stated"],
            let statedAt = facts["stated_at"]?.string.flatMap({ Instant($0) }), let withdrawal = facts["withdrawal"]
        else { throw RowProblem(description: "a stored assertion lacks a key") }
        self.init(
            try FieldCoder.object(stated, "/stated"), position: position, statedAt: statedAt,
            withdrawal: withdrawal.isNull ? nil : try Withdrawal(facts: withdrawal))
    }
}

extension StatedAssertion.Withdrawal {
    fileprivate init(facts: JSONValue) throws {
        guard let position = facts["position"]?.integer, let withdrawn = facts["withdrawn"],
            let withdrawnAt = facts["withdrawn_at"]?.string.flatMap({ Instant($0) })
        else { throw RowProblem(description: "a stored withdrawal of an assertion lacks a key") }
        self.init(payload: try FieldCoder.object(withdrawn, "/withdrawn"), position: position, withdrawnAt: withdrawnAt)
    }
}
