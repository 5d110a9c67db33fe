import LedgerExplanations
import LedgerJSON
import LedgerValues

/// The value of a figure in an analysis's document.
enum FigureValue: Sendable {
    case null
    case decimal(FixedDecimal)
    case decimals([FixedDecimal])
    case integer(Int)
    case truth(Bool)
    case text(String)
    case texts([String])
    case instant(Instant)
    case date(CalendarDate)

    init(_ value: FixedDecimal?) { self = value.map { .decimal($0) } ?? .null }

    /// The number rounded half to even to 10 digits.
    init(_ value: ExactNumber?) { self.init(value.flatMap { $0.rounded() }) }

    /// A figure of a model, rounded half to even to 10 digits.
    init(model value: Double?) { self.init(value.flatMap { FixedDecimal(model: $0) }) }

    init(_ value: String?) { self = value.map { .text($0) } ?? .null }

    init(_ value: Instant?) { self = value.map { .instant($0) } ?? .null }

    init(_ value: Int?) { self = value.map { .integer($0) } ?? .null }

    var isNull: Bool { if case .null = self { true } else { false } }

    func write(to out: inout JSONWriter) {
        switch self {
        case .null: out.null()
        case .decimal(let value): out.decimalNumber(value)
        case .decimals(let values):
            out.beginArray()
            for value in values { out.decimalNumber(value) }
            out.endArray()
        case .integer(let value): out.integer(value)
        case .truth(let value): out.bool(value)
        case .text(let value): out.string(value)
        case .texts(let values): out.strings(values)
        case .instant(let value): out.instant(value)
        case .date(let value): out.date(value)
        }
    }

    /// The value as an explanation shows it.
    var shown: Shown {
        switch self {
        case .null: .null
        case .decimal(let value): Shown(value)
        case .decimals(let values): Shown(json: "[" + values.map(\.description).joined(separator: ",") + "]")
        case .integer(let value): Shown(Int64(value))
        case .truth(let value): Shown(value)
        case .text(let value): Shown(value)
        case .texts(let values): Shown(values)
        case .instant(let value): Shown(value)
        case .date(let value): Shown(value)
        }
    }
}

extension FixedDecimal {
    /// The nearest IEEE double.
    var model: Double {
        // Of 64 bits the processor converts by itself; the result is the same.
        (Int64(exactly: units).map { Double($0) } ?? Double(units)) / 1e10
    }
}
