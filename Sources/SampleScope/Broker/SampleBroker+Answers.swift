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

    var held: [String: Int] {
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

    static func option(_ symbol: String) -> SampleOption? {
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
}
