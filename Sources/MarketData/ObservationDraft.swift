import LedgerEvents
import LedgerValues
import OptionTrades

/// An observation under construction, while the values of its line are read.
struct ObservationDraft {
    let kind: MarketKind
    let fields: [MarketField]
    let unit: VolatilityUnit
    private var values: [MarketValue]
    /// Whether a volatility was a fraction.
    private(set) var isConverted = false
    var isRounded = false
    /// The original unit of the line's volatilities, as the line itself states it.
    var unitSource: String?
    private var provenance = MarketObservedPayload.Provenance()

    init(kind: MarketKind, unit: VolatilityUnit) {
        self.kind = kind
        self.unit = unit
        fields = kind.fields
        values = [MarketValue](repeating: .null, count: fields.count)
    }

    /// Sets the value of a field. The value was read with ``unit`` and is not null.
    mutating func set(_ index: Int, _ value: MarketValue) {
        values[index] = value
        if fields[index].isVolatility, unit == .fraction { isConverted = true }
    }

    /// Notes that a volatility of a row was a fraction.
    mutating func noteConverted() { isConverted = true }

    /// The values that the lines of one observation repeat, and those among them that identify it. The part of a chain and the
    /// period of bars are made by the reader.
    var header: String { "\(values)|\(unitSource ?? "")|\(isRounded)|\(provenance)" }
    var identity: String {
        let own = zip(fields, values).filter { field, _ in field.isIdentifying && field.type != .ordinal }
        return "\(kind.rawValue)|\(own.map { "\($0.1)" }.joined(separator: "|"))"
    }

    /// Whether bars are of days. Nil without an interval.
    var isDaily: Bool? {
        for (field, value) in zip(fields, values) where field.name.isBytewiseEqual(to: "interval") {
            if case .text(let interval) = value { return interval.isBytewiseEqual(to: "1d") }
        }
        return nil
    }

    /// Whether a field has a value.
    func has(_ index: Int) -> Bool { if case .null = values[index] { false } else { true } }

    /// Sets the rows of an observation, and which part of it they are if its kind has parts.
    mutating func setRows(_ rows: [[MarketValue]], part: Int, of parts: Int, isConverted: Bool) {
        for index in fields.indices {
            switch (fields[index].type, fields[index].isIdentifying) {
            case (.rows, _): values[index] = .rows(MarketRows(rows, of: kind))
            case (.ordinal, true): values[index] = .integer(Int64(part))
            case (.ordinal, false): values[index] = .integer(Int64(parts))
            default: break
            }
        }
        self.isConverted = isConverted
    }

    /// Sets a key of the line that names a source or a market. The text is valid Unicode.
    mutating func set(_ name: Name, _ text: String) throws(LineFault) {
        guard MarketObservedPayload.Provenance.isName(text) else {
            throw LineFault("\(name.rawValue) is not 1 to 64 bytes of text without control characters or outer spaces")
        }
        switch name {
        case .observedSource: provenance.observedSource = text
        case .sourceCurrency: provenance.sourceCurrency = text
        case .missingSources:
            if provenance.missingSources.contains(where: { $0.isBytewiseEqual(to: text) }) {
                throw LineFault("missing_sources has \"\(text)\" twice")
            }
            let place = provenance.missingSources.firstIndex { text.isBytewiseLess(than: $0) }
            provenance.missingSources.insert(text, at: place ?? provenance.missingSources.count)
        }
    }

    /// Keys of a line beside the fields of its kind whose values are names. `missingSources` takes each of its elements.
    enum Name: String, CaseIterable {
        case observedSource = "observed_source"
        case sourceCurrency = "source_currency"
        case missingSources = "missing_sources"
    }

    /// Sets the volatility that the source gave for a field that is null. The value was read with ``unit``.
    mutating func setClampedIV(_ value: MarketValue) {
        guard case .decimal(let iv) = value else { return }
        provenance.clampedIV = iv
        if unit == .fraction { isConverted = true }
    }

    /// The finished observation, after all values of the line were set.
    func observation() throws(LineFault) -> MarketObservedPayload {
        if isConverted, unitSource != nil {
            throw LineFault("unit_source says that the volatilities were converted, the unit says that they were not")
        }
        for index in fields.indices where fields[index].isRequired {
            if case .null = values[index] { throw LineFault("\(fields[index].name) is missing") }
        }
        var (values, provenance) = (values, provenance)
        // The first field names the market.
        if case .text(let symbol) = values[0] {
            let stored = MarketSymbol.stored(symbol)
            if !stored.isBytewiseEqual(to: symbol) {
                values[0] = .text(stored)
                provenance.sourceCurrency = provenance.sourceCurrency ?? symbol
            }
        }
        if let problem = MarketRows.problem(of: kind, values) { throw LineFault("\(kind.rawValue) \(problem)") }
        guard
            let observation = MarketObservedPayload(
                kind: kind, values: values, rounded: isRounded,
                unitSource: isConverted ? VolatilityUnit.fraction.rawValue : unitSource, provenance: provenance)
        else { throw LineFault("is not an observation") }
        return observation
    }
}
