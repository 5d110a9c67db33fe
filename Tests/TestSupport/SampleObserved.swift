import LedgerEvents
package import LedgerValues
package import OptionTrades

/// An observation of a kind at a moment with a value in every field; different numbers give different identities, except of
/// kinds that market and moment identify, and different contents.
package func sampleObserved(_ kind: MarketKind, _ market: String, at time: Instant, number: Int = 0) throws -> MarketObservedPayload {
    let fields = kind.fields
    guard let date = CalendarDate("2026-03-27")?.advanced(byDays: number % 3) else { throw BadSample() }
    var values = fields.enumerated().map { index, field -> MarketValue in
        switch field.type {
        case .text, .identifier: .text(index == 0 ? market : "\(field.name) \(number)")
        case .choice(let values): .text(values[number % values.count])
        case .instant: .instant(time)
        case .date: .date(date)
        case .ordinal: .integer(1)
        case .rows: .rows(rows(of: kind, at: time, number))
        case .integer: .integer(Int64(number))
        case .optionType: .optionType(number % 2 == 0 ? .call : .put)
        case .decimal: .decimal(decimal(field, number))
        }
    }
    if kind == .bars { values[2] = .text(Bar.period(of: time, isDaily: number % 2 == 1)) }
    guard let observed = MarketObservedPayload(kind: kind, values: values) else { throw BadSample() }
    return observed
}

/// A call and a put, or a bar.
private func rows(of kind: MarketKind, at time: Instant, _ number: Int) -> MarketRows {
    let figure = FixedDecimal(number + 1)
    if kind == .bars {
        let start = number % 2 == 1 ? Instant(startOf: time.date) ?? time : time
        return MarketRows(
            [Bar(timestamp: start, open: figure, high: figure, low: figure, close: figure, volume: figure).values], of: kind)
    }
    return MarketRows(
        OptionType.allCases.map { ChainRow(strike: FixedDecimal(90_000), $0, mark: figure, iv: figure, gamma: figure).values }, of: kind)
}

/// A capture of a market's gamma exposure in the hour of a moment; different numbers give different contents.
package func sampleCaptured(_ market: String, at time: Instant, number: Int = 0) -> SnapshotCapturedPayload {
    let hour = time.advanced(byMicroseconds: -(time.microseconds % 3_600_000_000)) ?? time
    return SnapshotCapturedPayload(
        currency: market, snapshotType: "gex", hour: hour, recordCount: Int64(number), digest: Digest32(sha256Of: "\(number)"),
        observedSource: "sample", pages: 1, windowFrom: hour, windowTo: hour)
}

/// Values of one, two and five digits, with a fraction and below zero where the field allows it.
private func decimal(_ field: MarketField, _ number: Int) -> FixedDecimal {
    let values = [
        FixedDecimal(-45), FixedDecimal(units: -5_000_000_000), .zero, FixedDecimal(7), FixedDecimal(units: 4_375_000_000_000),
        FixedDecimal(90_000),
    ]
    let allowed = values.filter { field.range.contains($0) }
    return allowed[number % allowed.count]
}
