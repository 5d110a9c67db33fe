import LedgerJSON
import LedgerValues

extension SampleBroker.State {
    /// The answer to a call, and its effect.
    mutating func answer(
        _ method: String, _ path: String, _ query: [String: String], _ body: [UInt8], _ now: Instant
    ) -> SampleBrokerCall {
        settle(now)
        switch (method, path) {
        case ("GET", "/v2/clock"):
            return ok(.object([("timestamp", .string("\(now)")), ("is_open", .bool(isOpen))]))
        case ("GET", "/v2/calendar"): return ok(calendar(query, now))
        case ("GET", "/v2/account"): return ok(account())
        case ("GET", "/v2/positions"): return ok(positions())
        case ("GET", "/v2/account/activities"): return activities(query["activity_types"], query, now)
        case ("GET", "/v2/stocks/snapshots"): return ok(stocks(query, now))
        case ("GET", "/v2/stocks/quotes/latest"): return ok(.object([("quotes", stockQuotes(query, now))]))
        case ("GET", "/v2/options/contracts"): return contracts(query, now)
        case ("GET", "/v1beta1/options/snapshots"): return ok(snapshots(of: query["symbols"] ?? "", now))
        case ("GET", "/v2/orders:by_client_order_id"):
            let id = query["client_order_id"] ?? ""
            let found = orders.last { $0.clientOrderID == id && $0.replaces == nil && $0.hiddenUntil <= now }
            return found.map { ok(node($0)) } ?? Self.problem(404, 40_410_000, "order not found")
        case ("GET", "/v2/orders"): return list(query, now)
        case ("POST", "/v2/orders"): return submit(body, now)
        case ("DELETE", "/v2/orders"): return cancelAll()
        default: return other(method, path, query, now)
        }
    }

    private mutating func other(_ method: String, _ path: String, _ query: [String: String], _ now: Instant) -> SampleBrokerCall {
        let (chain, contract, order) = ("/v1beta1/options/snapshots/", "/v2/options/contracts/", "/v2/orders/")
        if method == "GET", path.hasPrefix(chain) { return snapshots(String(path.dropFirst(chain.count)), query, now) }
        if method == "GET", path.hasPrefix(contract), let option = Self.option(String(path.dropFirst(contract.count))) {
            return ok(option.contract(yesterday: now.date.advanced(byDays: -1) ?? now.date))
        }
        let activity = "/v2/account/activities/"
        if method == "GET", path.hasPrefix(activity) { return activities(String(path.dropFirst(activity.count)), query, now) }
        if path.hasPrefix(order), let index = orders.firstIndex(where: { $0.id == path.dropFirst(order.count) }) {
            if method == "GET" { return ok(node(orders[index])) }
            if method == "DELETE" { return cancel(index) }
        }
        return Self.problem(404, 40_410_000, "not found")
    }

    func ok(_ node: JSONNode) -> SampleBrokerCall { SampleBrokerCall(status: 200, node: node) }

    static func problem(_ status: Int, _ code: Int64, _ message: String) -> SampleBrokerCall {
        SampleBrokerCall(status: status, node: .object([("code", .integer(code)), ("message", .string(message))]))
    }

    // MARK: - Account

    private func account() -> JSONNode {
        .object([
            ("id", .string(accountID)), ("account_number", .string("SAMPLE0001")), ("status", .string("ACTIVE")),
            ("currency", .string("USD")),
            ("equity", .string("\(equity)")), ("buying_power", .string("\(equity)")), ("options_buying_power", .string("\(equity)")),
            ("options_trading_level", .integer(2)), ("account_blocked", .bool(false)), ("trading_blocked", .bool(false)),
            ("trade_suspended_by_user", .bool(false)),
        ])
    }

    private var held: [String: Int] {
        orders.reduce(into: [:]) { $0[$1.symbol, default: 0] += $1.side == "buy" ? $1.filled : -$1.filled }
    }

    private func positions() -> JSONNode {
        .array(
            held.filter { $0.value != 0 }.sorted { $0.key.isBytewiseLess(than: $1.key) }.map { symbol, quantity in
                .object([
                    ("symbol", .string(symbol)), ("asset_class", .string(OptionSymbol(symbol) == nil ? "us_equity" : "us_option")),
                    ("qty", .string("\(abs(quantity))")), ("side", .string(quantity > 0 ? "long" : "short")),
                    ("avg_entry_price", .null), ("market_value", .null), ("cost_basis", .null), ("current_price", .null),
                ])
            })
    }

    // MARK: - Market

    private static func asked(_ query: [String: String]) -> [SampleUnderlying] {
        let symbols = (query["symbols"] ?? "").split(separator: ",").map(String.init)
        return SampleUnderlying.all.filter { symbols.contains($0.ticker) }
    }

    private func quoted(_ now: Instant) -> JSONNode { .string("\(now.advanced(byMicroseconds: -1_000_000) ?? now)") }

    /// An underlying's quote, a cent on either side of spot.
    private func quote(_ underlying: SampleUnderlying, _ now: Instant) -> JSONNode {
        func cents(_ cents: Int) -> JSONNode { .decimal(FixedDecimal(units: Int128(cents) * (FixedDecimal.unitsPerOne / 100))) }
        return .object([
            ("t", quoted(now)), ("bp", cents(underlying.spot * 100 - 1)), ("bs", .integer(3)), ("ap", cents(underlying.spot * 100 + 1)),
            ("as", .integer(2)), ("c", .array([.string("R")])),
        ])
    }

    private func stockQuotes(_ query: [String: String], _ now: Instant) -> JSONNode {
        .object(Self.asked(query).map { ($0.ticker, quote($0, now)) })
    }

    private func stocks(_ query: [String: String], _ now: Instant) -> JSONNode {
        .object(
            Self.asked(query).map { underlying in
                let trade = JSONNode.object([("t", quoted(now)), ("p", .integer(Int64(underlying.spot)))])
                return (underlying.ticker, .object([("latestQuote", quote(underlying, now)), ("latestTrade", trade)]))
            })
    }

    private static func option(_ symbol: String) -> SampleOption? {
        guard let parsed = OptionSymbol(symbol), let underlying = SampleUnderlying.all.first(where: { $0.ticker == parsed.root }) else {
            return nil
        }
        return SampleOption(underlying: underlying, symbol: parsed)
    }

    /// The options of an underlying by symbol, which change with the date.
    private mutating func chain(of underlying: SampleUnderlying, on date: CalendarDate) -> [SampleOption] {
        if let known = chains[underlying.ticker], known.date == date { return known.options }
        let options = SampleOption.all(of: underlying, on: date, every: strikeStep).map { ($0.symbol.description, $0) }
            .sorted { $0.0.isBytewiseLess(than: $1.0) }.map(\.1)
        chains[underlying.ticker] = (date, options)
        return options
    }

    /// The options that a query lets through, by symbol.
    private mutating func options(
        _ tickers: [String], _ query: [String: String], _ now: Instant, last: CalendarDate = .maximum
    ) -> [SampleOption] {
        let day = query["expiration_date"].flatMap { CalendarDate($0) }
        let from = query["expiration_date_gte"].flatMap { CalendarDate($0) } ?? day ?? .minimum
        let through = query["expiration_date_lte"].flatMap { CalendarDate($0) } ?? day ?? last
        let low = query["strike_price_gte"].flatMap { try? FixedDecimal($0) }
        let high = query["strike_price_lte"].flatMap { try? FixedDecimal($0) }
        var all: [SampleOption] = []
        // A list by ticker is one by symbol: no ticker begins with another.
        for underlying in SampleUnderlying.all.sorted(by: { $0.ticker.isBytewiseLess(than: $1.ticker) })
        where tickers.contains(underlying.ticker) {
            all += chain(of: underlying, on: now.date)
        }
        return all.filter { option in
            let symbol = option.symbol
            return symbol.expiry >= from && symbol.expiry <= through && (day == nil || symbol.expiry == day)
                && low.map { symbol.strike >= $0 } ?? true
                && high.map { symbol.strike <= $0 } ?? true && query["type"].map { symbol.optionType.rawValue == $0 } ?? true
                && query["root_symbol"].map { symbol.root == $0 } ?? true
        }
    }

    /// A page of a list and the token of the next one.
    private func page(_ options: [SampleOption], _ query: [String: String]) -> (rows: ArraySlice<SampleOption>, next: JSONNode) {
        let start = min(options.count, query["page_token"].flatMap { Int($0) } ?? 0)
        let end = min(options.count, start + min(pageLimit, query["limit"].flatMap { Int($0) } ?? 100))
        return (options[start..<end], end < options.count ? .string("\(end)") : .null)
    }

    private mutating func contracts(_ query: [String: String], _ now: Instant) -> SampleBrokerCall {
        if query["status"] == "inactive" { return ok(.object([("option_contracts", .array([])), ("next_page_token", .null)])) }
        let tickers = (query["underlying_symbols"] ?? "").split(separator: ",").map(String.init)
        // Without a last date the list ends with the next weekend.
        let weekend = (0..<7).compactMap { now.date.advanced(byDays: $0) }.first { !SampleOption.isWeekday($0) } ?? now.date
        let (rows, next) = page(options(tickers, query, now, last: weekend), query)
        let yesterday = now.date.advanced(byDays: -1) ?? now.date
        return ok(.object([("option_contracts", .array(rows.map { $0.contract(yesterday: yesterday) })), ("next_page_token", next)]))
    }

    private mutating func snapshots(_ ticker: String, _ query: [String: String], _ now: Instant) -> SampleBrokerCall {
        let (rows, next) = page(options([ticker], query, now), query)
        return ok(.object([("snapshots", .object(rows.map { ($0.symbol.description, snapshot($0, now)) })), ("next_page_token", next)]))
    }

    private func snapshots(of symbols: String, _ now: Instant) -> JSONNode {
        let options = symbols.split(separator: ",").compactMap { Self.option(String($0)) }
        return .object([
            ("snapshots", .object(options.map { ($0.symbol.description, snapshot($0, now)) })), ("next_page_token", .null),
        ])
    }

    private func snapshot(_ option: SampleOption, _ now: Instant) -> JSONNode {
        option.snapshot(quotedAt: now.advanced(byMicroseconds: -1_000_000) ?? now, day: SampleOption.newYorkMidnight(now))
    }

    // MARK: - Orders

    private mutating func submit(_ body: [UInt8], _ now: Instant) -> SampleBrokerCall {
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

    private mutating func cancel(_ index: Int) -> SampleBrokerCall {
        guard orders[index].isWorking else { return Self.problem(422, 42_210_000, "order is not cancelable") }
        orders[index].cancelRequested = true
        return SampleBrokerCall(status: 204, node: nil)
    }

    /// Asks for the cancellation of each open order: a 207 that says of each what became of the request.
    private mutating func cancelAll() -> SampleBrokerCall {
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
    private mutating func settle(_ now: Instant) {
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
