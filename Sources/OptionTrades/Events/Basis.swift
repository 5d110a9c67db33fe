public import Events
public import JSON
public import Values

/// The fields of a trade's row that a stamp, a benchmark or a mark was made from. An enrichment whose basis differs
/// from that of the current row counts as absent.
public struct Basis: Sendable {
    /// `trade_date`
    public var tradeDate: Instant
    /// `underlying_symbol`
    public var underlyingSymbol: String?
    /// `contract_key`: the option symbol, else the instrument.
    public var contractKey: String?
    /// `option_type`
    public var optionType: OptionType?
    /// `strike`
    public var strike: FixedDecimal?
    /// `expiry`
    public var expiry: CalendarDate?
    /// `target`: the instant that a mark is for. Stamps and benchmarks have no target.
    public var target: Instant?

    public init(
        tradeDate: Instant, underlyingSymbol: String?, contractKey: String?, optionType: OptionType?,
        strike: FixedDecimal?, expiry: CalendarDate?, target: Instant? = nil
    ) {
        self.tradeDate = tradeDate
        self.underlyingSymbol = underlyingSymbol
        self.contractKey = contractKey
        self.optionType = optionType
        self.strike = strike
        self.expiry = expiry
        self.target = target
    }

    /// The basis of a row in its present form.
    public init(of row: ExecutionRow, target: Instant? = nil) {
        self.init(
            tradeDate: row.tradeDate, underlyingSymbol: row.underlyingSymbol, contractKey: row.contractKey,
            optionType: row.optionType, strike: row.strike, expiry: row.expiry, target: target)
    }

    /// Whether this is the basis of the given row and target.
    public func isBasis(of row: ExecutionRow, target: Instant? = nil) -> Bool {
        tradeDate == row.tradeDate && self.target == target && strike == row.strike && expiry == row.expiry
            && optionType == row.optionType && Self.same(underlyingSymbol, row.underlyingSymbol)
            && Self.same(contractKey, row.contractKey)
    }

    /// Writes the basis as an object.
    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("contract_key")
        out.string(contractKey)
        out.key("expiry")
        out.date(expiry)
        out.key("option_type")
        out.string(optionType?.rawValue)
        out.key("strike")
        out.decimalString(strike)
        out.key("target")
        out.instant(target)
        out.key("trade_date")
        out.instant(tradeDate)
        out.key("underlying_symbol")
        out.string(underlyingSymbol)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "contract_key", "expiry", "option_type", "strike", "target", "trade_date", "underlying_symbol",
    ]

    /// Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.
    public init(decoding value: JSONValue, pointer: String = "/basis") throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        contractKey = try members.optionalText("contract_key")
        expiry = try members.optionalDate("expiry")
        optionType = try members.optionalOptionType("option_type")
        strike = try members.optionalDecimal("strike")
        target = try members.optionalInstant("target")
        tradeDate = try members.instant("trade_date")
        underlyingSymbol = try members.optionalText("underlying_symbol")
        try members.finish(Self.keys)
    }
}

extension Basis: Equatable {
    /// Two bases are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    public static func == (left: Basis, right: Basis) -> Bool {
        left.tradeDate == right.tradeDate && left.target == right.target && left.strike == right.strike
            && left.expiry == right.expiry && left.optionType == right.optionType
            && same(left.underlyingSymbol, right.underlyingSymbol) && same(left.contractKey, right.contractKey)
    }

    fileprivate static func same(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.isBytewiseEqual(to: right)
        default: false
        }
    }
}
