import LedgerEvents
package import LedgerJSON
import LedgerValues

extension Dispatcher {
    /// Why a reconciliation or a what-if could not be made.
    package struct ReconcileError: Error, CustomStringConvertible {
        package let description: String
    }

    /// Records the broker's positions and activities, and compares them with the ledger; with `orders` all orders too, after
    /// which the account and the ledger are recorded as belonging together.
    ///
    /// - Returns: the document, and the number of differences that nothing explains
    package func reconcile(orders: Bool) async throws(ReconcileError) -> (node: JSONNode, differences: Int) {
        do throws(StepError) {
            return try await compare(orders)
        } catch {
            switch error {
            case .log(let problem): throw ReconcileError(description: "\(problem)")
            case .broker(let failure): throw ReconcileError(description: failure.message)
            }
        }
    }

    private func compare(_ withOrders: Bool) async throws(StepError) -> (node: JSONNode, differences: Int) {
        try await read { () async throws(DispatchLogError) in try await self.refresh() }
        let found = try await ask { () async throws(BrokerFailure) in try await self.broker.account() }
        var problems: [String] = []
        if withOrders {
            problems = try await compareOrders(since: nil)
            problems += try await missingOrders()
            if problems.isEmpty {
                account = found
                if !isAccountRight {
                    let reason: String = book.account == nil ? "first_use" : "orders_compared"
                    let recorded: NewEvent = accountEvent(found, reason)
                    try await append([recorded])
                }
                if let halt = book.halt, ["account_changed", "ledger_restored"].contains(halt.reason) {
                    let resumed = DispatchResumedPayload(source: source, requestedBy: "reconcile", reason: "orders_compared")
                    try await append([resumed.event(previousVersion: book.haltVersion)])
                }
            }
        }
        let activities = try await ask { () async throws(BrokerFailure) in try await self.broker.activities(after: nil) }
        for var activity in activities {
            activity.source = source
            if book.activities[ByteKey("\(activity.activityID)|\(activity.activityType)|\(activity.symbol)")] != activity {
                try await append([activity.event()])
            }
        }
        let rows = try await observePositions()
        let differences = rows.filter { $0.difference != $0.explained }.count + problems.count
        let told: [JSONNode] = problems.map { JSONNode.string($0) }
        let shown: [JSONNode] = rows.map { $0.node }
        var members: [(String, JSONNode)] = [("source", JSONNode.string(source)), ("orders_compared", JSONNode.bool(withOrders))]
        members.append(("problems", JSONNode.array(told)))
        members.append(("positions", JSONNode.array(shown)))
        members.append(("differences", JSONNode.integer(Int64(differences))))
        let node = JSONNode.object(members)
        return (node, differences)
    }

    /// Orders that the ledger has as acknowledged and the broker does not know.
    private func missingOrders() async throws(StepError) -> [String] {
        var problems: [String] = []
        for state in book.states {
            guard let acknowledgement = state.acknowledgement else { continue }
            let id = acknowledgement.clientOrderID
            let order = try await ask { () async throws(BrokerFailure) in try await self.broker.order(clientOrderID: id) }
            if order == nil {
                problems.append("missing_order: the broker does not know \(id)")
            }
        }
        return problems
    }

    private struct Row {
        let symbol: String
        let broker: FixedDecimal
        let ledger: FixedDecimal
        let explained: FixedDecimal
        var difference: FixedDecimal { broker - ledger }

        private static func decimal(_ value: FixedDecimal) -> JSONNode { .decimal(value) }

        var node: JSONNode {
            let state = difference.isZero ? "agrees" : difference == explained ? "explained" : "differs"
            var members: [(String, JSONNode)] = [("symbol", JSONNode.string(symbol)), ("state", JSONNode.string(state))]
            for (name, value) in [("broker_quantity", broker), ("ledger_quantity", ledger), ("difference", difference)] {
                members.append((name, Self.decimal(value)))
            }
            members.append(("explained_quantity", Self.decimal(explained)))
            return JSONNode.object(members)
        }
    }

    /// Records the positions if they changed, and compares each symbol.
    private func observePositions() async throws(StepError) -> [Row] {
        var positions = try await ask { () async throws(BrokerFailure) in try await self.broker.positions() }
        let ledger = book.netQuantities()
        // A position that is gone is named with the quantity zero: a fold can't know what an event leaves out.
        var known: Set<ByteKey> = []
        for symbol in ledger.keys { known.insert(symbol) }
        if let last = book.positions { for position in last.positions { known.insert(ByteKey(position.symbol)) } }
        for position in positions { known.remove(ByteKey(position.symbol)) }
        for symbol in known.sorted() {
            var gone = BrokerPosition()
            gone.symbol = symbol.text
            positions.append(gone)
        }
        positions.sort { $0.symbol.isBytewiseLess(than: $1.symbol) }
        if book.positions?.positions != positions {
            var observed = BrokerPositionsObservedPayload()
            (observed.source, observed.now, observed.positions) = (source, try await now(), positions)
            try await append([observed.event(previousVersion: book.positionsVersion)])
        }
        let explained = book.explainedQuantities()
        var rows: [Row] = []
        for position in positions {
            let key = ByteKey(position.symbol)
            let held: FixedDecimal = ledger[key] ?? .zero
            let changed: FixedDecimal = explained[key] ?? .zero
            if position.quantity.isZero, held.isZero, changed.isZero { continue }
            rows.append(Row(symbol: position.symbol, broker: position.quantity, ledger: held, explained: changed))
        }
        return rows
    }
}

extension SourceBook {
    /// What the source's executions leave, signed, by symbol.
    func netQuantities() -> [ByteKey: FixedDecimal] {
        var net: [ByteKey: FixedDecimal] = [:]
        for execution in executions.values {
            let row = execution.row
            guard let symbol = row.optionSymbol ?? row.underlyingSymbol, row.tradeStatus != .busted, let quantity = row.quantity else {
                continue
            }
            let before: FixedDecimal = net[ByteKey(symbol)] ?? .zero
            net[ByteKey(symbol)] = row.direction == .sell ? before - quantity : before + quantity
        }
        return net
    }

    /// What activities that count changed, signed, by symbol.
    func explainedQuantities() -> [ByteKey: FixedDecimal] {
        var sums: [ByteKey: FixedDecimal] = [:]
        for activity in activities.values {
            guard activity.status != "canceled", let quantity = activity.quantity else { continue }
            let before: FixedDecimal = sums[ByteKey(activity.symbol)] ?? .zero
            sums[ByteKey(activity.symbol)] = before + quantity
        }
        return sums
    }
}
