import Curl
import LedgerEvents
import LedgerJSON
package import LedgerValues
package import OptionTrades

extension AlpacaClient: BrokerAPI {
    package func clock() async throws(BrokerFailure) -> BrokerClock {
        guard let (response, root) = try await question(settings.tradingURL, "/v2/clock"), let isOpen = root["is_open"]?.bool else {
            throw BrokerFailure(.malformed, "/v2/clock: the answer does not say whether the market is open")
        }
        return BrokerClock(isOpen: isOpen, date: Wire.httpDate(response.header("Date")))
    }

    package func account() async throws(BrokerFailure) -> BrokerAccount {
        let root = try await answer(settings.tradingURL, "/v2/account")
        guard let id = Wire.text(root["id"]), let status = Wire.text(root["status"]) else {
            throw BrokerFailure(.malformed, "/v2/account: the answer lacks id or status")
        }
        var facts = AccountFacts()
        facts.accountDigest = Digest32(sha256Of: id)
        facts.lastFour = String((Wire.text(root["account_number"]) ?? id).suffix(4))
        facts.status = status
        facts.currency = Wire.text(root["currency"])
        facts.equity = Wire.decimal(root["equity"])
        facts.buyingPower = Wire.decimal(root["buying_power"])
        facts.optionsBuyingPower = Wire.decimal(root["options_buying_power"])
        facts.optionsLevel = Wire.integer(root["options_trading_level"]) ?? Wire.integer(root["options_approved_level"])
        facts.accountBlocked = root["account_blocked"]?.bool
        facts.tradingBlocked = root["trading_blocked"]?.bool
        facts.tradeSuspendedByUser = root["trade_suspended_by_user"]?.bool
        return BrokerAccount(id: id, facts: facts)
    }

    // MARK: - Orders

    package func submit(_ body: OrderBody, timeoutSeconds: Double) async -> SubmitOutcome {
        do throws(TransportError) {
            let response = try await request(
                .post(Self.encoded(body)), settings.tradingURL, "/v2/orders", timeoutSeconds: timeoutSeconds)
            return outcome(response, body)
        } catch {
            return .unknown(status: nil, seen: "\(error.code): \(error.message)".asMessage)
        }
    }

    /// The body on the wire: numbers are strings.
    static func encoded(_ body: OrderBody) -> [UInt8] {
        var members: [(String, JSONNode)] = [
            ("symbol", .string(body.symbol)), ("qty", .string("\(body.quantity)")), ("side", .string(body.side)),
            ("type", .string(body.type)), ("time_in_force", .string(body.timeInForce)),
        ]
        if let limit = body.limitPrice { members.append(("limit_price", .string(limit.description))) }
        members += [("client_order_id", .string(body.clientOrderID)), ("position_intent", .string(body.positionIntent))]
        return JSONNode.object(members).httpBytes()
    }

    private func outcome(_ response: HTTPResponse, _ body: OrderBody) -> SubmitOutcome {
        let root = (try? JSONDocument(parsing: response.body))?.root
        switch response.status {
        case 200...299:
            guard let root, let order = BrokerOrder(root), order.clientOrderID.isBytewiseEqual(to: body.clientOrderID) else {
                return .unknown(status: response.status, seen: "the answer has no order with the client order id")
            }
            return .accepted(order)
        case 401: return .unauthorized
        case 429: return .rateLimited(seconds: Self.resetSeconds(response))
        case 403, 422:
            guard let code = root?["code"]?.integer else {
                return .unknown(status: response.status, seen: "the refusal has no code")
            }
            let message = root?["message"]?.string ?? ""
            if response.status == 422, message.lowercased().contains("client_order_id") { return .duplicate }
            return .refused(status: response.status, code: code, message: message.asMessage)
        default: return .unknown(status: response.status, seen: "the broker answered with \(response.status)")
        }
    }

    package func order(clientOrderID: String) async throws(BrokerFailure) -> BrokerOrder? {
        let found = try await question(
            settings.tradingURL, "/v2/orders:by_client_order_id", [("client_order_id", clientOrderID)])
        return try found.map { found throws(BrokerFailure) in try Self.order(found.root) }
    }

    package func order(id: String) async throws(BrokerFailure) -> BrokerOrder? {
        let found = try await question(settings.tradingURL, "/v2/orders/\(Self.escaped(id))")
        return try found.map { found throws(BrokerFailure) in try Self.order(found.root) }
    }

    private static func order(_ root: JSONValue) throws(BrokerFailure) -> BrokerOrder {
        guard let order = BrokerOrder(root) else { throw BrokerFailure(.malformed, "the answer is no order") }
        return order
    }

    package func orders(submittedAfter instant: Instant?) async throws(BrokerFailure) -> [BrokerOrder] {
        try await orders(status: "all", after: instant)
    }

    package func openOrders() async throws(BrokerFailure) -> [BrokerOrder] { try await orders(status: "open", after: nil) }

    /// Pages through a list by the time of submission. Orders of one time may span two pages, so a page begins a moment before
    /// the end of the last one.
    private func orders(status: String, after instant: Instant?) async throws(BrokerFailure) -> [BrokerOrder] {
        let limit = 500
        var found: [BrokerOrder] = []
        var seen: Set<String> = []
        var after = instant
        for _ in 0..<Self.maximumPages {
            var query = [("status", status), ("limit", "\(limit)"), ("direction", "asc"), ("nested", "false")]
            if let after { query.append(("after", after.description)) }
            let root = try await answer(settings.tradingURL, "/v2/orders", query)
            guard root.kind == .array else { throw BrokerFailure(.malformed, "/v2/orders: the answer is no list") }
            var fresh = 0
            var last: Instant?
            for element in root.elements {
                let order = try Self.order(element)
                if seen.insert(order.id).inserted {
                    found.append(order)
                    fresh += 1
                }
                last = order.submittedAt ?? last
            }
            guard root.count == limit, fresh > 0, let last else { return found }
            after = last.advanced(byMicroseconds: -1)
        }
        throw BrokerFailure(.malformed, "/v2/orders: the list does not end")
    }

    package func cancel(id: String) async throws(BrokerFailure) -> Bool {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await request(.delete, settings.tradingURL, "/v2/orders/\(Self.escaped(id))")
        } catch {
            throw BrokerFailure(.unreachable, error.message)
        }
        switch response.status {
        case 200...299: return true
        case 404, 422: return false
        default: throw failure(response, "/v2/orders")
        }
    }
}

extension BrokerOrder {
    /// Reads an order row; nil if it lacks its id, its client order id or its status.
    init?(_ root: JSONValue) {
        guard let id = Wire.text(root["id"]), let client = Wire.text(root["client_order_id"]), let status = Wire.text(root["status"])
        else { return nil }
        self.init()
        (self.id, clientOrderID, self.status) = (id, client, status)
        symbol = Wire.text(root["symbol"]) ?? ""
        side = Wire.text(root["side"]) ?? ""
        type = Wire.text(root["type"]) ?? Wire.text(root["order_type"]) ?? ""
        quantity = Wire.decimal(root["qty"])
        limitPrice = Wire.decimal(root["limit_price"])
        filledQuantity = Wire.decimal(root["filled_qty"]) ?? .zero
        // A price of zero before a fill is no price.
        filledAveragePrice = filledQuantity.isZero ? nil : Wire.decimal(root["filled_avg_price"])
        commission = Wire.decimal(root["commission"])
        (replaces, replacedBy) = (Wire.text(root["replaces"]), Wire.text(root["replaced_by"]))
        (submittedAt, updatedAt) = (Wire.instant(root["submitted_at"]), Wire.instant(root["updated_at"]))
        (filledAt, canceledAt) = (Wire.instant(root["filled_at"]), Wire.instant(root["canceled_at"]))
        (expiredAt, failedAt) = (Wire.instant(root["expired_at"]), Wire.instant(root["failed_at"]))
    }
}
