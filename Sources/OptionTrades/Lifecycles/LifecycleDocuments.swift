import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

extension LifecycleKey {
    /// `pos_` and the first 32 hex digits of the SHA-256 of the canonical JSON array of the seven key fields. Decimals
    /// are in decimal text.
    var positionID: String {
        var out = JSONWriter()
        out.beginArray()
        out.string(source)
        out.string(sourcePortfolio)
        out.string(underlyingSymbol)
        out.string(contractKey)
        out.string(optionType?.rawValue)
        out.decimalString(strike)
        out.date(expiry)
        out.endArray()
        return "pos_" + out.withBytes { Digest32(sha256Of: $0) }.firstHalf
    }
}

extension JSONWriter {
    /// Writes an array of strings.
    fileprivate mutating func texts(_ texts: [String]) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}

// MARK: - The row

extension Lifecycle {
    /// Writes the row: the columns of `lifecycles/columns.json` in event encoding.
    func write(positionID: String, authority: String, to out: inout JSONWriter) {
        out.beginObject()
        out.key("average_open_price"); out.decimalString(averageOpenPrice)
        out.key("closed_at"); out.instant(closedAt)
        out.key("closed_quantity"); out.decimalString(closedQuantity)
        out.key("contract_key"); out.string(key.contractKey)
        out.key("cycle_count"); out.integer(cycleCount)
        out.key("event_positions")
        out.beginArray()
        for position in eventPositions { out.integer(position) }
        out.endArray()
        out.key("expiry"); out.date(key.expiry)
        out.key("fees_quality"); out.string(feesUSD.coverage.rawValue)
        out.key("known_fees_usd"); out.decimalString(feesUSD.known)
        out.key("known_gross_premium_usd"); out.decimalString(grossPremiumUSD.known)
        out.key("known_net_premium_cashflow_usd"); out.decimalString(netPremiumCashflowUSD.known)
        out.key("last_execution_at"); out.instant(lastExecutionAt)
        out.key("lifecycle_flags"); out.texts(flags.map(\.rawValue).sorted { $0.isBytewiseLess(than: $1) })
        out.key("lifecycle_quality"); out.string(quality)
        out.key("lifecycle_state"); out.string(state.rawValue)
        out.key("matches")
        out.beginArray()
        for match in matches { match.write(to: &out) }
        out.endArray()
        out.key("missing_fields"); out.texts(missingFields)
        out.key("net_premium_cashflow_usd"); out.decimalString(netPremiumCashflowUSD.total)
        out.key("net_quantity"); out.decimalString(netQuantity)
        out.key("open_lots")
        out.beginArray()
        for lot in openLots { lot.write(to: &out) }
        out.endArray()
        out.key("open_premium_usd"); out.decimalString(openPremiumUSD)
        out.key("opened_at"); out.instant(openedAt)
        out.key("option_type"); out.string(key.optionType?.rawValue)
        out.key("position_id"); out.string(positionID)
        out.key("premium_quality"); out.string(grossPremiumUSD.coverage.rawValue)
        out.key("realized_pnl_authority"); out.string(authority)
        out.key("realized_pnl_before_fees_usd"); out.decimalString(realizedProfitBeforeFeesUSD)
        out.key("source"); out.string(key.source)
        out.key("source_portfolio"); out.string(key.sourcePortfolio)
        out.key("source_trade_ids"); out.texts(tradeIDs)
        out.key("strike"); out.decimalString(key.strike)
        out.key("total_buy_quantity"); out.decimalString(totalBuyQuantity)
        out.key("total_fees_usd"); out.decimalString(feesUSD.total)
        out.key("total_gross_premium_usd"); out.decimalString(grossPremiumUSD.total)
        out.key("total_sell_quantity"); out.decimalString(totalSellQuantity)
        out.key("trade_ids"); out.texts(tradeIDs)
        out.key("underlying_symbol"); out.string(key.underlyingSymbol)
        out.key("unmatched_trade_ids"); out.texts(unmatchedTradeIDs)
        out.endObject()
    }
}

extension Lifecycle.Match {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("close_price"); out.decimalString(closePrice)
        out.key("close_trade_id"); out.string(closeTradeID)
        out.key("open_price"); out.decimalString(openPrice)
        out.key("open_side"); out.string(openSide.rawValue)
        out.key("open_trade_id"); out.string(openTradeID)
        out.key("pnl_before_fees_usd"); out.decimalString(profitBeforeFeesUSD)
        out.key("quantity"); out.decimalString(quantity)
        out.endObject()
    }
}

extension Lifecycle.OpenLot {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("contract_multiplier"); out.decimalString(contractMultiplier)
        out.key("opened_at"); out.instant(openedAt)
        out.key("price"); out.decimalString(price)
        out.key("remaining_quantity"); out.decimalString(remainingQuantity)
        out.key("side"); out.string(side.rawValue)
        out.key("trade_id"); out.string(tradeID)
        out.endObject()
    }
}

// MARK: - The facts

extension LifecycleGroup {
    /// Writes the group: its key, and its members in order.
    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("contract_key"); out.string(key.contractKey)
        out.key("expiry"); out.date(key.expiry)
        out.key("members")
        out.beginArray()
        for member in members { member.write(to: &out) }
        out.endArray()
        out.key("option_type"); out.string(key.optionType?.rawValue)
        out.key("source"); out.string(key.source)
        out.key("source_portfolio"); out.string(key.sourcePortfolio)
        out.key("strike"); out.decimalString(key.strike)
        out.key("underlying_symbol"); out.string(key.underlyingSymbol)
        out.endObject()
    }

    /// Reads a document that ``write(to:)`` wrote.
    init(document: [UInt8]) throws { try self.init(facts: try JSONDocument(parsing: document).root) }

    /// Reads an object that ``write(to:)`` wrote.
    init(facts: JSONValue) throws {
        let reader = FactsReader(facts)
        let key = LifecycleKey(
            source: try reader.present("source", reader.text("source")),
            sourcePortfolio: try reader.text("source_portfolio"),
            underlyingSymbol: try reader.text("underlying_symbol"), contractKey: try reader.text("contract_key"),
            optionType: try reader.enumeration("option_type"), strike: try reader.decimal("strike"),
            expiry: try reader.date("expiry"))
        guard let list = reader.object["members"], list.kind == .array else { throw reader.problem("members") }
        self.init(key: key, members: try list.elements.map { try LifecycleMember(facts: $0) })
    }
}

extension LifecycleMember {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("contract_multiplier"); out.decimalString(contractMultiplier)
        out.key("direction"); out.string(direction?.rawValue)
        out.key("fees_usd"); out.decimalString(feesUSD)
        out.key("is_synthetic"); out.bool(isSynthetic)
        out.key("position"); out.integer(position)
        out.key("premium_usd"); out.decimalString(premiumUSD)
        out.key("price"); out.decimalString(price)
        out.key("price_currency"); out.string(priceCurrency)
        out.key("quantity"); out.decimalString(quantity)
        out.key("quantity_unit"); out.string(quantityUnit)
        out.key("source_created_at"); out.instant(sourceCreatedAt)
        out.key("source_trade_id"); out.string(tradeID)
        out.key("trade_date"); out.instant(tradeDate)
        out.key("trade_status"); out.string(status.rawValue)
        out.endObject()
    }

    fileprivate init(facts object: JSONValue) throws {
        let reader = FactsReader(object)
        let tradeDate = try reader.present("trade_date", reader.instant("trade_date"))
        self.init(
            of: ExecutionRow(
                source: "alpha_sync", sourceTradeID: try reader.present("source_trade_id", reader.text("source_trade_id")),
                sourceUpdatedAt: tradeDate, tradeDate: tradeDate,
                tradeStatus: try reader.present("trade_status", reader.enumeration("trade_status")),
                sourceCreatedAt: try reader.instant("source_created_at"),
                direction: try reader.enumeration("direction"), quantity: try reader.decimal("quantity"),
                price: try reader.decimal("price"), priceCurrency: try reader.text("price_currency"),
                contractMultiplier: try reader.decimal("contract_multiplier"),
                quantityUnit: try reader.text("quantity_unit"), premiumUSD: try reader.decimal("premium_usd"),
                feesUSD: try reader.decimal("fees_usd"), isSynthetic: try reader.truth("is_synthetic")),
            position: try reader.position())
    }
}

/// Reads the members of stored facts. A member that does not fit is a problem, never a null.
private struct FactsReader {
    let object: JSONValue

    init(_ object: JSONValue) { self.object = object }

    func problem(_ name: String) -> RowProblem {
        RowProblem(description: "the stored facts of a lifecycle have no good `\(name)`")
    }

    func present<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw problem(name) }
        return value
    }

    private func value<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws -> Value? {
        guard let value = object[name] else { throw problem(name) }
        return value.isNull ? nil : try present(name, read(value))
    }

    func text(_ name: String) throws -> String? { try value(name, \.string) }
    func truth(_ name: String) throws -> Bool? { try value(name, \.bool) }
    func decimal(_ name: String) throws -> FixedDecimal? { try value(name, \.decimal) }
    func instant(_ name: String) throws -> Instant? { try value(name) { $0.string.flatMap { Instant($0) } } }
    func date(_ name: String) throws -> CalendarDate? { try value(name) { $0.string.flatMap { CalendarDate($0) } } }
    func position() throws -> Int64 { try present("position", try value("position", \.integer)) }

    func enumeration<Value: RawRepresentable<String>>(_ name: String) throws -> Value? {
        try value(name) { $0.string.flatMap { Value(rawValue: $0) } }
    }
}
