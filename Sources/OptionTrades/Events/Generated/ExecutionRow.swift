// Made by `swift run payload-generator` from schema/events/AlphaExecutionUpdated.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The row of an execution after normalization: its known fields under their stored names (docs/contract/alpha-feed.md, "Row").
///
/// The row is the content: two rows are equal if all their fields are. Strings compare by their UTF-8 bytes. A field is
/// nil, never zero, if the source omitted it or sent null or an empty string.
@dynamicMemberLookup
package struct ExecutionRow: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the value.
    package struct Fields: Sendable {
        /// `source`: The name of the source: alpha_sync for every row of the Alpha feed.
        package var source: String
        /// `source_trade_id`
        package var sourceTradeID: String
        /// `source_updated_at`
        package var sourceUpdatedAt: Instant
        /// `trade_date`
        package var tradeDate: Instant
        /// `trade_status`
        package var tradeStatus: TradeStatus
        /// `source_created_at`
        package var sourceCreatedAt: Instant?
        /// `source_trade_ticket_id`
        package var sourceTradeTicketID: String?
        /// `source_portfolio_id`
        package var sourcePortfolioID: String?
        /// `source_security_id`
        package var sourceSecurityID: String?
        /// `source_portfolio`: The portfolio's name.
        package var sourcePortfolio: String?
        /// `underlying_symbol`
        package var underlyingSymbol: String?
        /// `underlying_type`
        package var underlyingType: String?
        /// `option_symbol`: The OCC symbol in its compact form.
        package var optionSymbol: String?
        /// `instrument`
        package var instrument: String?
        /// `direction`
        package var direction: Direction?
        /// `option_type`
        package var optionType: OptionType?
        /// `strike`: Above zero.
        package var strike: FixedDecimal?
        /// `expiry`
        package var expiry: CalendarDate?
        /// `quantity`: The filled quantity, zero or more.
        package var quantity: FixedDecimal?
        /// `pending_quantity`: Zero or more.
        package var pendingQuantity: FixedDecimal?
        /// `price`: Per contract, zero or more; never a total.
        package var price: FixedDecimal?
        /// `price_currency`: 3 to 5 capital letters.
        package var priceCurrency: String?
        /// `contract_multiplier`: Above zero.
        package var contractMultiplier: FixedDecimal?
        /// `quantity_unit`
        package var quantityUnit: String?
        /// `premium_usd`: The total in US dollars as the source gave it, zero or more.
        package var premiumUSD: FixedDecimal?
        /// `fees_usd`: US dollars; a rebate is negative.
        package var feesUSD: FixedDecimal?
        /// `traded_iv`: Above zero.
        package var tradedIV: FixedDecimal?
        /// `spot_at_trade`: Above zero.
        package var spotAtTrade: FixedDecimal?
        /// `recon_status`
        package var reconStatus: String?
        /// `source_broker`
        package var sourceBroker: String?
        /// `source_execution_type`
        package var sourceExecutionType: String?
        /// `source_created_by`
        package var sourceCreatedBy: String?
        /// `notes`
        package var notes: String?
        /// `is_synthetic`
        package var isSynthetic: Bool?
    }

    @usableFromInline var shared: Shared<Fields>

    init(_ fields: Fields) { shared = Shared(fields) }

    @inlinable package subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
        get { shared.fields[keyPath: field] }
        set { shared.fields[keyPath: field] = newValue }
    }

    /// `currency`: another name of `underlying_symbol`.
    package var currency: String? { self.underlyingSymbol }

    package init(
        source: String,
        sourceTradeID: String,
        sourceUpdatedAt: Instant,
        tradeDate: Instant,
        tradeStatus: TradeStatus,
        sourceCreatedAt: Instant? = nil,
        sourceTradeTicketID: String? = nil,
        sourcePortfolioID: String? = nil,
        sourceSecurityID: String? = nil,
        sourcePortfolio: String? = nil,
        underlyingSymbol: String? = nil,
        underlyingType: String? = nil,
        optionSymbol: String? = nil,
        instrument: String? = nil,
        direction: Direction? = nil,
        optionType: OptionType? = nil,
        strike: FixedDecimal? = nil,
        expiry: CalendarDate? = nil,
        quantity: FixedDecimal? = nil,
        pendingQuantity: FixedDecimal? = nil,
        price: FixedDecimal? = nil,
        priceCurrency: String? = nil,
        contractMultiplier: FixedDecimal? = nil,
        quantityUnit: String? = nil,
        premiumUSD: FixedDecimal? = nil,
        feesUSD: FixedDecimal? = nil,
        tradedIV: FixedDecimal? = nil,
        spotAtTrade: FixedDecimal? = nil,
        reconStatus: String? = nil,
        sourceBroker: String? = nil,
        sourceExecutionType: String? = nil,
        sourceCreatedBy: String? = nil,
        notes: String? = nil,
        isSynthetic: Bool? = nil
    ) {
        self.init(
            Fields(
                source: source,
                sourceTradeID: sourceTradeID,
                sourceUpdatedAt: sourceUpdatedAt,
                tradeDate: tradeDate,
                tradeStatus: tradeStatus,
                sourceCreatedAt: sourceCreatedAt,
                sourceTradeTicketID: sourceTradeTicketID,
                sourcePortfolioID: sourcePortfolioID,
                sourceSecurityID: sourceSecurityID,
                sourcePortfolio: sourcePortfolio,
                underlyingSymbol: underlyingSymbol,
                underlyingType: underlyingType,
                optionSymbol: optionSymbol,
                instrument: instrument,
                direction: direction,
                optionType: optionType,
                strike: strike,
                expiry: expiry,
                quantity: quantity,
                pendingQuantity: pendingQuantity,
                price: price,
                priceCurrency: priceCurrency,
                contractMultiplier: contractMultiplier,
                quantityUnit: quantityUnit,
                premiumUSD: premiumUSD,
                feesUSD: feesUSD,
                tradedIV: tradedIV,
                spotAtTrade: spotAtTrade,
                reconStatus: reconStatus,
                sourceBroker: sourceBroker,
                sourceExecutionType: sourceExecutionType,
                sourceCreatedBy: sourceCreatedBy,
                notes: notes,
                isSynthetic: isSynthetic))
    }
}

extension ExecutionRow.Fields {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            source: "",
            sourceTradeID: "",
            sourceUpdatedAt: .minimum,
            tradeDate: .minimum,
            tradeStatus: .filled)
    }
}

extension ExecutionRow {
    /// The canonical JSON object of the content: every content key, null for an absent field, decimals as strings.
    package func contentBytes() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 1280) { writeContent(to: &$0) }
    }

    /// Writes the object of ``contentBytes()``.
    package func writeContent(to out: inout JSONWriter) {
        out.beginObject()
        writeFieldsBeforeScopeKey(to: &out)
        writeFieldsAfterScopeKey(to: &out)
        out.endObject()
    }

    /// The SHA-256 of ``contentBytes()``.
    package var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    /// Writes the fields whose keys come before `scope_key`.
    func writeFieldsBeforeScopeKey(to out: inout JSONWriter) {
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

    /// Writes the fields whose keys come after `scope_key`.
    func writeFieldsAfterScopeKey(to out: inout JSONWriter) {
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

    /// Reads the content from an object that has all of it, such as a payload or a stored row. Other members are ignored.
    /// The time is linear in the members if they are in canonical order.
    package init(decoding object: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(object)
        self = try Self(reading: &members)
    }

    /// Reads the content from among the members of an object.
    init(reading members: inout MemberCursor) throws(PayloadError) {
        var fields = Fields.unread
        fields.contractMultiplier = try members.optionalDecimal("contract_multiplier")
        _ = try members.optionalText("currency")
        fields.direction = try members.optionalEnumeration("direction")
        fields.expiry = try members.optionalDate("expiry")
        fields.feesUSD = try members.optionalDecimal("fees_usd")
        fields.instrument = try members.optionalText("instrument")
        fields.isSynthetic = try members.optionalBool("is_synthetic")
        fields.notes = try members.optionalText("notes")
        fields.optionSymbol = try members.optionalText("option_symbol")
        fields.optionType = try members.optionalEnumeration("option_type")
        fields.pendingQuantity = try members.optionalDecimal("pending_quantity")
        fields.premiumUSD = try members.optionalDecimal("premium_usd")
        fields.price = try members.optionalDecimal("price")
        fields.priceCurrency = try members.optionalText("price_currency")
        fields.quantity = try members.optionalDecimal("quantity")
        fields.quantityUnit = try members.optionalText("quantity_unit")
        fields.reconStatus = try members.optionalText("recon_status")
        fields.source = try members.text("source")
        fields.sourceBroker = try members.optionalText("source_broker")
        fields.sourceCreatedAt = try members.optionalInstant("source_created_at")
        fields.sourceCreatedBy = try members.optionalText("source_created_by")
        fields.sourceExecutionType = try members.optionalText("source_execution_type")
        fields.sourcePortfolio = try members.optionalText("source_portfolio")
        fields.sourcePortfolioID = try members.optionalText("source_portfolio_id")
        fields.sourceSecurityID = try members.optionalText("source_security_id")
        fields.sourceTradeID = try members.text("source_trade_id")
        fields.sourceTradeTicketID = try members.optionalText("source_trade_ticket_id")
        fields.sourceUpdatedAt = try members.instant("source_updated_at")
        fields.spotAtTrade = try members.optionalDecimal("spot_at_trade")
        fields.strike = try members.optionalDecimal("strike")
        fields.tradeDate = try members.instant("trade_date")
        fields.tradeStatus = try members.enumeration("trade_status")
        fields.tradedIV = try members.optionalDecimal("traded_iv")
        fields.underlyingSymbol = try members.optionalText("underlying_symbol")
        fields.underlyingType = try members.optionalText("underlying_type")
        self.init(fields)
    }
}

extension CanonicalReader {
    /// Reads the fields whose keys come before `scope_key`.
    mutating func fieldsBeforeScopeKey(_ fields: inout ExecutionRow.Fields) -> Bool {
        var currency: String?
        guard take(#""contract_multiplier":"#), decimal(&fields.contractMultiplier),
            take(#","currency":"#), sharedText(&currency),
            take(#","direction":"#), enumeration(&fields.direction),
            take(#","expiry":"#), date(&fields.expiry),
            take(#","fees_usd":"#), decimal(&fields.feesUSD),
            take(#","instrument":"#), sharedText(&fields.instrument),
            take(#","is_synthetic":"#), truth(&fields.isSynthetic),
            take(#","notes":"#), text(&fields.notes),
            take(#","option_symbol":"#), sharedText(&fields.optionSymbol),
            take(#","option_type":"#), enumeration(&fields.optionType),
            take(#","pending_quantity":"#), decimal(&fields.pendingQuantity),
            take(#","premium_usd":"#), decimal(&fields.premiumUSD),
            take(#","price":"#), decimal(&fields.price),
            take(#","price_currency":"#), sharedText(&fields.priceCurrency),
            take(#","quantity":"#), decimal(&fields.quantity),
            take(#","quantity_unit":"#), sharedText(&fields.quantityUnit),
            take(#","recon_status":"#), sharedText(&fields.reconStatus)
        else { return false }
        return true
    }

    /// Reads the fields whose keys come after `scope_key`.
    mutating func fieldsAfterScopeKey(_ fields: inout ExecutionRow.Fields) -> Bool {
        guard take(#","source":"#), sharedText(&fields.source),
            take(#","source_broker":"#), sharedText(&fields.sourceBroker),
            take(#","source_created_at":"#), instant(&fields.sourceCreatedAt),
            take(#","source_created_by":"#), sharedText(&fields.sourceCreatedBy),
            take(#","source_execution_type":"#), sharedText(&fields.sourceExecutionType),
            take(#","source_portfolio":"#), sharedText(&fields.sourcePortfolio),
            take(#","source_portfolio_id":"#), sharedText(&fields.sourcePortfolioID),
            take(#","source_security_id":"#), sharedText(&fields.sourceSecurityID),
            take(#","source_trade_id":"#), text(&fields.sourceTradeID),
            take(#","source_trade_ticket_id":"#), text(&fields.sourceTradeTicketID),
            take(#","source_updated_at":"#), instant(&fields.sourceUpdatedAt),
            take(#","spot_at_trade":"#), decimal(&fields.spotAtTrade),
            take(#","strike":"#), decimal(&fields.strike),
            take(#","trade_date":"#), instant(&fields.tradeDate),
            take(#","trade_status":"#), enumeration(&fields.tradeStatus),
            take(#","traded_iv":"#), decimal(&fields.tradedIV),
            take(#","underlying_symbol":"#), sharedText(&fields.underlyingSymbol),
            take(#","underlying_type":"#), sharedText(&fields.underlyingType)
        else { return false }
        return true
    }
}

extension CanonicalReader {
    mutating func enumeration(_ value: inout Direction?) -> Bool {
        if isNull() { return true }
        if take(#""buy""#) {
            value = .buy
        } else if take(#""sell""#) {
            value = .sell
        } else {
            return false
        }
        return true
    }

    mutating func enumeration(_ value: inout OptionType?) -> Bool {
        if isNull() { return true }
        if take(#""call""#) {
            value = .call
        } else if take(#""put""#) {
            value = .put
        } else {
            return false
        }
        return true
    }

    mutating func enumeration(_ value: inout TradeStatus) -> Bool {
        if take(#""FILLED""#) {
            value = .filled
        } else if take(#""PARTIALLY_FILLED""#) {
            value = .partiallyFilled
        } else if take(#""PENDING""#) {
            value = .pending
        } else if take(#""CANCELLED""#) {
            value = .cancelled
        } else if take(#""REJECTED""#) {
            value = .rejected
        } else if take(#""BUSTED""#) {
            value = .busted
        } else {
            return false
        }
        return true
    }
}

/// The keys of the content in canonical order.
enum ExecutionField: Int, CaseIterable {
    case contractMultiplier
    case currency
    case direction
    case expiry
    case feesUSD
    case instrument
    case isSynthetic
    case notes
    case optionSymbol
    case optionType
    case pendingQuantity
    case premiumUSD
    case price
    case priceCurrency
    case quantity
    case quantityUnit
    case reconStatus
    case source
    case sourceBroker
    case sourceCreatedAt
    case sourceCreatedBy
    case sourceExecutionType
    case sourcePortfolio
    case sourcePortfolioID
    case sourceSecurityID
    case sourceTradeID
    case sourceTradeTicketID
    case sourceUpdatedAt
    case spotAtTrade
    case strike
    case tradeDate
    case tradeStatus
    case tradedIV
    case underlyingSymbol
    case underlyingType

    /// The key in payloads, which is also the stored name.
    var name: StaticString {
        switch self {
        case .contractMultiplier: "contract_multiplier"
        case .currency: "currency"
        case .direction: "direction"
        case .expiry: "expiry"
        case .feesUSD: "fees_usd"
        case .instrument: "instrument"
        case .isSynthetic: "is_synthetic"
        case .notes: "notes"
        case .optionSymbol: "option_symbol"
        case .optionType: "option_type"
        case .pendingQuantity: "pending_quantity"
        case .premiumUSD: "premium_usd"
        case .price: "price"
        case .priceCurrency: "price_currency"
        case .quantity: "quantity"
        case .quantityUnit: "quantity_unit"
        case .reconStatus: "recon_status"
        case .source: "source"
        case .sourceBroker: "source_broker"
        case .sourceCreatedAt: "source_created_at"
        case .sourceCreatedBy: "source_created_by"
        case .sourceExecutionType: "source_execution_type"
        case .sourcePortfolio: "source_portfolio"
        case .sourcePortfolioID: "source_portfolio_id"
        case .sourceSecurityID: "source_security_id"
        case .sourceTradeID: "source_trade_id"
        case .sourceTradeTicketID: "source_trade_ticket_id"
        case .sourceUpdatedAt: "source_updated_at"
        case .spotAtTrade: "spot_at_trade"
        case .strike: "strike"
        case .tradeDate: "trade_date"
        case .tradeStatus: "trade_status"
        case .tradedIV: "traded_iv"
        case .underlyingSymbol: "underlying_symbol"
        case .underlyingType: "underlying_type"
        }
    }

    /// Whether the field holds a decimal.
    var isDecimal: Bool {
        switch self {
        case .contractMultiplier, .feesUSD, .pendingQuantity, .premiumUSD, .price, .quantity, .spotAtTrade, .strike,
            .tradedIV:
            true
        default: false
        }
    }
}

extension ExecutionRow {
    /// The value of a field as JSON; null if the field is absent.
    func value(of field: ExecutionField) -> JSONNode {
        switch field {
        case .contractMultiplier: .optional(self.contractMultiplier)
        case .currency: .optional(self.currency)
        case .direction: .optional(self.direction?.rawValue)
        case .expiry: .optional(self.expiry?.description)
        case .feesUSD: .optional(self.feesUSD)
        case .instrument: .optional(self.instrument)
        case .isSynthetic: .optional(self.isSynthetic)
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
        case .source: .optional(self.source)
        case .sourceBroker: .optional(self.sourceBroker)
        case .sourceCreatedAt: .optional(self.sourceCreatedAt?.description)
        case .sourceCreatedBy: .optional(self.sourceCreatedBy)
        case .sourceExecutionType: .optional(self.sourceExecutionType)
        case .sourcePortfolio: .optional(self.sourcePortfolio)
        case .sourcePortfolioID: .optional(self.sourcePortfolioID)
        case .sourceSecurityID: .optional(self.sourceSecurityID)
        case .sourceTradeID: .optional(self.sourceTradeID)
        case .sourceTradeTicketID: .optional(self.sourceTradeTicketID)
        case .sourceUpdatedAt: .optional(self.sourceUpdatedAt.description)
        case .spotAtTrade: .optional(self.spotAtTrade)
        case .strike: .optional(self.strike)
        case .tradeDate: .optional(self.tradeDate.description)
        case .tradeStatus: .optional(self.tradeStatus.rawValue)
        case .tradedIV: .optional(self.tradedIV)
        case .underlyingSymbol: .optional(self.underlyingSymbol)
        case .underlyingType: .optional(self.underlyingType)
        }
    }
}

extension ExecutionRow: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: ExecutionRow, right: ExecutionRow) -> Bool {
        guard left.sourceUpdatedAt == right.sourceUpdatedAt,
            left.tradeDate == right.tradeDate,
            left.tradeStatus == right.tradeStatus,
            left.sourceCreatedAt == right.sourceCreatedAt,
            left.direction == right.direction,
            left.optionType == right.optionType,
            left.strike == right.strike,
            left.expiry == right.expiry,
            left.quantity == right.quantity,
            left.pendingQuantity == right.pendingQuantity,
            left.price == right.price,
            left.contractMultiplier == right.contractMultiplier,
            left.premiumUSD == right.premiumUSD,
            left.feesUSD == right.feesUSD,
            left.tradedIV == right.tradedIV,
            left.spotAtTrade == right.spotAtTrade,
            left.isSynthetic == right.isSynthetic,
            left.source.isBytewiseEqual(to: right.source),
            left.sourceTradeID.isBytewiseEqual(to: right.sourceTradeID),
            left.sourceTradeTicketID.isBytewiseEqual(to: right.sourceTradeTicketID),
            left.sourcePortfolioID.isBytewiseEqual(to: right.sourcePortfolioID),
            left.sourceSecurityID.isBytewiseEqual(to: right.sourceSecurityID),
            left.sourcePortfolio.isBytewiseEqual(to: right.sourcePortfolio),
            left.underlyingSymbol.isBytewiseEqual(to: right.underlyingSymbol),
            left.underlyingType.isBytewiseEqual(to: right.underlyingType),
            left.optionSymbol.isBytewiseEqual(to: right.optionSymbol),
            left.instrument.isBytewiseEqual(to: right.instrument),
            left.priceCurrency.isBytewiseEqual(to: right.priceCurrency),
            left.quantityUnit.isBytewiseEqual(to: right.quantityUnit),
            left.reconStatus.isBytewiseEqual(to: right.reconStatus),
            left.sourceBroker.isBytewiseEqual(to: right.sourceBroker),
            left.sourceExecutionType.isBytewiseEqual(to: right.sourceExecutionType),
            left.sourceCreatedBy.isBytewiseEqual(to: right.sourceCreatedBy),
            left.notes.isBytewiseEqual(to: right.notes)
        else { return false }
        return true
    }
}
