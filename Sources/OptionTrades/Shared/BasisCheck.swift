import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

extension Worksheet {
    /// Checks whether a stamp, benchmark or mark was made from the current row, and lists the fields that differ. A
    /// stale one counts as absent.
    ///
    /// - Returns: whether it was made from the row in its present form.
    mutating func isCurrent(
        _ basis: Basis, of execution: ExplainedExecution, target: Instant? = nil, _ event: DecodedEvent, _ name: String
    ) -> Bool {
        let current = Basis(of: execution.row, target: target)
        if basis == current { return true }
        let pairs: [(field: String, made: Shown, now: Shown)] = [
            ("trade_date", Shown(basis.tradeDate), Shown(current.tradeDate)),
            ("underlying_symbol", Shown(basis.underlyingSymbol), Shown(current.underlyingSymbol)),
            ("contract_key", Shown(basis.contractKey), Shown(current.contractKey)),
            ("option_type", Shown(basis.optionType?.rawValue), Shown(current.optionType?.rawValue)),
            ("strike", Shown(basis.strike), Shown(current.strike)),
            ("expiry", Shown(basis.expiry), Shown(current.expiry)),
            ("target", Shown(basis.target), Shown(current.target)),
        ]
        for (field, made, now) in pairs where made != now {
            input("basis.\(field)", made, event)
            step("the \(name) is of another \(field)", "\(made.text) ≠ \(now.text)", Shown(false))
        }
        note("the \(name) of event \(event.record.position) was made from another row or target than today's: it counts as absent")
        return false
    }
}

extension ExplainedRow {
    /// The execution that the row names in `inputs`.
    func execution(of view: String) throws(ExplanationError) -> ExplainedExecution {
        let position = RowMembers(root: published.root).input("execution")
        guard let found = position.flatMap({ event(at: $0) }).flatMap({ ExplainedExecution($0) }) else {
            throw .missingEvent(view: view, position: position, expected: "execution")
        }
        return found
    }

    /// Another event that the row names in `inputs`. Nil if the row names no such event.
    func input(_ name: String, of view: String) throws(ExplanationError) -> DecodedEvent? {
        guard let position = RowMembers(root: published.root).input(name) else { return nil }
        guard let found = event(at: position) else {
            throw .missingEvent(view: view, position: position, expected: name)
        }
        return found
    }
}

extension Worksheet {
    /// The column `inputs` of views that name one position for each input.
    mutating func namedInputs(_ positions: KeyValuePairs<String, Int64?>) {
        for (name, position) in positions {
            input("inputs.\(name)", Shown(position), position.flatMap { row.event(at: $0) })
        }
        let node = positions.map { ($0.key, $0.value.map(JSONNode.integer) ?? JSONNode.null) }
        step("the position of each input's event", "inputs", Shown(.object(node)))
    }
}
