// Made by `swift run payload-generator` from schema/events/ContextStamped.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The fields of a trade's row that a stamp, a benchmark or a mark was made from. An enrichment whose basis differs
/// from that of the current row counts as absent.
package struct Basis: Sendable {
    /// `trade_date`
    package var tradeDate: Instant
    /// `underlying_symbol`
    package var underlyingSymbol: String?
    /// `contract_key`: The option symbol, else the instrument.
    package var contractKey: String?
    /// `option_type`
    package var optionType: OptionType?
    /// `strike`
    package var strike: FixedDecimal?
    /// `expiry`
    package var expiry: CalendarDate?
    /// `target`: The instant that a mark is for. Stamps and benchmarks have no target.
    package var target: Instant?

    package init(
        tradeDate: Instant,
        underlyingSymbol: String? = nil,
        contractKey: String? = nil,
        optionType: OptionType? = nil,
        strike: FixedDecimal? = nil,
        expiry: CalendarDate? = nil,
        target: Instant? = nil
    ) {
        self.tradeDate = tradeDate
        self.underlyingSymbol = underlyingSymbol
        self.contractKey = contractKey
        self.optionType = optionType
        self.strike = strike
        self.expiry = expiry
        self.target = target
    }
}

extension Basis {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            tradeDate: .minimum)
    }
}

extension Basis {
    /// Writes the value as an object.
    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("contract_key")
        out.string(self.contractKey)
        out.append(#","expiry":"#)
        out.date(self.expiry)
        out.append(#","option_type":"#)
        out.string(self.optionType?.rawValue)
        out.append(#","strike":"#)
        out.decimalString(self.strike)
        out.append(#","target":"#)
        out.instant(self.target)
        out.append(#","trade_date":"#)
        out.instant(self.tradeDate)
        out.append(#","underlying_symbol":"#)
        out.string(self.underlyingSymbol)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "contract_key", "expiry", "option_type", "strike", "target", "trade_date", "underlying_symbol",
    ]

    /// Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.
    package init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        self = .unread
        contractKey = try members.optionalText("contract_key")
        expiry = try members.optionalDate("expiry")
        optionType = try members.optionalEnumeration("option_type")
        strike = try members.optionalDecimal("strike")
        target = try members.optionalInstant("target")
        tradeDate = try members.instant("trade_date")
        underlyingSymbol = try members.optionalText("underlying_symbol")
        try members.finish(Self.keys)
    }
}

extension CanonicalReader {
    /// Reads a `Basis`.
    mutating func basis(_ value: inout Basis) -> Bool {
        guard take(#"{"contract_key":"#), sharedText(&value.contractKey),
            take(#","expiry":"#), date(&value.expiry),
            take(#","option_type":"#), enumeration(&value.optionType),
            take(#","strike":"#), decimal(&value.strike),
            take(#","target":"#), instant(&value.target),
            take(#","trade_date":"#), instant(&value.tradeDate),
            take(#","underlying_symbol":"#), sharedText(&value.underlyingSymbol), take("}")
        else { return false }
        return true
    }
}

extension Basis: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: Basis, right: Basis) -> Bool {
        guard left.tradeDate == right.tradeDate,
            left.optionType == right.optionType,
            left.strike == right.strike,
            left.expiry == right.expiry,
            left.target == right.target,
            left.underlyingSymbol.isBytewiseEqual(to: right.underlyingSymbol),
            left.contractKey.isBytewiseEqual(to: right.contractKey)
        else { return false }
        return true
    }
}
