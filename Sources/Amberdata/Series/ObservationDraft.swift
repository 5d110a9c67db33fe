import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// An observation that is put together figure by figure from a row of Amberdata.
///
/// Figures come from the written digits, exactly. What has more than 10 fractional digits is rounded once, half to even, and
/// `rounded` says so. A figure that is null on the wire or outside its field's range is null.
struct ObservationDraft {
    private let kind: MarketKind
    private var fields: [(name: String, value: MarketValue)] = []
    private var isRounded = false
    private var unitSource: String?
    private var provenance: MarketObservedPayload.Provenance
    /// Whether a field that does not identify the observation has a value.
    private(set) var hasFigure = false

    /// - Parameters:
    ///   - market: the ledger's name of the market
    ///   - asked: the name under which the vendor was asked
    init(_ kind: MarketKind, _ market: VendorMarket) {
        self.kind = kind
        provenance = MarketObservedPayload.Provenance(
            observedSource: "amberdata", sourceCurrency: market.isRenamed ? market.asked : nil)
        set(kind.fields[0].name, .text(market.stored))
    }

    /// A value of the wire.
    mutating func set(_ name: String, wire value: JSONValue?) { set(name, WireValue.exact(value)) }

    /// A figure, rounded if it has to be.
    mutating func set(_ name: String, _ exact: ExactNumber?) {
        guard let field = kind.field(named: name), let exact, let decimal = exact.rounded(), decimal.isInput,
            field.problem(of: .decimal(decimal)) == nil
        else { return }
        if ExactNumber(decimal) != exact { isRounded = true }
        set(name, .decimal(decimal))
    }

    /// A percentage of the wire as a ratio.
    ///
    /// - Parameter factor: what the ratio is multiplied by
    mutating func setRatio(_ name: String, percent value: JSONValue?, factor: ExactNumber = ExactNumber(1)) {
        unitSource = "percent"
        set(name, WireValue.exact(value).flatMap { ($0 * factor).divided(by: ExactNumber(100)) })
    }

    /// A volatility of the wire. One of 0.01 and below or of 1000 and above is a bound of the vendor's: the field is null, and the
    /// provenance has the bound.
    mutating func setVolatility(_ name: String, wire value: JSONValue?) {
        guard let exact = WireValue.exact(value) else { return }
        guard Self.isVolatility(exact) else {
            if !exact.isNegative, provenance.clampedIV == nil { provenance.clampedIV = exact.rounded() }
            return
        }
        set(name, exact)
    }

    /// Whether a volatility is one, and not a bound of the vendor's.
    static func isVolatility(_ exact: ExactNumber) -> Bool { exact > clamps.low && exact < clamps.high }

    private static let clamps = (low: ExactNumber(FixedDecimal(units: FixedDecimal.unitsPerOne / 100)), high: ExactNumber(1000))

    mutating func set(_ name: String, _ value: MarketValue?) {
        guard let value, let field = kind.field(named: name), field.problem(of: value) == nil else { return }
        fields.append((name, value))
        if !field.isIdentifying { hasFigure = true }
    }

    /// Sources that failed, so that their fields are null.
    mutating func miss(_ sources: [String]) { provenance.missingSources = sources.sorted { $0.isBytewiseLess(than: $1) } }

    /// Says that a figure was changed on its way.
    mutating func markRounded() { isRounded = true }

    /// Nil if a field that identifies the observation is missing or odd.
    var payload: MarketObservedPayload? {
        MarketObservedPayload(kind: kind, fields: fields, rounded: isRounded, unitSource: unitSource, provenance: provenance)
    }
}

/// A market under the ledger's name and the vendor's.
struct VendorMarket: Sendable {
    /// The ledger's name.
    let stored: String
    /// The name under which the vendor is asked.
    let asked: String

    var isRenamed: Bool { !stored.isBytewiseEqual(to: asked) }

    /// As paths of options call it: options on SOL are those that are settled in USDC.
    init(options currency: String) {
        stored = currency
        asked = currency.isBytewiseEqual(to: "SOL") ? "SOL_USDC" : currency
    }

    /// As paths of futures call it.
    init(futures currency: String) {
        stored = currency
        asked = currency
    }
}

extension JSONValue {
    /// The member as text, null if it is none.
    func text(_ key: String) -> MarketValue? { self[key]?.string.map(MarketValue.text) }

    /// The member as a time.
    func instant(_ key: String) -> Instant? { WireValue.instant(self[key]) }

    /// The member as a call or a put: `C` or `P`.
    func optionType(_ key: String) -> OptionType? {
        guard let value = self[key] else { return nil }
        return value.stringIs("C") ? .call : value.stringIs("P") ? .put : nil
    }

    /// Whether the row is of a market. A row that names none is of the one that was asked for.
    func isOf(_ market: VendorMarket) -> Bool {
        guard let named = self["currency"], !named.isNull else { return true }
        return named.string.map { $0.isBytewiseEqual(to: market.asked) || $0.isBytewiseEqual(to: market.stored) } ?? false
    }
}

extension FixedDecimal {
    /// Whether an event may hold it: below 10^18.
    fileprivate var isInput: Bool { units.magnitude < WireNumber.limit.magnitude }
}
