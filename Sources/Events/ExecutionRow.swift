public import Values

/// What became of an order at the source.
public enum TradeStatus: String, Sendable, Hashable, CaseIterable {
    case filled = "FILLED"
    case partiallyFilled = "PARTIALLY_FILLED"
    case pending = "PENDING"
    case cancelled = "CANCELLED"
    case rejected = "REJECTED"
    case busted = "BUSTED"
}

/// The side of an execution.
public enum Direction: String, Sendable, Hashable, CaseIterable {
    case buy
    case sell
}

/// A row of the Alpha feed after normalization: its known fields under their stored names (spec 2, section 3).
///
/// This is what counts as content: two rows are equal where all fields are, strings by their UTF-8 bytes. A
/// field that the source left out, gave as null or as an empty string is nil, never zero.
public struct ExecutionRow: Sendable {
    /// The fields, in one place that all copies of the value share.
    @usableFromInline final class Storage: Sendable {
        @usableFromInline let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    @usableFromInline private(set) var storage: Storage

    init(_ fields: Fields) { storage = Storage(fields) }

    private var fields: Fields {
        get { storage.fields }
        set { storage = Storage(newValue) }
    }

    /// `source`: `alpha_sync` for every synced row.
    public var source: String {
        @inlinable get { storage.fields.source }
        set { fields.source = newValue }
    }
    /// `source_trade_id`
    public var sourceTradeID: String {
        @inlinable get { storage.fields.sourceTradeID }
        set { fields.sourceTradeID = newValue }
    }
    /// `source_updated_at`
    public var sourceUpdatedAt: Instant {
        @inlinable get { storage.fields.sourceUpdatedAt }
        set { fields.sourceUpdatedAt = newValue }
    }
    /// `trade_date`
    public var tradeDate: Instant {
        @inlinable get { storage.fields.tradeDate }
        set { fields.tradeDate = newValue }
    }
    /// `trade_status`
    public var tradeStatus: TradeStatus {
        @inlinable get { storage.fields.tradeStatus }
        set { fields.tradeStatus = newValue }
    }
    /// `source_created_at`
    public var sourceCreatedAt: Instant? {
        @inlinable get { storage.fields.sourceCreatedAt }
        set { fields.sourceCreatedAt = newValue }
    }
    /// `source_trade_ticket_id`
    public var sourceTradeTicketID: String? {
        @inlinable get { storage.fields.sourceTradeTicketID }
        set { fields.sourceTradeTicketID = newValue }
    }
    /// `source_portfolio_id`
    public var sourcePortfolioID: String? {
        @inlinable get { storage.fields.sourcePortfolioID }
        set { fields.sourcePortfolioID = newValue }
    }
    /// `source_security_id`
    public var sourceSecurityID: String? {
        @inlinable get { storage.fields.sourceSecurityID }
        set { fields.sourceSecurityID = newValue }
    }
    /// `source_portfolio`: the portfolio's name.
    public var sourcePortfolio: String? {
        @inlinable get { storage.fields.sourcePortfolio }
        set { fields.sourcePortfolio = newValue }
    }
    /// `underlying_symbol`
    public var underlyingSymbol: String? {
        @inlinable get { storage.fields.underlyingSymbol }
        set { fields.underlyingSymbol = newValue }
    }
    /// `underlying_type`
    public var underlyingType: String? {
        @inlinable get { storage.fields.underlyingType }
        set { fields.underlyingType = newValue }
    }
    /// `option_symbol`: the OCC symbol in its compact form.
    public var optionSymbol: String? {
        @inlinable get { storage.fields.optionSymbol }
        set { fields.optionSymbol = newValue }
    }
    /// `instrument`
    public var instrument: String? {
        @inlinable get { storage.fields.instrument }
        set { fields.instrument = newValue }
    }
    /// `direction`
    public var direction: Direction? {
        @inlinable get { storage.fields.direction }
        set { fields.direction = newValue }
    }
    /// `option_type`
    public var optionType: OptionType? {
        @inlinable get { storage.fields.optionType }
        set { fields.optionType = newValue }
    }
    /// `strike`, above zero.
    public var strike: FixedDecimal? {
        @inlinable get { storage.fields.strike }
        set { fields.strike = newValue }
    }
    /// `expiry`
    public var expiry: CalendarDate? {
        @inlinable get { storage.fields.expiry }
        set { fields.expiry = newValue }
    }
    /// `quantity`: the filled quantity, zero or more.
    public var quantity: FixedDecimal? {
        @inlinable get { storage.fields.quantity }
        set { fields.quantity = newValue }
    }
    /// `pending_quantity`, zero or more.
    public var pendingQuantity: FixedDecimal? {
        @inlinable get { storage.fields.pendingQuantity }
        set { fields.pendingQuantity = newValue }
    }
    /// `price`: per contract, zero or more; never a total.
    public var price: FixedDecimal? {
        @inlinable get { storage.fields.price }
        set { fields.price = newValue }
    }
    /// `price_currency`: 3 to 5 capital letters.
    public var priceCurrency: String? {
        @inlinable get { storage.fields.priceCurrency }
        set { fields.priceCurrency = newValue }
    }
    /// `contract_multiplier`, above zero.
    public var contractMultiplier: FixedDecimal? {
        @inlinable get { storage.fields.contractMultiplier }
        set { fields.contractMultiplier = newValue }
    }
    /// `quantity_unit`
    public var quantityUnit: String? {
        @inlinable get { storage.fields.quantityUnit }
        set { fields.quantityUnit = newValue }
    }
    /// `premium_usd`: the total in US dollars as the source gave it, zero or more.
    public var premiumUSD: FixedDecimal? {
        @inlinable get { storage.fields.premiumUSD }
        set { fields.premiumUSD = newValue }
    }
    /// `fees_usd`: US dollars; a rebate is negative.
    public var feesUSD: FixedDecimal? {
        @inlinable get { storage.fields.feesUSD }
        set { fields.feesUSD = newValue }
    }
    /// `traded_iv`, above zero.
    public var tradedIV: FixedDecimal? {
        @inlinable get { storage.fields.tradedIV }
        set { fields.tradedIV = newValue }
    }
    /// `spot_at_trade`, above zero.
    public var spotAtTrade: FixedDecimal? {
        @inlinable get { storage.fields.spotAtTrade }
        set { fields.spotAtTrade = newValue }
    }
    /// `recon_status`
    public var reconStatus: String? {
        @inlinable get { storage.fields.reconStatus }
        set { fields.reconStatus = newValue }
    }
    /// `source_broker`
    public var sourceBroker: String? {
        @inlinable get { storage.fields.sourceBroker }
        set { fields.sourceBroker = newValue }
    }
    /// `source_execution_type`
    public var sourceExecutionType: String? {
        @inlinable get { storage.fields.sourceExecutionType }
        set { fields.sourceExecutionType = newValue }
    }
    /// `source_created_by`
    public var sourceCreatedBy: String? {
        @inlinable get { storage.fields.sourceCreatedBy }
        set { fields.sourceCreatedBy = newValue }
    }
    /// `notes`
    public var notes: String? {
        @inlinable get { storage.fields.notes }
        set { fields.notes = newValue }
    }
    /// `is_synthetic`
    public var isSynthetic: Bool? {
        @inlinable get { storage.fields.isSynthetic }
        set { fields.isSynthetic = newValue }
    }

    /// `currency`: the underlying symbol.
    public var currency: String? { underlyingSymbol }

    /// Every field in the order of the feed's table; `source` comes last and is `alpha_sync` where left out.
    public init(
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
        isSynthetic: Bool? = nil,
        source: String = "alpha_sync"
    ) {
        self.init(
            Fields(
                source: source, sourceTradeID: sourceTradeID, sourceUpdatedAt: sourceUpdatedAt, tradeDate: tradeDate,
                tradeStatus: tradeStatus, sourceCreatedAt: sourceCreatedAt, sourceTradeTicketID: sourceTradeTicketID,
                sourcePortfolioID: sourcePortfolioID, sourceSecurityID: sourceSecurityID,
                sourcePortfolio: sourcePortfolio, underlyingSymbol: underlyingSymbol, underlyingType: underlyingType,
                optionSymbol: optionSymbol, instrument: instrument, direction: direction, optionType: optionType,
                strike: strike, expiry: expiry, quantity: quantity, pendingQuantity: pendingQuantity, price: price,
                priceCurrency: priceCurrency, contractMultiplier: contractMultiplier, quantityUnit: quantityUnit,
                premiumUSD: premiumUSD, feesUSD: feesUSD, tradedIV: tradedIV, spotAtTrade: spotAtTrade,
                reconStatus: reconStatus, sourceBroker: sourceBroker, sourceExecutionType: sourceExecutionType,
                sourceCreatedBy: sourceCreatedBy, notes: notes, isSynthetic: isSynthetic))
    }
}

extension ExecutionRow {
    /// The fields as they are stored, read and written; see the properties of the same names.
    @usableFromInline struct Fields: Sendable {
        @usableFromInline var source: String
        @usableFromInline var sourceTradeID: String
        @usableFromInline var sourceUpdatedAt: Instant
        @usableFromInline var tradeDate: Instant
        @usableFromInline var tradeStatus: TradeStatus
        @usableFromInline var sourceCreatedAt: Instant?
        @usableFromInline var sourceTradeTicketID: String?
        @usableFromInline var sourcePortfolioID: String?
        @usableFromInline var sourceSecurityID: String?
        @usableFromInline var sourcePortfolio: String?
        @usableFromInline var underlyingSymbol: String?
        @usableFromInline var underlyingType: String?
        @usableFromInline var optionSymbol: String?
        @usableFromInline var instrument: String?
        @usableFromInline var direction: Direction?
        @usableFromInline var optionType: OptionType?
        @usableFromInline var strike: FixedDecimal?
        @usableFromInline var expiry: CalendarDate?
        @usableFromInline var quantity: FixedDecimal?
        @usableFromInline var pendingQuantity: FixedDecimal?
        @usableFromInline var price: FixedDecimal?
        @usableFromInline var priceCurrency: String?
        @usableFromInline var contractMultiplier: FixedDecimal?
        @usableFromInline var quantityUnit: String?
        @usableFromInline var premiumUSD: FixedDecimal?
        @usableFromInline var feesUSD: FixedDecimal?
        @usableFromInline var tradedIV: FixedDecimal?
        @usableFromInline var spotAtTrade: FixedDecimal?
        @usableFromInline var reconStatus: String?
        @usableFromInline var sourceBroker: String?
        @usableFromInline var sourceExecutionType: String?
        @usableFromInline var sourceCreatedBy: String?
        @usableFromInline var notes: String?
        @usableFromInline var isSynthetic: Bool?
    }
}
