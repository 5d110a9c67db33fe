import Events
public import JSON
public import Values

/// A field that differs from the previous row of the same trade.
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

    /// The canonical JSON object of the content: every field of ``fieldNames``. Absent fields are null and decimals are
    /// strings. The names are in order of their UTF-16 code units.
    public func contentBytes() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1280) { writeContent(to: &$0) } }

    /// Writes the object of ``contentBytes()``.
    public func writeContent(to out: inout JSONWriter) {
        out.beginObject()
        writeFieldsBeforeSource(to: &out)
        writeFieldsFromSource(to: &out)
        out.endObject()
    }

    /// The SHA-256 of ``contentBytes()``: the digest in the identity of an update.
    public var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    // This writes key by key, with the comma before each key, because it is the hot end of every append. Tests check
    // the order.

    /// Writes the content fields whose names come before `source`, and so before a payload's `scope_key`.
    func writeFieldsBeforeSource(to out: inout JSONWriter) {
        out.key("contract_multiplier")
        out.decimalString(self.contractMultiplier)
        out.append(#","currency":"#)
        out.string(self.currency)
        out.append(#","direction":"#)
        out.string(self.direction?.rawValue)
        out.append(#","expiry":"#)
        out.date(self.expiry)
        out.append(#","fees_usd":"#)
        out.decimalString(self.feesUSD)
        out.append(#","instrument":"#)
        out.string(self.instrument)
        out.append(#","is_synthetic":"#)
        out.bool(self.isSynthetic)
        out.append(#","notes":"#)
        out.string(self.notes)
        out.append(#","option_symbol":"#)
        out.string(self.optionSymbol)
        out.append(#","option_type":"#)
        out.string(self.optionType?.rawValue)
        out.append(#","pending_quantity":"#)
        out.decimalString(self.pendingQuantity)
        out.append(#","premium_usd":"#)
        out.decimalString(self.premiumUSD)
        out.append(#","price":"#)
        out.decimalString(self.price)
        out.append(#","price_currency":"#)
        out.string(self.priceCurrency)
        out.append(#","quantity":"#)
        out.decimalString(self.quantity)
        out.append(#","quantity_unit":"#)
        out.string(self.quantityUnit)
        out.append(#","recon_status":"#)
        out.string(self.reconStatus)
    }

    /// Writes `source` and the content fields after it.
    func writeFieldsFromSource(to out: inout JSONWriter) {
        out.append(#","source":"#)
        out.string(self.source)
        out.append(#","source_broker":"#)
        out.string(self.sourceBroker)
        out.append(#","source_created_at":"#)
        out.instant(self.sourceCreatedAt)
        out.append(#","source_created_by":"#)
        out.string(self.sourceCreatedBy)
        out.append(#","source_execution_type":"#)
        out.string(self.sourceExecutionType)
        out.append(#","source_portfolio":"#)
        out.string(self.sourcePortfolio)
        out.append(#","source_portfolio_id":"#)
        out.string(self.sourcePortfolioID)
        out.append(#","source_security_id":"#)
        out.string(self.sourceSecurityID)
        out.append(#","source_trade_id":"#)
        out.string(self.sourceTradeID)
        out.append(#","source_trade_ticket_id":"#)
        out.string(self.sourceTradeTicketID)
        out.append(#","source_updated_at":"#)
        out.instant(self.sourceUpdatedAt)
        out.append(#","spot_at_trade":"#)
        out.decimalString(self.spotAtTrade)
        out.append(#","strike":"#)
        out.decimalString(self.strike)
        out.append(#","trade_date":"#)
        out.instant(self.tradeDate)
        out.append(#","trade_status":"#)
        out.string(self.tradeStatus.rawValue)
        out.append(#","traded_iv":"#)
        out.decimalString(self.tradedIV)
        out.append(#","underlying_symbol":"#)
        out.string(self.underlyingSymbol)
        out.append(#","underlying_type":"#)
        out.string(self.underlyingType)
    }
}

// MARK: - Fields by name, and changes

extension ExecutionRow {
    /// The value of a content field by its stored name. An absent value is `null`; an unknown name gives nil.
    public func value(named name: String) -> JSONNode? {
        ExecutionField.named(name).map(value(of:))
    }

    /// The fields that differ from an older row of the same trade, sorted by name. These are all content fields except
    /// `source`, `source_trade_id` and `currency`, which only repeats `underlying_symbol`.
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
        case .contractMultiplier: .optional(self.contractMultiplier)
        case .currency: .optional(self.currency)
        case .direction: .optional(self.direction?.rawValue)
        case .expiry: .optional(self.expiry?.description)
        case .feesUSD: .optional(self.feesUSD)
        case .instrument: .optional(self.instrument)
        case .isSynthetic: self.isSynthetic.map(JSONNode.bool) ?? .null
        case .notes: .optional(self.notes)
        case .optionSymbol: .optional(self.optionSymbol)
        case .optionType: .optional(self.optionType?.rawValue)
        case .pendingQuantity: .optional(self.pendingQuantity)
        case .premiumUSD: .optional(self.premiumUSD)
        case .price: .optional(self.price)
        case .priceCurrency: .optional(self.priceCurrency)
        case .quantity: .optional(self.quantity)
        case .quantityUnit: .optional(self.quantityUnit)
        case .reconStatus: .optional(self.reconStatus)
        case .source: .string(self.source)
        case .sourceBroker: .optional(self.sourceBroker)
        case .sourceCreatedAt: .optional(self.sourceCreatedAt?.description)
        case .sourceCreatedBy: .optional(self.sourceCreatedBy)
        case .sourceExecutionType: .optional(self.sourceExecutionType)
        case .sourcePortfolio: .optional(self.sourcePortfolio)
        case .sourcePortfolioID: .optional(self.sourcePortfolioID)
        case .sourceSecurityID: .optional(self.sourceSecurityID)
        case .sourceTradeID: .string(self.sourceTradeID)
        case .sourceTradeTicketID: .optional(self.sourceTradeTicketID)
        case .sourceUpdatedAt: .string(self.sourceUpdatedAt.description)
        case .spotAtTrade: .optional(self.spotAtTrade)
        case .strike: .optional(self.strike)
        case .tradeDate: .string(self.tradeDate.description)
        case .tradeStatus: .string(self.tradeStatus.rawValue)
        case .tradedIV: .optional(self.tradedIV)
        case .underlyingSymbol: .optional(self.underlyingSymbol)
        case .underlyingType: .optional(self.underlyingType)
        }
    }
}

extension JSONNode {
    static func optional(_ text: String?) -> JSONNode { text.map(JSONNode.string) ?? .null }
    static func optional(_ value: FixedDecimal?) -> JSONNode { value.map(JSONNode.decimal) ?? .null }
}

extension ExecutionRow: Equatable {
    /// Two rows are equal if every field is equal. Strings compare by their UTF-8 bytes.
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
