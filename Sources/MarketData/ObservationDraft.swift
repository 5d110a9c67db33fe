import LedgerEvents
import LedgerValues
import OptionTrades

/// An observation under construction, while the values of its line are read.
struct ObservationDraft {
    let kind: MarketKind
    let fields: [MarketField]
    let unit: VolatilityUnit
    private var values: [MarketValue]
    private var isConverted = false
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
        guard
            let observation = MarketObservedPayload(
                kind: kind, values: values, rounded: isRounded,
                unitSource: isConverted ? VolatilityUnit.fraction.rawValue : unitSource, provenance: provenance)
        else { throw LineFault("is not an observation") }
        return observation
    }
}
