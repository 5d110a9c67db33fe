import Events
public import Values

/// The state of an order at the source.
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

/// A row of the Alpha feed after normalization: its known fields under their stored names (docs/contract/alpha-feed.md, "Row").
///
/// The row is the content: two rows are equal if all their fields are. Strings compare by their UTF-8 bytes. A field is
/// nil, never zero, if the source omitted it or sent null or an empty string.
@dynamicMemberLookup
public struct ExecutionRow: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the row.
    public struct Fields: Sendable {
        /// `source`: `alpha_sync` for every synced row.
        public var source: String
        /// `source_trade_id`
        public var sourceTradeID: String
        /// `source_updated_at`
        public var sourceUpdatedAt: Instant
        /// `trade_date`
        public var tradeDate: Instant
        /// `trade_status`
        public var tradeStatus: TradeStatus
        /// `source_created_at`
        public var sourceCreatedAt: Instant?
        /// `source_trade_ticket_id`
        public var sourceTradeTicketID: String?
        /// `source_portfolio_id`
        public var sourcePortfolioID: String?
        /// `source_security_id`
        public var sourceSecurityID: String?
        /// `source_portfolio`: the portfolio's name.
        public var sourcePortfolio: String?
        /// `underlying_symbol`
        public var underlyingSymbol: String?
        /// `underlying_type`
        public var underlyingType: String?
        /// `option_symbol`: the OCC symbol in its compact form.
        public var optionSymbol: String?
        /// `instrument`
        public var instrument: String?
        /// `direction`
        public var direction: Direction?
        /// `option_type`
        public var optionType: OptionType?
        /// `strike`, above zero.
        public var strike: FixedDecimal?
        /// `expiry`
        public var expiry: CalendarDate?
        /// `quantity`: the filled quantity, zero or more.
        public var quantity: FixedDecimal?
        /// `pending_quantity`, zero or more.
        public var pendingQuantity: FixedDecimal?
        /// `price`: per contract, zero or more; never a total.
        public var price: FixedDecimal?
        /// `price_currency`: 3 to 5 capital letters.
        public var priceCurrency: String?
        /// `contract_multiplier`, above zero.
        public var contractMultiplier: FixedDecimal?
        /// `quantity_unit`
        public var quantityUnit: String?
        /// `premium_usd`: the total in US dollars as the source gave it, zero or more.
        public var premiumUSD: FixedDecimal?
        /// `fees_usd`: US dollars; a rebate is negative.
        public var feesUSD: FixedDecimal?
        /// `traded_iv`, above zero.
        public var tradedIV: FixedDecimal?
        /// `spot_at_trade`, above zero.
        public var spotAtTrade: FixedDecimal?
        /// `recon_status`
        public var reconStatus: String?
        /// `source_broker`
        public var sourceBroker: String?
        /// `source_execution_type`
        public var sourceExecutionType: String?
        /// `source_created_by`
        public var sourceCreatedBy: String?
        /// `notes`
        public var notes: String?
        /// `is_synthetic`
        public var isSynthetic: Bool?
    }

    @usableFromInline var shared: Shared<Fields>

    init(_ fields: Fields) { shared = Shared(fields) }

    @inlinable public subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
        get { shared.fields[keyPath: field] }
        set { shared.fields[keyPath: field] = newValue }
    }

    /// `currency`: the underlying symbol.
    public var currency: String? { self.underlyingSymbol }

    /// Takes every field in the order of the feed's table. `source` comes last and defaults to `alpha_sync`.
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
