public import Events
public import JSON
import Values

extension ExecutionRow {
    /// Reads the content fields from an object that has all of them, such as a payload or a stored row of the trade
    /// book. Other members are ignored. The time is linear in the members and shortest if they are in canonical order.
    public init(decoding object: JSONValue) throws(PayloadError) {
        guard object.kind == .object else { throw PayloadError(pointer: "", problem: "is not an object") }
        var draft = ExecutionDraft()
        for member in object.memberViews {
            _ = try draft.take(member)
        }
        self = try draft.row()
    }
}

extension ExecutionRow.Fields {
    /// The initial state for reading. Every mandatory field is read before a caller sees the row.
    static var unread: Self {
        Self(source: "", sourceTradeID: "", sourceUpdatedAt: .minimum, tradeDate: .minimum, tradeStatus: .filled)
    }
}

/// A row under construction: its members are read in a single pass.
struct ExecutionDraft {
    private var fields: ExecutionRow.Fields
    /// One bit for each field seen.
    private var seen: UInt64 = 0
    /// The next field, if the members are in canonical order.
    private var expected = 0

    init() {
        fields = ExecutionRow.Fields.unread
    }

    /// Reads a member if it is a content field. Returns false for any other member.
    mutating func take(_ member: JSONValue.Member) throws(PayloadError) -> Bool {
        guard let field = field(of: member) else { return false }
        expected = field.rawValue + 1
        seen |= 1 << UInt64(field.rawValue)
        let value = member.value
        switch field {
        case .contractMultiplier: fields.contractMultiplier = try decimal(value, field)
        case .currency: break
        case .direction: fields.direction = try enumeration(value, field)
        case .expiry: fields.expiry = try date(value, field)
        case .feesUSD: fields.feesUSD = try decimal(value, field)
        case .instrument: fields.instrument = try text(value, field)
        case .isSynthetic: fields.isSynthetic = try truth(value, field)
        case .notes: fields.notes = try text(value, field)
        case .optionSymbol: fields.optionSymbol = try text(value, field)
        case .optionType: fields.optionType = try enumeration(value, field)
        case .pendingQuantity: fields.pendingQuantity = try decimal(value, field)
        case .premiumUSD: fields.premiumUSD = try decimal(value, field)
        case .price: fields.price = try decimal(value, field)
        case .priceCurrency: fields.priceCurrency = try text(value, field)
        case .quantity: fields.quantity = try decimal(value, field)
        case .quantityUnit: fields.quantityUnit = try text(value, field)
        case .reconStatus: fields.reconStatus = try text(value, field)
        case .source: fields.source = try present(try text(value, field), field)
        case .sourceBroker: fields.sourceBroker = try text(value, field)
        case .sourceCreatedAt: fields.sourceCreatedAt = try instant(value, field)
        case .sourceCreatedBy: fields.sourceCreatedBy = try text(value, field)
        case .sourceExecutionType: fields.sourceExecutionType = try text(value, field)
        case .sourcePortfolio: fields.sourcePortfolio = try text(value, field)
        case .sourcePortfolioID: fields.sourcePortfolioID = try text(value, field)
        case .sourceSecurityID: fields.sourceSecurityID = try text(value, field)
        case .sourceTradeID: fields.sourceTradeID = try present(try text(value, field), field)
        case .sourceTradeTicketID: fields.sourceTradeTicketID = try text(value, field)
        case .sourceUpdatedAt: fields.sourceUpdatedAt = try present(try instant(value, field), field)
        case .spotAtTrade: fields.spotAtTrade = try decimal(value, field)
        case .strike: fields.strike = try decimal(value, field)
        case .tradeDate: fields.tradeDate = try present(try instant(value, field), field)
        case .tradeStatus: fields.tradeStatus = try present(try enumeration(value, field), field)
        case .tradedIV: fields.tradedIV = try decimal(value, field)
        case .underlyingSymbol: fields.underlyingSymbol = try text(value, field)
        case .underlyingType: fields.underlyingType = try text(value, field)
        }
        return true
    }

    /// The finished row, if every field was seen.
    func row() throws(PayloadError) -> ExecutionRow {
        for field in ExecutionField.allCases where seen & 1 << UInt64(field.rawValue) == 0 {
            throw PayloadError(pointer: "", problem: "lacks the key \(field.name)")
        }
        return ExecutionRow(fields)
    }

    @inline(__always)
    private func field(of member: JSONValue.Member) -> ExecutionField? {
        if let next = ExecutionField(rawValue: expected), member.keyIs(next.name) { return next }
        return ExecutionField.allCases.first { member.keyIs($0.name) }
    }

    private func problem(_ field: ExecutionField, _ problem: String) -> PayloadError {
        PayloadError(pointer: "/\(field.name)", problem: problem)
    }

    private func present<Value>(_ value: Value?, _ field: ExecutionField) throws(PayloadError) -> Value {
        guard let value else { throw problem(field, "is null") }
        return value
    }

    private func text(_ value: JSONValue, _ field: ExecutionField) throws(PayloadError) -> String? {
        if value.isNull { return nil }
        guard let text = value.string else { throw problem(field, "is not a string") }
        return text
    }

    private func truth(_ value: JSONValue, _ field: ExecutionField) throws(PayloadError) -> Bool? {
        if value.isNull { return nil }
        guard let truth = value.bool else { throw problem(field, "is not true or false") }
        return truth
    }

    private func decimal(_ value: JSONValue, _ field: ExecutionField) throws(PayloadError) -> FixedDecimal? {
        if value.isNull { return nil }
        guard value.kind == .string, let decimal = value.decimal else {
            throw problem(field, "is not a decimal string")
        }
        return decimal
    }

    private func instant(_ value: JSONValue, _ field: ExecutionField) throws(PayloadError) -> Instant? {
        if value.isNull { return nil }
        let parsed: Instant?? = value.withUnescapedUTF8 { Instant(parsing: $0) }
        guard case .some(.some(let instant)) = parsed else { throw problem(field, "is not an instant") }
        return instant
    }

    private func date(_ value: JSONValue, _ field: ExecutionField) throws(PayloadError) -> CalendarDate? {
        if value.isNull { return nil }
        let parsed: CalendarDate?? = value.withUnescapedUTF8 { CalendarDate(parsing: $0) }
        guard case .some(.some(let date)) = parsed else { throw problem(field, "is not a date") }
        return date
    }

    private func enumeration<Value: RawRepresentable<String>>(
        _ value: JSONValue, _ field: ExecutionField
    ) throws(PayloadError) -> Value? {
        if value.isNull { return nil }
        guard let text = value.string, let known = Value(rawValue: text) else {
            throw problem(field, "is not one of the known values")
        }
        return known
    }
}
