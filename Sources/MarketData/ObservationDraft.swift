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

    /// The finished observation, after all values of the line were set.
    func observation() throws(LineFault) -> MarketObservedPayload {
        if isConverted, unitSource != nil {
            throw LineFault("unit_source says that the volatilities were converted, the unit says that they were not")
        }
        for index in fields.indices where fields[index].isIdentifying {
            if case .null = values[index] { throw LineFault("\(fields[index].name) is missing") }
        }
        guard
            let observation = MarketObservedPayload(
                kind: kind, values: values, rounded: isRounded,
                unitSource: isConverted ? VolatilityUnit.fraction.rawValue : unitSource)
        else { throw LineFault("is not an observation") }
        return observation
    }
}
