import LedgerJSON
import LedgerValues

/// Orders: taken, filled bit by bit, cancelled and expired.
extension SampleBroker.State {
    mutating func submit(_ body: [UInt8], _ now: Instant) -> SampleBrokerCall {
        posts += 1
        guard let root = (try? JSONDocument(parsing: body))?.root, let symbol = root["symbol"]?.string, let side = root["side"]?.string,
            let type = root["type"]?.string, let quantity = root["qty"]?.integer ?? root["qty"]?.string.flatMap({ Int64($0) }),
            1...1_000_000 ~= quantity
        else { return Self.problem(422, 42_210_000, "invalid order") }
        let client = root["client_order_id"]?.string ?? "sample-client-\(orders.count + 1)"
        guard 1...128 ~= client.utf8.count else {
            return Self.problem(422, 40_010_001, "client_order_id must be no more than 128 characters")
        }
        if let problem = problem(of: root, symbol, type) { return Self.problem(422, 42_210_000, problem) }
        if let refusal { return Self.problem(403, 40_310_000, refusal) }
        if refusesDuplicates, orders.contains(where: { $0.clientOrderID == client }) {
            return Self.problem(422, 40_010_001, "client_order_id must be unique")
        }
        if side == "sell", held[symbol] ?? 0 < Int(quantity) {
            return Self.problem(
                403, 40_310_000, "insufficient qty available for order (requested: \(quantity), available: \(held[symbol] ?? 0))")
        }
        let ticker = OptionSymbol(symbol)?.root ?? symbol
        // An id of another process's broker is never given again to another order.
        let number = orders.contains { $0.clientOrderID == client } ? "-\(orders.count + 1)" : ""
        let order = SampleBroker.Order(
            id: "sample-\(client)\(number)", clientOrderID: client, body: .null, symbol: symbol, side: side, type: type,
            quantity: Int(quantity), limit: root["limit_price"].flatMap { $0.decimal ?? $0.string.flatMap { try? FixedDecimal($0) } },
            status: "accepted", submittedAt: now, updatedAt: now,
            fate: fates[ticker] ?? .fills, hiddenUntil: now.advanced(byMicroseconds: hiddenMicroseconds) ?? now)
        orders.append(order)
        return ok(node(order))
    }

    /// What is wrong with a body; nil if nothing is.
    private func problem(of root: JSONValue, _ symbol: String, _ type: String) -> String? {
        guard ["limit", "market"].contains(type) else { return "invalid order type" }
        if type == "limit", root["limit_price"].map({ $0.isNull }) ?? true { return "limit orders require a limit price" }
        guard OptionSymbol(symbol) != nil else {
            return SampleUnderlying.all.contains { $0.ticker == symbol } ? nil : "asset \"\(symbol)\" is not tradable"
        }
        guard Self.option(symbol) != nil else { return "invalid symbol" }
        if root["time_in_force"]?.string != "day" { return "options orders are only allowed with time_in_force day" }
        if root["notional"].map({ !$0.isNull }) ?? false { return "options orders do not support notional" }
        if root["extended_hours"]?.bool == true { return "options orders are not allowed in extended hours" }
        return type == "market" && !isOpen ? "options market orders are only allowed during market hours" : nil
    }

    mutating func cancel(_ index: Int) -> SampleBrokerCall {
        guard orders[index].isWorking else { return Self.problem(422, 42_210_000, "order is not cancelable") }
        orders[index].cancelRequested = true
        return SampleBrokerCall(status: 204, node: nil)
    }

    /// Asks for the cancellation of each open order: a 207 that says of each what became of the request.
    mutating func cancelAll() -> SampleBrokerCall {
        var rows: [JSONNode] = []
        for index in orders.indices where orders[index].isWorking {
            let answer = cancel(index)
            rows.append(.object([("id", .string(orders[index].id)), ("status", .integer(Int64(answer.status)))]))
        }
        return SampleBrokerCall(status: 207, node: .array(rows))
    }

    /// Lets open orders expire, whatever they were filled.
    mutating func expire(_ now: Instant) {
        for index in orders.indices where orders[index].isWorking {
            orders[index].status = "expired"
            (orders[index].updatedAt, orders[index].expiredAt) = (now, now)
        }
    }

    /// Counts a call. Returns whether it is one too many of its minute.
    mutating func countCall(_ now: Instant) -> Bool {
        let number = now.microseconds / 60_000_000
        minute = (number, minute.number == number ? minute.calls + 1 : 1)
        return callsPerMinute.map { minute.calls > $0 } ?? false
    }

    /// What has happened to the orders by now: an order moves a second after its submission at the earliest.
    mutating func settle(_ now: Instant) {
        for index in orders.indices where now.microseconds - orders[index].submittedAt.microseconds >= 1_000_000 {
            settle(index, now)
        }
    }

    private mutating func settle(_ index: Int, _ now: Instant) {
        guard orders[index].isWorking else { return }
        switch orders[index].fate {
        case .fills: fill(index, orders[index].quantity, now)
        case .fillsInPart where orders[index].filled == 0: fill(index, (orders[index].quantity + 2) / 3, now)
        case .isRejected:
            orders[index].status = "rejected"
            orders[index].updatedAt = now
        case .isReplaced:
            var next = orders[index]
            next.id = "\(orders[index].id)-b"
            next.clientOrderID = "\(orders[index].clientOrderID)-b"
            next.replaces = orders[index].id
            (next.fate, next.submittedAt, next.updatedAt) = (.fills, now, now)
            orders[index].replacedBy = next.id
            orders[index].status = "replaced"
            orders[index].updatedAt = now
            orders.append(next)
        case .fillsLate where orders[index].cancelRequested: fill(index, orders[index].quantity, now)
        case .rests, .fillsInPart, .fillsLate:
            guard orders[index].cancelRequested else { return }
            orders[index].status = "canceled"
            (orders[index].updatedAt, orders[index].canceledAt) = (now, now)
        }
    }

    private mutating func fill(_ index: Int, _ quantity: Int, _ now: Instant) {
        let order = orders[index]
        let more = quantity - order.filled
        orders[index].filled = quantity
        orders[index].price = Self.option(order.symbol).map { order.side == "buy" ? $0.ask : $0.bid } ?? order.limit
        orders[index].status = quantity == order.quantity ? "filled" : "partially_filled"
        (orders[index].updatedAt, orders[index].filledAt) = (now, now)
        let digits = now.description.unicodeScalars.filter { $0 >= "0" && $0 <= "9" }
        let stamp = (String(String.UnicodeScalarView(digits)) + "000").prefix(17)
        fills.append(
            SampleBroker.Fill(
                id: "\(stamp)::sample-fill-\(fills.count + 1)", orderID: order.id, symbol: order.symbol, side: order.side, quantity: more,
                total: quantity, of: order.quantity, price: orders[index].price, at: now))
    }

    func node(_ order: SampleBroker.Order) -> JSONNode {
        func time(_ instant: Instant?) -> JSONNode { instant.map { .string($0.description) } ?? .null }
        func decimal(_ decimal: FixedDecimal?) -> JSONNode { decimal.map { .string($0.description) } ?? .null }
        return .object([
            ("id", .string(order.id)), ("client_order_id", .string(order.clientOrderID)), ("created_at", time(order.submittedAt)),
            ("updated_at", time(order.updatedAt)), ("submitted_at", time(order.submittedAt)), ("filled_at", time(order.filledAt)),
            ("canceled_at", time(order.canceledAt)), ("expired_at", time(order.expiredAt)),
            ("replaced_by", order.replacedBy.map { .string($0) } ?? .null),
            ("replaces", order.replaces.map { .string($0) } ?? .null), ("symbol", .string(order.symbol)),
            ("asset_class", .string(OptionSymbol(order.symbol) == nil ? "us_equity" : "us_option")),
            ("qty", .string("\(order.quantity)")), ("filled_qty", .string("\(order.filled)")), ("filled_avg_price", decimal(order.price)),
            ("order_class", .string("")), ("type", .string(order.type)), ("side", .string(order.side)), ("time_in_force", .string("day")),
            ("limit_price", decimal(order.limit)), ("status", .string(order.status)),
        ])
    }
}
