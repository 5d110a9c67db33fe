import LedgerEvents
package import LedgerJSON
import LedgerValues

extension Dispatcher {
    /// Why a reconciliation could not be made.
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
                let isRecorded = book.account?.accountDigest == found.facts.accountDigest && book.account?.ledgerID == ledgerID
                if !isRecorded { try await append([accountEvent(found, book.account == nil ? "first_use" : "orders_compared")]) }
                account = found
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
        let node = JSONNode.object([
            ("source", .string(source)), ("orders_compared", .bool(withOrders)), ("problems", .array(problems.map(JSONNode.string))),
            ("positions", .array(rows.map(\.node))), ("differences", .integer(Int64(differences))),
        ])
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

        var node: JSONNode {
            let state = difference.isZero ? "agrees" : difference == explained ? "explained" : "differs"
            let members: [(String, JSONNode)] = [
                ("symbol", JSONNode.string(symbol)), ("broker_quantity", JSONNode.decimal(broker)),
                ("ledger_quantity", JSONNode.decimal(ledger)), ("difference", JSONNode.decimal(difference)),
                ("explained_quantity", JSONNode.decimal(explained)), ("state", JSONNode.string(state)),
            ]
            return .object(members)
        }
    }

    /// Records the positions if they changed, and compares each symbol.
    private func observePositions() async throws(StepError) -> [Row] {
        var positions = try await ask { () async throws(BrokerFailure) in try await self.broker.positions() }
        let ledger = book.netQuantities()
        // A position that is gone is named with the quantity zero: a fold can't know what an event leaves out.
        let held = Set(positions.map { ByteKey($0.symbol) })
        let known = Set(ledger.keys).union(book.positions?.positions.map { ByteKey($0.symbol) } ?? [])
        for symbol in known.subtracting(held).sorted() {
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
        return positions.map { position in
            let key = ByteKey(position.symbol)
            return Row(
                symbol: position.symbol, broker: position.quantity, ledger: ledger[key] ?? .zero, explained: explained[key] ?? .zero)
        }.filter { !$0.broker.isZero || !$0.ledger.isZero || !$0.explained.isZero }
    }
}

extension SourceBook {
    /// What the source's executions leave, signed, by symbol.
    func netQuantities() -> [ByteKey: FixedDecimal] {
        executions.values.reduce(into: [:]) { net, execution in
            guard let symbol = execution.row.optionSymbol ?? execution.row.underlyingSymbol else { return }
            let quantity = execution.row.tradeStatus == .busted ? .zero : execution.row.quantity ?? .zero
            net[ByteKey(symbol), default: .zero] += execution.row.direction == .sell ? -quantity : quantity
        }
    }

    /// What activities that count changed, signed, by symbol.
    func explainedQuantities() -> [ByteKey: FixedDecimal] {
        activities.values.reduce(into: [:]) { sums, activity in
            guard activity.status != "canceled" else { return }
            sums[ByteKey(activity.symbol), default: .zero] += activity.quantity ?? .zero
        }
    }
}
