import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerRules
import LedgerValues

/// A trade's latest row with the event that holds it. It supplies most inputs of every view.
struct ExplainedExecution {
    let row: ExecutionRow
    let event: DecodedEvent

    /// Nil if the event does not record a row.
    init?(_ event: DecodedEvent) {
        guard let payload = event.payload(as: ExecutionPayload.self) else { return nil }
        row = payload.row
        self.event = event
    }

    /// A stored field by its name. Nil for an unknown name.
    subscript(_ field: String) -> Shown? {
        switch field {
        case "contract_multiplier": Shown(row.contractMultiplier)
        case "currency": Shown(row.currency)
        case "direction": Shown(row.direction?.rawValue)
        case "expiry": Shown(row.expiry)
        case "fees_usd": Shown(row.feesUSD)
        case "instrument": Shown(row.instrument)
        case "is_synthetic": Shown(row.isSynthetic)
        case "notes": Shown(row.notes)
        case "option_symbol": Shown(row.optionSymbol)
        case "option_type": Shown(row.optionType?.rawValue)
        case "pending_quantity": Shown(row.pendingQuantity)
        case "premium_usd": Shown(row.premiumUSD)
        case "price": Shown(row.price)
        case "price_currency": Shown(row.priceCurrency)
        case "quantity": Shown(row.quantity)
        case "quantity_unit": Shown(row.quantityUnit)
        case "recon_status": Shown(row.reconStatus)
        case "source": Shown(row.source)
        case "source_broker": Shown(row.sourceBroker)
        case "source_created_at": Shown(row.sourceCreatedAt)
        case "source_created_by": Shown(row.sourceCreatedBy)
        case "source_execution_type": Shown(row.sourceExecutionType)
        case "source_portfolio": Shown(row.sourcePortfolio)
        case "source_portfolio_id": Shown(row.sourcePortfolioID)
        case "source_security_id": Shown(row.sourceSecurityID)
        case "source_trade_id": Shown(row.sourceTradeID)
        case "source_trade_ticket_id": Shown(row.sourceTradeTicketID)
        case "source_updated_at": Shown(row.sourceUpdatedAt)
        case "spot_at_trade": Shown(row.spotAtTrade)
        case "strike": Shown(row.strike)
        case "trade_date": Shown(row.tradeDate)
        case "trade_status": Shown(row.tradeStatus.rawValue)
        case "traded_iv": Shown(row.tradedIV)
        case "underlying_symbol": Shown(row.underlyingSymbol)
        case "underlying_type": Shown(row.underlyingType)
        default: nil
        }
    }
}

extension Worksheet {
    /// Lists fields of a row as inputs.
    ///
    /// - Parameter prefix: the trade's id, if the worksheet covers several trades
    mutating func inputs(_ execution: ExplainedExecution, _ fields: String..., prefix: String? = nil) {
        for field in fields {
            input(prefix.map { "\($0).\(field)" } ?? field, execution[field] ?? .null, execution.event)
        }
    }

    /// A column that shows a field of the row unchanged.
    mutating func copy(_ field: String, of execution: ExplainedExecution) {
        copy(field, execution[field] ?? .null, execution.event)
    }

    /// Explains an entry premium. A derived premium ends unrounded.
    ///
    /// - Returns: the premium and its exact amount.
    mutating func premium(
        of execution: ExplainedExecution, _ rules: TradesRules, prefix: String? = nil
    ) -> (premium: EntryPremium, exact: ExactNumber?) {
        let row = execution.row
        let premium = EntryPremium(of: row, rules: rules)
        let name = prefix.map { "\($0).entry_premium_usd" } ?? "entry_premium_usd"
        inputs(
            execution, "premium_usd", "price_currency", "quantity_unit", "price", "quantity", "contract_multiplier",
            prefix: prefix)
        rule(rules.file, "premium", "currency")
        rule(rules.file, "premium", "quantity_units")
        if let provided = row.premiumUSD {
            step("\(name): provided by the source", "premium_usd", Shown(provided))
            return (premium, provided.exact)
        }
        let isUSD = row.priceCurrency.map { $0.isBytewiseEqual(to: rules.premiumCurrency) } ?? false
        let isContracts = row.quantityUnit.map { rules.contractUnits.contains($0) } ?? true
        guard isUSD, isContracts, let price = row.price, let quantity = row.quantity,
            let multiplier = row.contractMultiplier
        else {
            let lacks = missing([
                "premium_usd": true, "price": row.price == nil, "quantity": row.quantity == nil,
                "contract_multiplier": row.contractMultiplier == nil, "price_currency": row.priceCurrency == nil,
            ])
            let formula = "\(name) = price × quantity × contract_multiplier"
            if !isUSD, let currency = row.priceCurrency {
                note("price_currency is \(currency): a premium is derived in \(rules.premiumCurrency) only")
            }
            if !isContracts, let unit = row.quantityUnit { note("quantity_unit is \(unit), which are no contracts") }
            null(formula, missing: lacks.map { field in prefix.map { "\($0).\(field)" } ?? field })
            return (premium, nil)
        }
        let exact = price.exact * quantity.exact * multiplier.exact
        step(
            "\(name): derived, price × quantity × contract_multiplier", "\(price) × \(quantity) × \(multiplier)",
            Shown(exact: exact))
        return (premium, exact)
    }

    /// Explains a market mapping: the rule line of the symbol, or that of unmapped symbols.
    mutating func mapping(of execution: ExplainedExecution, _ rules: MarketProxyRules) -> MarketProxyRules.Mapping {
        inputs(execution, "underlying_symbol")
        let mapping = rules.mapping(of: execution.row.underlyingSymbol)
        if mapping.marketProxy != nil, let symbol = execution.row.underlyingSymbol {
            rule(rules.file, "symbols", symbol)
        } else {
            rule(rules.file, "unmapped")
            note("no market stands behind the symbol \(execution.row.underlyingSymbol ?? "null")")
        }
        return mapping
    }

    /// A list of positions that a row shows.
    mutating func positions(_ positions: [Int64]) {
        for position in positions { input("event", Shown(position), row.event(at: position)) }
        step("the positions of the events that the row follows from, ascending", "event_positions", Shown(positions.sorted()))
    }
}

/// The absolute distance of two instants in minutes, exact.
func minutes(_ apart: Int64) -> ExactNumber {
    ExactNumber(Int(apart.magnitude)).divided(by: ExactNumber(60_000_000)) ?? .zero
}
