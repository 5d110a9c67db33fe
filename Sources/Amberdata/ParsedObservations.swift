import LedgerEvents
import LedgerJSON
import LedgerValues
package import OptionTrades

/// The observations that answers of Amberdata hold, in ascending order of time.
///
/// The functions are pure. Each takes the bodies of one look-up, page after page. Figures come from the written digits,
/// exactly; what has more than 10 fractional digits is rounded once, half to even, and `rounded` says so. A figure that
/// is null on the wire or outside its field's range is null; a row without currency, time, or whatever else identifies
/// its observation counts as skipped.
package struct ParsedObservations: Sendable {
    package internal(set) var observations: [MarketObservedPayload] = []
    /// Rows that gave no observation.
    package internal(set) var skippedRows = 0

    /// What the volatilities of an answer are. Recorded ones are vol points throughout.
    package enum VolatilityUnit: Sendable {
        /// 58.3 means 58.3 %.
        case volPoints
        /// 0.583 means 58.3 %; observations say `fraction` in `unit_source`.
        case fraction
    }

    init() {}

    /// Every row of every page.
    static func rows(_ pages: [[UInt8]]) throws(AmberdataError) -> [JSONValue] {
        var rows: [JSONValue] = []
        for page in pages { rows += try Envelope(parsing: page).rows.elements }
        return rows
    }

    mutating func append(_ draft: ObservationDraft) {
        if let observation = draft.payload { observations.append(observation) } else { skippedRows += 1 }
    }

    /// Observations of one time stay in the order of their rows.
    mutating func sort() {
        let numbered = observations.enumerated().sorted {
            ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset)
        }
        observations = numbered.map(\.element)
    }
}

/// An observation that is put together figure by figure.
struct ObservationDraft {
    private let kind: MarketKind
    private let unit: ParsedObservations.VolatilityUnit
    private var fields: [(name: String, value: MarketValue)] = []
    private var isRounded = false
    private var isConverted = false
    /// Whether a field that does not identify the observation has a value.
    private(set) var hasFigure = false

    init(_ kind: MarketKind, unit: ParsedObservations.VolatilityUnit = .volPoints) {
        self.kind = kind
        self.unit = unit
    }

    /// A value of the wire, a volatility in the unit that the draft was made for.
    mutating func set(_ name: String, wire value: JSONValue?) { set(name, WireValue.exact(value)) }

    /// A figure, rounded where it has to be.
    mutating func set(_ name: String, _ exact: ExactNumber?) {
        guard let field = kind.field(named: name), var exact else { return }
        let isFraction = field.isVolatility && unit == .fraction
        if isFraction { exact = exact * ExactNumber(100) }
        guard let decimal = exact.rounded(), decimal.isInput, field.problem(of: .decimal(decimal)) == nil else {
            return
        }
        if isFraction { isConverted = true }
        if ExactNumber(decimal) != exact { isRounded = true }
        set(name, .decimal(decimal))
    }

    mutating func set(_ name: String, _ value: MarketValue?) {
        guard let value, let field = kind.field(named: name) else { return }
        fields.append((name, value))
        if !field.isIdentifying { hasFigure = true }
    }

    /// Nil where a field that identifies the observation is missing or odd.
    var payload: MarketObservedPayload? {
        MarketObservedPayload(
            kind: kind, fields: fields, rounded: isRounded, unitSource: isConverted ? "fraction" : nil)
    }
}

extension JSONValue {
    /// The member as text, null where it is none.
    func text(_ key: String) -> MarketValue? { self[key]?.string.map(MarketValue.text) }

    /// The member as a time.
    func instant(_ key: String) -> MarketValue? { WireValue.instant(self[key]).map(MarketValue.instant) }
}

extension FixedDecimal {
    /// Whether an event may hold it: below 10^18.
    fileprivate var isInput: Bool { units.magnitude < WireNumber.limit.magnitude }
}
