import Events
import Values

/// The content fields of an execution in canonical key order: by UTF-16 code units, which for these names equals
/// bytewise order.
enum ExecutionField: Int, CaseIterable {
    case contractMultiplier, currency, direction, expiry, feesUSD, instrument, isSynthetic, notes, optionSymbol
    case optionType, pendingQuantity, premiumUSD, price, priceCurrency, quantity, quantityUnit, reconStatus, source
    case sourceBroker, sourceCreatedAt, sourceCreatedBy, sourceExecutionType, sourcePortfolio, sourcePortfolioID
    case sourceSecurityID, sourceTradeID, sourceTradeTicketID, sourceUpdatedAt, spotAtTrade, strike, tradeDate
    case tradeStatus, tradedIV, underlyingSymbol, underlyingType

    /// The number of fields.
    static let count = 35

    /// The stored name, which is also the key in payloads.
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

    /// Whether an update reports a change of the field. It does not report the trade's identity, nor `currency`, which
    /// is another name of `underlying_symbol`.
    var isComparable: Bool {
        self != .source && self != .sourceTradeID && self != .currency
    }

    /// The stored names in order.
    static let names: [String] = allCases.map { "\($0.name)" }

    /// The field with the given stored name.
    static func named(_ name: String) -> ExecutionField? { byName[ByteKey(name)] }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { (ByteKey(names[$0.rawValue]), $0) })
}
