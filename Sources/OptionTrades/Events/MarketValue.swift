import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The value of a field of an observation.
package enum MarketValue: Sendable {
    case null
    case text(String)
    case instant(Instant)
    case date(CalendarDate)
    case decimal(FixedDecimal)
    case integer(Int64)
    case optionType(OptionType)
    case rows(MarketRows)
}

extension MarketValue {
    init(
        reading key: StaticString, _ type: MarketField.FieldType, from members: inout MemberCursor
    ) throws(PayloadError) {
        self =
            switch type {
            case .text, .identifier, .choice: try members.optionalText(key).map(MarketValue.text) ?? .null
            case .instant: try members.optionalInstant(key).map(MarketValue.instant) ?? .null
            case .date: try members.optionalDate(key).map(MarketValue.date) ?? .null
            case .decimal: try members.optionalDecimal(key).map(MarketValue.decimal) ?? .null
            case .integer, .ordinal: try members.optionalInteger(key).map(MarketValue.integer) ?? .null
            case .optionType: try members.optionalEnumeration(key).map(MarketValue.optionType) ?? .null
            case .rows: throw members.error(key, "is not a single value")
            }
    }

    func write(to out: inout JSONWriter) {
        switch self {
        case .null: out.null()
        case .text(let text): out.string(text)
        case .instant(let instant): out.instant(instant)
        case .date(let date): out.date(date)
        case .decimal(let decimal): out.decimalString(decimal)
        case .integer(let integer): out.integer(integer)
        case .optionType(let type): out.string(type.rawValue)
        case .rows(let rows): out.raw(rows.json)
        }
    }
}
