public import JSON
public import Values

/// A field of a row that differs from the row before.
public struct ChangedField: Sendable, Equatable {
    /// The stored name.
    public let field: String
    public let old: JSONNode
    public let new: JSONNode

    public init(field: String, old: JSONNode, new: JSONNode) {
        self.field = field
        self.old = old
        self.new = new
    }
}

extension ExecutionRow {
    /// The stored names of the content fields, in canonical key order.
    public static var fieldNames: [String] { ExecutionField.names }

    /// The canonical JSON object of the content: every field of ``fieldNames``, null where absent, decimals as
    /// strings. The order of UTF-16 code units is that of the names.
    public func contentBytes() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 1280)
        out.beginObject()
        writeFieldsBeforeSource(to: &out)
        writeFieldsFromSource(to: &out)
        out.endObject()
        return out.bytes
    }

    /// The SHA-256 of ``contentBytes()``: the digest in the identity of an update.
    public var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    // Key by key with the comma before it, since this is the hot end of every append. Tests check the order.

    /// Writes the content fields whose names come before `source`, and so before a payload's `scope_key`.
    func writeFieldsBeforeSource(to out: inout JSONWriter) {
        out.key("contract_multiplier")
        out.decimalString(contractMultiplier)
        out.append(#","currency":"#)
        out.string(currency)
        out.append(#","direction":"#)
        out.string(direction?.rawValue)
        out.append(#","expiry":"#)
        out.date(expiry)
        out.append(#","fees_usd":"#)
        out.decimalString(feesUSD)
        out.append(#","instrument":"#)
        out.string(instrument)
        out.append(#","is_synthetic":"#)
        out.bool(isSynthetic)
        out.append(#","notes":"#)
        out.string(notes)
        out.append(#","option_symbol":"#)
        out.string(optionSymbol)
        out.append(#","option_type":"#)
        out.string(optionType?.rawValue)
        out.append(#","pending_quantity":"#)
        out.decimalString(pendingQuantity)
        out.append(#","premium_usd":"#)
        out.decimalString(premiumUSD)
        out.append(#","price":"#)
        out.decimalString(price)
        out.append(#","price_currency":"#)
        out.string(priceCurrency)
        out.append(#","quantity":"#)
        out.decimalString(quantity)
        out.append(#","quantity_unit":"#)
        out.string(quantityUnit)
        out.append(#","recon_status":"#)
        out.string(reconStatus)
    }

    /// Writes `source` and the content fields after it.
    func writeFieldsFromSource(to out: inout JSONWriter) {
        out.append(#","source":"#)
        out.string(source)
        out.append(#","source_broker":"#)
        out.string(sourceBroker)
        out.append(#","source_created_at":"#)
        out.instant(sourceCreatedAt)
        out.append(#","source_created_by":"#)
        out.string(sourceCreatedBy)
        out.append(#","source_execution_type":"#)
        out.string(sourceExecutionType)
        out.append(#","source_portfolio":"#)
        out.string(sourcePortfolio)
        out.append(#","source_portfolio_id":"#)
        out.string(sourcePortfolioID)
        out.append(#","source_security_id":"#)
        out.string(sourceSecurityID)
        out.append(#","source_trade_id":"#)
        out.string(sourceTradeID)
        out.append(#","source_trade_ticket_id":"#)
        out.string(sourceTradeTicketID)
        out.append(#","source_updated_at":"#)
        out.instant(sourceUpdatedAt)
        out.append(#","spot_at_trade":"#)
        out.decimalString(spotAtTrade)
        out.append(#","strike":"#)
        out.decimalString(strike)
        out.append(#","trade_date":"#)
        out.instant(tradeDate)
        out.append(#","trade_status":"#)
        out.string(tradeStatus.rawValue)
        out.append(#","traded_iv":"#)
        out.decimalString(tradedIV)
        out.append(#","underlying_symbol":"#)
        out.string(underlyingSymbol)
        out.append(#","underlying_type":"#)
        out.string(underlyingType)
    }
}

// MARK: - Fields by name, and what changed

extension ExecutionRow {
    /// The value of a content field by its stored name, `null` where absent; nil for a name that is none.
    public func value(named name: String) -> JSONNode? {
        ExecutionField.named(name).map(value(of:))
    }

    /// The fields that differ from an older row of the same trade, sorted by name: all content fields but
    /// `source`, `source_trade_id`, and `currency`, which only repeats `underlying_symbol`.
    public func changedFields(from old: ExecutionRow) -> [ChangedField] {
        var changes: [ChangedField] = []
        for field in ExecutionField.allCases where field.isComparable {
            let (before, after) = (old.value(of: field), value(of: field))
            if before != after { changes.append(ChangedField(field: "\(field.name)", old: before, new: after)) }
        }
        return changes
    }

    func value(of field: ExecutionField) -> JSONNode {
        switch field {
        case .contractMultiplier: .optional(contractMultiplier)
        case .currency: .optional(currency)
        case .direction: .optional(direction?.rawValue)
        case .expiry: .optional(expiry?.description)
        case .feesUSD: .optional(feesUSD)
        case .instrument: .optional(instrument)
        case .isSynthetic: isSynthetic.map(JSONNode.bool) ?? .null
        case .notes: .optional(notes)
        case .optionSymbol: .optional(optionSymbol)
        case .optionType: .optional(optionType?.rawValue)
        case .pendingQuantity: .optional(pendingQuantity)
        case .premiumUSD: .optional(premiumUSD)
        case .price: .optional(price)
        case .priceCurrency: .optional(priceCurrency)
        case .quantity: .optional(quantity)
        case .quantityUnit: .optional(quantityUnit)
        case .reconStatus: .optional(reconStatus)
        case .source: .string(source)
        case .sourceBroker: .optional(sourceBroker)
        case .sourceCreatedAt: .optional(sourceCreatedAt?.description)
        case .sourceCreatedBy: .optional(sourceCreatedBy)
        case .sourceExecutionType: .optional(sourceExecutionType)
        case .sourcePortfolio: .optional(sourcePortfolio)
        case .sourcePortfolioID: .optional(sourcePortfolioID)
        case .sourceSecurityID: .optional(sourceSecurityID)
        case .sourceTradeID: .string(sourceTradeID)
        case .sourceTradeTicketID: .optional(sourceTradeTicketID)
        case .sourceUpdatedAt: .string(sourceUpdatedAt.description)
        case .spotAtTrade: .optional(spotAtTrade)
        case .strike: .optional(strike)
        case .tradeDate: .string(tradeDate.description)
        case .tradeStatus: .string(tradeStatus.rawValue)
        case .tradedIV: .optional(tradedIV)
        case .underlyingSymbol: .optional(underlyingSymbol)
        case .underlyingType: .optional(underlyingType)
        }
    }
}

extension JSONNode {
    static func optional(_ text: String?) -> JSONNode { text.map(JSONNode.string) ?? .null }
    static func optional(_ value: FixedDecimal?) -> JSONNode { value.map(JSONNode.decimal) ?? .null }
}

extension ExecutionRow: Equatable {
    /// Whether every field is equal, strings by their UTF-8 bytes.
    public static func == (left: ExecutionRow, right: ExecutionRow) -> Bool {
        left.sourceUpdatedAt == right.sourceUpdatedAt
            && same(left.sourceTradeID, right.sourceTradeID)
            && same(left.source, right.source)
            && left.tradeDate == right.tradeDate
            && left.tradeStatus == right.tradeStatus
            && left.sourceCreatedAt == right.sourceCreatedAt
            && left.direction == right.direction
            && left.optionType == right.optionType
            && left.strike == right.strike
            && left.expiry == right.expiry
            && left.quantity == right.quantity
            && left.pendingQuantity == right.pendingQuantity
            && left.price == right.price
            && left.contractMultiplier == right.contractMultiplier
            && left.premiumUSD == right.premiumUSD
            && left.feesUSD == right.feesUSD
            && left.tradedIV == right.tradedIV
            && left.spotAtTrade == right.spotAtTrade
            && left.isSynthetic == right.isSynthetic
            && sameTexts(left, right)
    }

    private static func sameTexts(_ left: ExecutionRow, _ right: ExecutionRow) -> Bool {
        same(left.sourceTradeTicketID, right.sourceTradeTicketID)
            && same(left.sourcePortfolioID, right.sourcePortfolioID)
            && same(left.sourceSecurityID, right.sourceSecurityID)
            && same(left.sourcePortfolio, right.sourcePortfolio)
            && same(left.underlyingSymbol, right.underlyingSymbol)
            && same(left.underlyingType, right.underlyingType)
            && same(left.optionSymbol, right.optionSymbol)
            && same(left.instrument, right.instrument)
            && same(left.priceCurrency, right.priceCurrency)
            && same(left.quantityUnit, right.quantityUnit)
            && same(left.reconStatus, right.reconStatus)
            && same(left.sourceBroker, right.sourceBroker)
            && same(left.sourceExecutionType, right.sourceExecutionType)
            && same(left.sourceCreatedBy, right.sourceCreatedBy)
            && same(left.notes, right.notes)
    }

    private static func same(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.isBytewiseEqual(to: right)
        default: false
        }
    }
}
