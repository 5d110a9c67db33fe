import LedgerJSON
package import LedgerValues
package import OptionTrades

extension AlpacaClient {
    package func market(_ question: ChainQuestion) async throws(BrokerFailure) -> BrokerMarket {
        try await joinedMarket(question).market
    }

    /// A market, and when the last trade of each contract was, by its symbol.
    package func joinedMarket(
        _ question: ChainQuestion
    ) async throws(BrokerFailure) -> (market: BrokerMarket, lastTimes: [ByteKey: Instant]) {
        var market = BrokerMarket()
        var lastTimes: [ByteKey: Instant] = [:]
        let root = try await answer(settings.dataURL, "/v2/stocks/snapshots", [("symbols", question.ticker)])
        market.pages += 1
        let snapshot = root[question.ticker]
        let (quote, trade) = (snapshot?["latestQuote"], snapshot?["latestTrade"])
        market.underlying.bid = Wire.decimal(quote?["bp"])
        market.underlying.ask = Wire.decimal(quote?["ap"])
        market.underlying.quoteTimestamp = Wire.instant(quote?["t"])
        market.underlying.last = Wire.decimal(trade?["p"])
        market.underlying.lastTimestamp = Wire.instant(trade?["t"])
        guard let filters = question.filters else { return (market, lastTimes) }
        var rows = try await contracts(question.ticker, filters, &market.pages)
        try await addSnapshots(question.ticker, filters, &rows, &lastTimes, &market.pages)
        // Rows are large: their keys are sorted, which are the symbols.
        market.rows = rows.keys.sorted().compactMap { rows[$0] }
        return (market, lastTimes)
    }

    /// Bars of a stock with their times, which are nil if they can't be read. Both ends are inclusive.
    func stockBars(
        _ symbol: String, timeframe: String, from: Instant, through: Instant, adjustment: String
    ) async throws(BrokerFailure) -> (bars: [(row: JSONValue, time: Instant?)], pages: Int64) {
        var pages: Int64 = 0
        var bars: [(row: JSONValue, time: Instant?)] = []
        let query = [
            ("symbols", symbol), ("timeframe", timeframe), ("start", "\(from)"), ("end", "\(through)"), ("limit", "10000"),
            ("adjustment", adjustment), ("sort", "asc"),
        ]
        try await forEachPage(settings.dataURL, "/v2/stocks/bars", query, &pages) { root in
            for row in root["bars"]?[symbol].map({ Array($0.elements) }) ?? [] { bars.append((row, Wire.instant(row["t"]))) }
        }
        return (bars, pages)
    }

    private static func bounds(_ filters: ChainFilters) -> [(String, String)] {
        var query: [(String, String)] = []
        if let from = filters.expiryFrom { query.append(("expiration_date_gte", from.description)) }
        if let through = filters.expiryThrough { query.append(("expiration_date_lte", through.description)) }
        if let from = filters.strikeFrom { query.append(("strike_price_gte", from.description)) }
        if let through = filters.strikeThrough { query.append(("strike_price_lte", through.description)) }
        if let type = filters.optionType { query.append(("type", type.rawValue)) }
        if let root = filters.root { query.append(("root_symbol", root)) }
        return query
    }

    /// The contracts, with what the chain of quotes does not carry: multiplier, open interest, tick.
    private func contracts(
        _ ticker: String, _ filters: ChainFilters, _ pages: inout Int64
    ) async throws(BrokerFailure) -> [ByteKey: ContractRow] {
        if let symbol = filters.optionSymbol {
            pages += 1
            guard let (_, root) = try await question(settings.tradingURL, "/v2/options/contracts/\(Self.escaped(symbol))"),
                let row = ContractRow(contract: root)
            else { return [:] }
            return [ByteKey(row.optionSymbol): row]
        }
        var rows: [ByteKey: ContractRow] = [:]
        let query =
            [("underlying_symbols", ticker), ("status", "active"), ("limit", "1000"), ("ppind", "true")] + Self.bounds(filters)
        try await forEachPage(settings.tradingURL, "/v2/options/contracts", query, &pages) { root in
            for element in root["option_contracts"].map({ Array($0.elements) }) ?? [] {
                if let row = ContractRow(contract: element) { rows[ByteKey(row.optionSymbol)] = row }
            }
        }
        return rows
    }

    /// Adds quotes, trades, volumes and greeks. A contract that only one of the two lists has stays without the rest.
    private func addSnapshots(
        _ ticker: String, _ filters: ChainFilters, _ rows: inout [ByteKey: ContractRow], _ lastTimes: inout [ByteKey: Instant],
        _ pages: inout Int64
    ) async throws(BrokerFailure) {
        var path = "/v1beta1/options/snapshots/\(Self.escaped(ticker))"
        var query = [("limit", "1000")] + Self.bounds(filters)
        if let symbol = filters.optionSymbol { (path, query) = ("/v1beta1/options/snapshots", [("symbols", symbol)]) }
        var (all, times) = (rows, lastTimes)
        try await forEachPage(settings.dataURL, path, query, &pages) { root in
            for (symbol, snapshot) in root["snapshots"].map({ $0.members.map { ($0.key, $0.value) } }) ?? [] {
                guard var row = all[ByteKey(symbol)] ?? ContractRow(symbol: symbol) else { continue }
                row.take(snapshot)
                all[ByteKey(symbol)] = row
                times[ByteKey(symbol)] = Wire.instant(snapshot["latestTrade"]?["t"])
            }
        }
        (rows, lastTimes) = (all, times)
    }

    /// Follows `next_page_token` to the end, whatever the size of a page.
    func forEachPage(
        _ base: String, _ path: String, _ query: [(String, String)], _ pages: inout Int64, _ body: (JSONValue) -> Void
    ) async throws(BrokerFailure) {
        var token: String?
        var seen: Set<String> = []
        for _ in 0..<Self.maximumPages {
            let root = try await answer(base, path, query + (token.map { [("page_token", $0)] } ?? []))
            pages += 1
            body(root)
            token = Wire.text(root["next_page_token"]) ?? Wire.text(root["page_token"])
            guard let next = token else { return }
            guard seen.insert(next).inserted else { throw BrokerFailure(.malformed, "\(path): a page token came a second time") }
        }
        throw BrokerFailure(.malformed, "\(path): the pages do not end")
    }

    // MARK: - Account

    package func positions() async throws(BrokerFailure) -> [BrokerPosition] {
        let root = try await answer(settings.tradingURL, "/v2/positions")
        guard root.kind == .array else { throw BrokerFailure(.malformed, "/v2/positions: the answer is no list") }
        var positions: [BrokerPosition] = []
        for element in root.elements {
            guard let symbol = Wire.text(element["symbol"]), let quantity = Wire.decimal(element["qty"]) else {
                throw BrokerFailure(.malformed, "/v2/positions: a position lacks symbol or qty")
            }
            var position = BrokerPosition()
            position.symbol = symbol
            position.assetClass = Wire.text(element["asset_class"])
            // The sign of a short's quantity is promised nowhere: the side is.
            position.quantity = Wire.text(element["side"]) == "short" ? -quantity.magnitude : quantity.magnitude
            position.averageEntryPrice = Wire.decimal(element["avg_entry_price"])
            position.marketValue = Wire.decimal(element["market_value"])
            position.costBasis = Wire.decimal(element["cost_basis"])
            position.currentPrice = Wire.decimal(element["current_price"])
            positions.append(position)
        }
        return positions.sorted { $0.symbol.isBytewiseLess(than: $1.symbol) }
    }

    package func activities(after date: CalendarDate?) async throws(BrokerFailure) -> [BrokerActivityRecordedPayload] {
        var found: [BrokerActivityRecordedPayload] = []
        var token: String?
        for _ in 0..<Self.maximumPages {
            var query = [("activity_types", "OPEXP,OPASN,OPEXC,OPCSH,OPCA,OPTRD"), ("direction", "asc"), ("page_size", "100")]
            if let date { query.append(("after", date.description)) }
            if let token { query.append(("page_token", token)) }
            let root = try await answer(settings.tradingURL, "/v2/account/activities", query)
            guard root.kind == .array else { throw BrokerFailure(.malformed, "/v2/account/activities: the answer is no list") }
            if root.count == 0 { return found }
            let before = token
            for element in root.elements {
                token = Wire.text(element["id"]) ?? token
                if let activity = BrokerActivityRecordedPayload(element, source: settings.source.rawValue) { found.append(activity) }
            }
            if root.count < 100 || token == before { return found }
        }
        throw BrokerFailure(.malformed, "/v2/account/activities: the list does not end")
    }
}

extension ContractRow {
    /// A contract known by its symbol alone, which is read from the right.
    init?(symbol: String) {
        guard let parsed = OptionSymbol(symbol) else { return nil }
        self.init()
        (optionSymbol, root, expiry) = (symbol, parsed.root, parsed.expiry)
        (strike, optionType) = (parsed.strike, parsed.optionType)
    }

    /// A row of the list of contracts.
    init?(contract: JSONValue) {
        guard let symbol = Wire.text(contract["symbol"]) else { return nil }
        self.init(symbol: symbol)
        tradable = contract["tradable"]?.bool
        // `size` is what is delivered and says nothing of the premium.
        multiplier = Wire.decimal(contract["multiplier"])
        openInterest = Wire.decimal(contract["open_interest"])
        openInterestDate = Wire.date(contract["open_interest_date"])
        ppind = contract["ppind"]?.bool
        if let given = Wire.decimal(contract["strike_price"]) { strike = given }
        if let root = Wire.text(contract["root_symbol"]) { self.root = root }
    }

    /// Takes over a snapshot of the chain. Any part of it may be absent.
    mutating func take(_ snapshot: JSONValue) {
        let (quote, trade, day) = (snapshot["latestQuote"], snapshot["latestTrade"], snapshot["dailyBar"])
        var rounded = false
        bid = Wire.decimal(quote?["bp"], rounded: &rounded)
        ask = Wire.decimal(quote?["ap"], rounded: &rounded)
        bidSize = Wire.decimal(quote?["bs"], rounded: &rounded)
        askSize = Wire.decimal(quote?["as"], rounded: &rounded)
        quoteTimestamp = Wire.instant(quote?["t"])
        last = Wire.decimal(trade?["p"], rounded: &rounded)
        volume = Wire.decimal(day?["v"], rounded: &rounded)
        // Midnight in New York, written in UTC: the date is that of the text.
        volumeDate = Wire.instant(day?["t"])?.date
        // Points are hundredths, rounded once.
        iv = Wire.decimal(snapshot["impliedVolatility"], times: 100, rounded: &rounded)
        let greeks = snapshot["greeks"]
        delta = Wire.decimal(greeks?["delta"], rounded: &rounded)
        gamma = Wire.decimal(greeks?["gamma"], rounded: &rounded)
        theta = Wire.decimal(greeks?["theta"], rounded: &rounded)
        vega = Wire.decimal(greeks?["vega"], rounded: &rounded)
        self.rounded = rounded
    }
}

extension BrokerActivityRecordedPayload {
    /// An activity that changes a position; nil if it lacks its id, its type or its symbol.
    init?(_ root: JSONValue, source: String) {
        guard let id = Wire.text(root["id"]), let type = Wire.text(root["activity_type"]), let symbol = Wire.text(root["symbol"]) else {
            return nil
        }
        self.init()
        (self.source, activityID, activityType, self.symbol) = (source, id, type, symbol)
        status = Wire.text(root["status"])
        quantity = Wire.decimal(root["qty"])
        price = Wire.decimal(root["price"])
        netAmount = Wire.decimal(root["net_amount"])
        date = Wire.date(root["date"])
        transactionTime = Wire.instant(root["transaction_time"])
        orderID = Wire.text(root["order_id"])
        groupID = Wire.text(root["group_id"])
    }
}
