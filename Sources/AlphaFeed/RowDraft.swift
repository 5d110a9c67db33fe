import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// A row while its members are read, and what has been found wrong with it.
struct RowDraft {
    /// The fields read so far. Required ones hold a stand-in until they are ``present``.
    private(set) var row: ExecutionRow
    /// Keys that the contract doesn't name, in source order.
    private(set) var unknown: [(key: String, sourceText: String)] = []
    /// Keys with a value that is neither null nor an empty string, valid or not.
    private var present = FeedKeySet()
    private var invalid = FeedKeySet()
    /// What is wrong besides missing and invalid values of known keys.
    private var otherReasons: [String] = []
    private var symbol: OptionSymbol?
    private var isMissingAny = false
    /// Whether a value is longer than ``RowNormalizer/longestField``.
    var hasLongField = false

    init(source: String) {
        row = ExecutionRow(
            source: source, sourceTradeID: "", sourceUpdatedAt: .minimum, tradeDate: .minimum, tradeStatus: .filled)
    }

    /// Reads a member of the row.
    mutating func take(_ member: JSONValue.Member) {
        guard let key = member.withKeyBytes({ FeedKeyTable.shared.key($0) }) ?? nil else {
            return takeUnknown(member)
        }
        let value = member.value
        // An empty string is null for every key, whatever its type.
        if value.isNull || value.stringIs("") { return }
        present.insert(key)
        if !store(value, key) { invalid.insert(key) }
    }

    private mutating func takeUnknown(_ member: JSONValue.Member) {
        if member.keyIssue == nil {
            unknown.append((member.key, member.value.sourceText))
        } else {
            // No text that can be stored: the row shows the key as the source spelled it, escapes and all.
            let spelling = String(member.keyValue.sourceText.dropFirst().dropLast())
            unknown.append((spelling, member.value.sourceText))
            otherReasons.append("invalid:\(spelling)")
        }
    }

    /// Stores a value that is not null; false where it is not what its key asks for.
    private mutating func store(_ value: JSONValue, _ key: FeedKey) -> Bool {
        switch key {
        case .tradeID: storeTradeID(value)
        case .updatedAt: Self.instant(value).map { row.sourceUpdatedAt = $0 } != nil
        case .tradeDate: Self.instant(value).map { row.tradeDate = $0 } != nil
        case .tradeStatus: Self.tradeStatus(value).map { row.tradeStatus = $0 } != nil
        case .createdAt: Self.keep(Self.instant(value), in: &row.sourceCreatedAt)
        case .tradeTicketID: Self.keep(Self.text(value), in: &row.sourceTradeTicketID)
        case .portfolioID: Self.keep(Self.text(value), in: &row.sourcePortfolioID)
        case .securityID: Self.keep(Self.text(value), in: &row.sourceSecurityID)
        case .portfolioName: Self.keep(Self.text(value), in: &row.sourcePortfolio)
        case .underlyingSymbol: Self.keep(Self.text(value), in: &row.underlyingSymbol)
        case .underlyingType: Self.keep(Self.text(value), in: &row.underlyingType)
        case .optionSymbol: storeSymbol(value)
        case .instrument: Self.keep(Self.text(value), in: &row.instrument)
        case .side: Self.keep(Self.direction(value), in: &row.direction)
        case .optionType: Self.keep(Self.optionType(value), in: &row.optionType)
        case .strike: Self.keep(Self.positive(value), in: &row.strike)
        case .expiry: Self.keep(Self.date(value), in: &row.expiry)
        case .filledQuantity: Self.keep(Self.notNegative(value), in: &row.quantity)
        case .pendingQuantity: Self.keep(Self.notNegative(value), in: &row.pendingQuantity)
        case .price: Self.keep(Self.notNegative(value), in: &row.price)
        case .priceCurrency: Self.keep(Self.currency(value), in: &row.priceCurrency)
        case .contractMultiplier: Self.keep(Self.positive(value), in: &row.contractMultiplier)
        case .quantityUnit: Self.keep(Self.text(value), in: &row.quantityUnit)
        case .premiumUSD: Self.keep(Self.notNegative(value), in: &row.premiumUSD)
        case .feesUSD: Self.keep(value.decimal, in: &row.feesUSD)
        case .tradedIV: Self.keep(Self.positive(value), in: &row.tradedIV)
        case .spotAtTrade: Self.keep(Self.positive(value), in: &row.spotAtTrade)
        case .reconStatus: Self.keep(Self.text(value), in: &row.reconStatus)
        case .broker: Self.keep(Self.text(value), in: &row.sourceBroker)
        case .executionType: Self.keep(Self.text(value), in: &row.sourceExecutionType)
        case .createdBy: Self.keep(Self.text(value), in: &row.sourceCreatedBy)
        case .notes: Self.keep(Self.text(value), in: &row.notes)
        case .isSynthetic: Self.keep(value.bool, in: &row.isSynthetic)
        }
    }

    private static func keep<Value>(_ value: Value?, in field: inout Value?) -> Bool {
        field = value
        return value != nil
    }

    private mutating func storeTradeID(_ value: JSONValue) -> Bool {
        // A scalar has at least one byte, so that most ids need no counting.
        guard let id = Self.text(value),
            id.utf8.count <= Self.maximumTradeIDScalars || id.unicodeScalars.count <= Self.maximumTradeIDScalars
        else { return false }
        row.sourceTradeID = id
        return true
    }

    private mutating func storeSymbol(_ value: JSONValue) -> Bool {
        guard let symbol = value.withUnescapedUTF8({ OptionSymbol(parsing: $0) }) ?? nil else { return false }
        self.symbol = symbol
        row.optionSymbol = symbol.description
        return true
    }

    private static let maximumTradeIDScalars = 128

    // MARK: - The row as a whole

    /// Checks what needs more than one member, once all are read.
    mutating func checkTogether(_ scope: ExecutionScope) {
        if hasLongField { otherReasons.append("invalid:row") }
        isMissingAny = FeedKey.required.contains { !present.contains($0) }
        let status = isUsable(.tradeStatus) ? row.tradeStatus : nil
        if status == .pending && !scope.includePending { otherReasons.append("pending_not_requested") }
        if let quantity = row.quantity, quantity.isZero, status == .filled || status == .partiallyFilled {
            invalid.insert(.filledQuantity)
        }
        if let portfolio = row.sourcePortfolio, !scope.contains(portfolio) {
            otherReasons.append("out_of_scope:\(FeedKey.portfolioName.name)")
        }
        guard let symbol else { return }
        if let optionType = row.optionType, optionType != symbol.optionType { contradicts(.optionType) }
        if let strike = row.strike, strike != symbol.strike { contradicts(.strike) }
        if let expiry = row.expiry, expiry != symbol.expiry { contradicts(.expiry) }
    }

    private mutating func contradicts(_ key: FeedKey) {
        otherReasons.append("symbol_mismatch:\(key.name)")
    }

    private func isUsable(_ key: FeedKey) -> Bool {
        present.contains(key) && !invalid.contains(key)
    }

    /// Whether nothing is wrong with the row.
    var isSound: Bool { invalid.isEmpty && !isMissingAny && otherReasons.isEmpty }

    /// The trade id, where it is there and valid.
    var readableTradeID: String? { isUsable(.tradeID) ? row.sourceTradeID : nil }

    /// All that is wrong, sorted by bytes. None comes twice: a key is missing or invalid, and the other reasons differ.
    var reasons: [String] {
        var reasons = otherReasons
        for key in FeedKey.allCases where invalid.contains(key) { reasons.append("invalid:\(key.name)") }
        for key in FeedKey.required where !present.contains(key) { reasons.append("missing:\(key.name)") }
        return reasons.sorted { $0.isBytewiseLess(than: $1) }
    }
}
