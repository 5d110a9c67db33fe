import LedgerEvents
import LedgerValues
import OptionTrades

extension MarketField {
    /// Reads a value of this field from the bytes of a number or a text, and checks its range.
    ///
    /// - Parameters:
    ///   - isNumber: whether the bytes are a JSON number, which only decimals and counts can be
    ///   - unit: the unit of the line's volatilities
    func value(
        _ bytes: Span<UInt8>, isNumber: Bool, unit: VolatilityUnit
    ) throws(LineFault) -> MarketValue {
        let value = try parsed(bytes, isNumber: isNumber, unit: unit)
        if let problem = problem(of: value) { throw LineFault("\(name) \(problem): \(quoted(bytes))") }
        return value
    }

    private func parsed(
        _ bytes: Span<UInt8>, isNumber: Bool, unit: VolatilityUnit
    ) throws(LineFault) -> MarketValue {
        switch type {
        case .decimal:
            let decimal = try decimal(bytes)
            return .decimal(isVolatility && unit == .fraction ? try inPoints(decimal, bytes) : decimal)
        case .rows: throw fault("is not a single value", bytes)
        case .integer, .ordinal:
            let decimal = try decimal(bytes)
            let (whole, rest) = decimal.units.quotientAndRemainder(dividingBy: FixedDecimal.unitsPerOne)
            guard rest == 0, let integer = Int64(exactly: whole) else { throw fault("is not a whole number", bytes) }
            return .integer(integer)
        case .text, .identifier, .choice:
            if isNumber { throw fault("is not a string", bytes) }
            return .text(bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        case .instant:
            guard !isNumber, let instant = Instant(parsing: bytes) else {
                throw fault("is not an instant YYYY-MM-DDTHH:MM:SS[.ffffff] with Z or an offset, 1970 to 2199", bytes)
            }
            return .instant(instant)
        case .date:
            guard !isNumber, let date = CalendarDate(parsing: bytes) else {
                throw fault("is not a date YYYY-MM-DD", bytes)
            }
            return .date(date)
        case .optionType:
            let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            guard !isNumber, let type = OptionType(rawValue: text) else {
                throw fault("is neither call nor put", bytes)
            }
            return .optionType(type)
        }
    }

    private func decimal(_ bytes: Span<UInt8>) throws(LineFault) -> FixedDecimal {
        do {
            return try FixedDecimal(parsing: bytes)
        } catch {
            switch error {
            case .notANumber: throw fault("is not a number", bytes)
            case .tooManyFractionDigits: throw fault("has more than 10 fractional digits", bytes)
            case .outOfRange: throw fault("is 10^18 or more", bytes)
            }
        }
    }

    /// A fraction converted to vol points, by multiplication with 100.
    private func inPoints(_ fraction: FixedDecimal, _ bytes: Span<UInt8>) throws(LineFault) -> FixedDecimal {
        let limit = FixedDecimal.unitsPerOne * 1_000_000_000_000_000_000 / 100
        guard fraction.units.magnitude < limit.magnitude else { throw fault("is 10^18 or more in vol points", bytes) }
        return FixedDecimal(units: fraction.units * 100)
    }

    func fault(_ problem: String, _ bytes: Span<UInt8>) -> LineFault {
        LineFault("\(name) \(problem): \(quoted(bytes))")
    }
}

/// At most 40 bytes of a value, for messages.
func quoted(_ bytes: Span<UInt8>) -> String {
    let shown = bytes.extracting(first: 40)
    let text = shown.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    return bytes.count > 40 ? "\"\(text)…\"" : "\"\(text)\""
}

/// The kind with the given name.
func kind(named bytes: Span<UInt8>) throws(LineFault) -> MarketKind {
    let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    if let kind = MarketKind.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) { return kind }
    let names = MarketKind.allCases.map(\.rawValue).joined(separator: ", ")
    throw LineFault("kind is not one of \(names): \(quoted(bytes))")
}

/// The unit with the given name.
func unit(named bytes: Span<UInt8>) throws(LineFault) -> VolatilityUnit {
    let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    guard let unit = VolatilityUnit(rawValue: text) else {
        throw LineFault("unit is neither vol_points nor fraction: \(quoted(bytes))")
    }
    return unit
}
