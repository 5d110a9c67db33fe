import Events
import JSON
import Values

extension CanonicalReader {
    /// Reads the payload of an execution, with or without `changed_fields`.
    mutating func execution() -> ExecutionPayload? {
        var changedFields: [ChangedField]?
        if take(#"{"changed_fields":["#) {
            guard let changes = changes(), take(#","contract_multiplier":"#) else { return nil }
            changedFields = changes
        } else {
            guard take(#"{"contract_multiplier":"#) else { return nil }
        }
        var row = ExecutionRow.Fields.unread
        var (currency, scopeKey): (String?, String) = (nil, "")
        guard decimal(&row.contractMultiplier), take(#","currency":"#), sharedText(&currency),
            fieldsUpToReconStatus(&row), take(#","scope_key":"#), sharedText(&scopeKey),
            fieldsFromSource(&row), take(#","unknown_fields":"#), let unknown = unknownFields()
        else { return nil }
        return ExecutionPayload(row: ExecutionRow(row), scopeKey: scopeKey, unknownFields: unknown, changedFields: changedFields)
    }

    private mutating func fieldsUpToReconStatus(_ row: inout ExecutionRow.Fields) -> Bool {
        take(#","direction":"#) && enumeration(&row.direction)
            && take(#","expiry":"#) && date(&row.expiry)
            && take(#","fees_usd":"#) && decimal(&row.feesUSD)
            && take(#","instrument":"#) && sharedText(&row.instrument)
            && take(#","is_synthetic":"#) && truth(&row.isSynthetic)
            && take(#","notes":"#) && text(&row.notes)
            && take(#","option_symbol":"#) && sharedText(&row.optionSymbol)
            && take(#","option_type":"#) && enumeration(&row.optionType)
            && take(#","pending_quantity":"#) && decimal(&row.pendingQuantity)
            && take(#","premium_usd":"#) && decimal(&row.premiumUSD)
            && take(#","price":"#) && decimal(&row.price)
            && take(#","price_currency":"#) && sharedText(&row.priceCurrency)
            && take(#","quantity":"#) && decimal(&row.quantity)
            && take(#","quantity_unit":"#) && sharedText(&row.quantityUnit)
            && take(#","recon_status":"#) && sharedText(&row.reconStatus)
    }

    private mutating func fieldsFromSource(_ row: inout ExecutionRow.Fields) -> Bool {
        take(#","source":"#) && sharedText(&row.source)
            && take(#","source_broker":"#) && sharedText(&row.sourceBroker)
            && take(#","source_created_at":"#) && instant(&row.sourceCreatedAt)
            && take(#","source_created_by":"#) && sharedText(&row.sourceCreatedBy)
            && take(#","source_execution_type":"#) && sharedText(&row.sourceExecutionType)
            && take(#","source_portfolio":"#) && sharedText(&row.sourcePortfolio)
            && take(#","source_portfolio_id":"#) && sharedText(&row.sourcePortfolioID)
            && take(#","source_security_id":"#) && sharedText(&row.sourceSecurityID)
            && take(#","source_trade_id":"#) && text(&row.sourceTradeID)
            && take(#","source_trade_ticket_id":"#) && text(&row.sourceTradeTicketID)
            && take(#","source_updated_at":"#) && instant(&row.sourceUpdatedAt)
            && take(#","spot_at_trade":"#) && decimal(&row.spotAtTrade)
            && take(#","strike":"#) && decimal(&row.strike)
            && take(#","trade_date":"#) && instant(&row.tradeDate)
            && take(#","trade_status":"#) && status(&row.tradeStatus)
            && take(#","traded_iv":"#) && decimal(&row.tradedIV)
            && take(#","underlying_symbol":"#) && sharedText(&row.underlyingSymbol)
            && take(#","underlying_type":"#) && sharedText(&row.underlyingType)
    }

    /// Reads from the `unknown_fields` value to the payload's closing brace, which must be its last byte.
    private mutating func unknownFields() -> [(key: String, sourceText: String)]? {
        if take("{}}") { return isAtEnd ? [] : nil }
        guard bytes.last == UInt8(ascii: "}"), let document = document(upTo: bytes.count - 1) else { return nil }
        return try? ExecutionPayload.unknownFields(document.root)
    }

    /// Reads the elements of `changed_fields`, including the closing bracket.
    private mutating func changes() -> [ChangedField]? {
        var changes: [ChangedField] = []
        repeat {
            var name = ""
            guard take(#"{"field":"#), sharedText(&name), let field = ExecutionField.named(name),
                take(#","new":"#), let new = node(of: field), take(#","old":"#), let old = node(of: field), take("}")
            else { return nil }
            changes.append(ChangedField(field: name, old: old, new: new))
        } while take(",")
        return take("]") ? changes : nil
    }

    private mutating func node(of field: ExecutionField) -> JSONNode? {
        if field.isDecimal {
            var value: FixedDecimal?
            return decimal(&value) ? .optional(value) : nil
        }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        var value: String?
        return text(&value) ? .optional(value) : nil
    }

    private mutating func enumeration(_ value: inout Direction?) -> Bool {
        if isNull() { return true }
        if take(#""buy""#) {
            value = .buy
        } else {
            guard take(#""sell""#) else { return false }
            value = .sell
        }
        return true
    }

    private mutating func status(_ value: inout TradeStatus) -> Bool {
        if take(#""FILLED""#) {
            value = .filled
            return true
        }
        guard let plain = plainString(), let text = string(plain),
            let status = TradeStatus(rawValue: text)
        else { return false }
        value = status
        return true
    }
}

extension CanonicalReader {
    mutating func enumeration(_ value: inout OptionType?) -> Bool {
        if isNull() { return true }
        if take(#""call""#) {
            value = .call
        } else {
            guard take(#""put""#) else { return false }
            value = .put
        }
        return true
    }
}
