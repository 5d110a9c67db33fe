import LedgerEvents
import LedgerValues

/// A kind of market observation (docs/contract/market-data.md, "Kinds"). The raw value is the name in events and imports.
package enum MarketKind: String, Sendable, Hashable, CaseIterable {
    /// Dealer gamma exposure of a currency's options.
    case gexHourly = "gex_hourly"
    /// Volatility figures of a currency.
    case volMetrics = "vol_metrics"
    /// A currency's price.
    case spot
    /// A point of an implied volatility surface.
    case ivSurface = "iv_surface"
    /// Dealer gamma at one strike.
    case gexStrike = "gex_strike"
    /// Open interest at one exchange.
    case openInterest = "open_interest"
    /// A quote of one option contract.
    case optionQuote = "option_quote"
    /// A tenor of a term structure of implied volatility.
    case termStructure = "term_structure"
    /// A print: one trade of an option that the market saw.
    case optionPrint = "option_print"
    /// The funding rate of a perpetual future for an interval.
    case fundingRate = "funding_rate"
    /// The basis of a venue's futures at a constant maturity.
    case futuresBasis = "futures_basis"
    /// Liquidations of futures on one side in an interval.
    case liquidation
    /// Calls and puts that were bought and sold in a window of hours.
    case putCall = "put_call"
    /// The volume of a currency's options in an interval.
    case volume
    /// Realized volatility over some days, among the values of a past year.
    case volCone = "vol_cone"
    /// A part of the options of one underlying and expiry as they stood at a moment.
    case optionChain = "option_chain"
    /// Prices of a symbol over the intervals of a block of time.
    case bars

    /// The fields in the order of the spec's table. The identifying fields come first.
    package var fields: [MarketField] { shape.fields }

    /// The field with the given name, nil if the kind has no such field.
    package func field(named name: String) -> MarketField? {
        fields.first { name.utf8.elementsEqual($0.name.utf8) }
    }

    var shape: MarketShape {
        switch self {
        case .gexHourly: .gexHourly
        case .volMetrics: .volMetrics
        case .spot: .spot
        case .ivSurface: .ivSurface
        case .gexStrike: .gexStrike
        case .openInterest: .openInterest
        case .optionQuote: .optionQuote
        case .termStructure: .termStructure
        case .optionPrint: .optionPrint
        case .fundingRate: .fundingRate
        case .futuresBasis: .futuresBasis
        case .liquidation: .liquidation
        case .putCall: .putCall
        case .volume: .volume
        case .volCone: .volCone
        case .optionChain: .optionChain
        case .bars: .bars
        }
    }

    /// The first version of the event that has the kind.
    package var firstVersion: Int {
        switch self {
        case .gexHourly, .volMetrics, .spot, .ivSurface, .gexStrike, .openInterest, .optionQuote: 1
        case .termStructure, .optionPrint, .fundingRate, .futuresBasis, .liquidation, .putCall, .volume, .volCone: 2
        case .optionChain, .bars: 3
        }
    }

    /// Whether a version of the event has the kind. Version 3 has only the kinds that version 2 can't hold.
    package func isIn(_ version: Int) -> Bool { version < 3 ? firstVersion <= version : firstVersion == version }

    /// The version of the event in which the kind is written: 2, or 3 for the kinds with rows, which 2 can't hold.
    package var schemaVersion: Int { max(2, firstVersion) }

    /// The kinds that are written in a version of the event.
    package static func written(in version: Int) -> [MarketKind] { allCases.filter { $0.schemaVersion == version } }

    /// Whether one of the fields is the observation's time.
    package var hasTimeField: Bool { fields[shape.timestamp].type == .instant }

    /// The fields of each row of a kind whose observation is a list of rows. Empty for other kinds.
    package var rowFields: [MarketField] { shape.rowFields }
}

/// The fields of a kind, and the order of a payload's keys.
struct MarketShape: Sendable {
    /// The meaning of a key in the payload.
    enum Slot: Sendable {
        case kind, rounded, unitSource
        /// Since version 2.
        case clampedIV, missingSources, observedSource, sourceCurrency
        case field(Int)

        /// Whether the key is part of the content, which two observations have in common if they are the same.
        var isContent: Bool {
            switch self {
            case .kind, .missingSources, .field: true
            case .rounded, .unitSource, .clampedIV, .observedSource, .sourceCurrency: false
            }
        }
    }

    let fields: [MarketField]
    /// Every key of the payload in canonical order.
    let slots: [(key: StaticString, slot: Slot)]
    /// Every key of the payload of version 1 in canonical order.
    let firstSlots: [(key: StaticString, slot: Slot)]
    /// The identifying fields in canonical order of their names.
    let identifying: [Int]
    /// The indices of the field that names the stream and of the observation's time.
    let (subject, timestamp): (Int, Int)
    /// The fields of the rows, if the observation has rows, and these fields in canonical order of their names.
    let (rowFields, rowOrder): ([MarketField], [Int])

    private init(_ fields: [MarketField], rows rowFields: [MarketField] = []) {
        self.fields = fields
        self.rowFields = rowFields
        rowOrder = rowFields.indices.sorted { rowFields[$0].name.isBytewiseLess(than: rowFields[$1].name) }
        let first: [(key: StaticString, slot: Slot)] =
            [("kind", .kind), ("rounded", .rounded), ("unit_source", .unitSource)]
            + fields.indices.map { (fields[$0].key, .field($0)) }
        firstSlots = first.sorted { "\($0.key)".isBytewiseLess(than: "\($1.key)") }
        let second: [(key: StaticString, slot: Slot)] = [
            ("clamped_iv", .clampedIV), ("missing_sources", .missingSources), ("observed_source", .observedSource),
            ("source_currency", .sourceCurrency),
        ]
        slots = (first + second).sorted { "\($0.key)".isBytewiseLess(than: "\($1.key)") }
        identifying = fields.indices.filter { fields[$0].isIdentifying }
            .sorted { fields[$0].name.isBytewiseLess(than: fields[$1].name) }
        subject = 0
        timestamp = fields.firstIndex { $0.type == .instant } ?? 0
    }

    static let gexHourly = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant), MarketField("net_gex", .decimal),
        MarketField("abs_gex", .decimal, .zeroOrAbove), MarketField("gex_imbalance", .decimal, .unit),
        MarketField("net_gamma", .decimal), MarketField("spot", .decimal, .aboveZero),
        MarketField("instruments", .integer),
    ])

    static let volMetrics = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant), .volatility("dvol"),
        .volatility("vrp", .any), .volatility("iv_atm_7d"), .volatility("iv_atm_30d"), .volatility("rv_7d"),
        .volatility("rv_30d"), .volatility("vol_of_vol"), .volatility("skew_25d", .any),
        MarketField("put_call_ratio", .decimal, .zeroOrAbove), MarketField("total_oi", .decimal, .zeroOrAbove),
        MarketField("spot", .decimal, .aboveZero),
    ])

    static let spot = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant),
        MarketField("price", .decimal, .aboveZero), MarketField("source", .text),
    ])

    static let ivSurface = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant),
        .identifying("dte", .decimal, .zeroOrAbove), .identifying("delta", .decimal, .percent), .volatility("iv"),
        MarketField("forward", .decimal, .aboveZero), MarketField("strike", .decimal, .aboveZero),
        MarketField("source_underlying_price", .decimal, .aboveZero),
        MarketField("source_index_price", .decimal, .aboveZero),
    ])

    static let gexStrike = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant), .identifying("expiry", .date),
        .identifying("strike", .decimal, .aboveZero), .identifying("option_type", .optionType),
        MarketField("dealer_gamma", .decimal), MarketField("dealer_net_inventory", .decimal),
        MarketField("gamma_level", .decimal), MarketField("spot", .decimal, .aboveZero),
    ])

    static let openInterest = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant), .identifying("exchange", .text),
        MarketField("oi_value", .decimal, .zeroOrAbove), MarketField("oi_notional", .decimal, .zeroOrAbove),
    ])

    static let optionQuote = MarketShape([
        .identifying("underlying", .text), .identifying("expiry", .date),
        .identifying("strike", .decimal, .aboveZero), .identifying("option_type", .optionType),
        .identifying("timestamp", .instant), MarketField("bid", .decimal), MarketField("ask", .decimal),
        MarketField("bid_size", .decimal, .zeroOrAbove), MarketField("ask_size", .decimal, .zeroOrAbove),
        MarketField("mark", .decimal, .zeroOrAbove), .volatility("mark_iv"),
        MarketField("underlying_price", .decimal, .aboveZero), MarketField("volume_24h", .decimal, .zeroOrAbove),
        MarketField("open_interest", .decimal, .zeroOrAbove),
    ])

    static let termStructure = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant),
        .identifying("dte", .decimal, .zeroOrAbove), .volatility("iv"), .volatility("forward_iv"),
    ])

    static let optionPrint = MarketShape([
        .identifying("underlying", .text), .identifying("source", .text), .identifying("print_id", .identifier),
        MarketField("timestamp", .instant), MarketField("expiry", .date), MarketField("strike", .decimal, .aboveZero),
        MarketField("option_type", .optionType), MarketField("price", .decimal, .zeroOrAbove),
        MarketField("price_usd", .decimal, .zeroOrAbove), MarketField("size", .decimal, .zeroOrAbove), .volatility("iv"),
        MarketField("index_price", .decimal, .aboveZero), MarketField("underlying_price", .decimal, .aboveZero),
        MarketField("aggressor", .side), MarketField("exchange_aggressor", .side), MarketField("block_id", .text),
        MarketField("legs", .integer), MarketField("open_interest_change", .decimal), MarketField("pre_bid", .decimal),
        MarketField("pre_ask", .decimal), MarketField("delta", .decimal, .unit),
    ])

    static let fundingRate = MarketShape([
        .identifying("currency", .text), .identifying("venue", .text), .identifying("instrument", .text),
        .identifying("timestamp", .instant), MarketField("rate", .decimal), MarketField("interval_hours", .integer),
    ])

    static let futuresBasis = MarketShape([
        .identifying("currency", .text), .identifying("venue", .text), .identifying("instrument", .text),
        .identifying("timestamp", .instant), .identifying("tenor_days", .integer), MarketField("basis_usd", .decimal),
        MarketField("apr", .decimal),
    ])

    static let liquidation = MarketShape([
        .identifying("currency", .text), .identifying("venue", .text), .identifying("instrument", .text),
        .identifying("timestamp", .instant), .identifying("side", .side), MarketField("amount", .decimal, .zeroOrAbove),
        MarketField("amount_usd", .decimal, .zeroOrAbove), MarketField("price", .decimal, .aboveZero),
    ])

    static let putCall = MarketShape(
        [
            .identifying("currency", .text), .identifying("timestamp", .instant), .identifying("window_hours", .integer),
            .identifying("venue_kind", .venueKind),
        ]
            + ([
                "calls_bought_contracts", "calls_sold_contracts", "puts_bought_contracts", "puts_sold_contracts",
                "calls_bought_premium_usd", "calls_sold_premium_usd", "puts_bought_premium_usd", "puts_sold_premium_usd",
            ] as [StaticString]).map { MarketField($0, .decimal, .zeroOrAbove) })

    static let volume = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant), .identifying("interval_hours", .integer),
        .identifying("venue_kind", .venueKind), MarketField("contracts", .decimal, .zeroOrAbove),
        MarketField("premium_usd", .decimal, .zeroOrAbove), MarketField("notional_usd", .decimal, .zeroOrAbove),
    ])

    static let volCone = MarketShape([
        .identifying("currency", .text), .identifying("timestamp", .instant), .identifying("days", .integer),
        .volatility("current"), .volatility("min"), .volatility("p25"), .volatility("p50"), .volatility("p75"), .volatility("max"),
    ])

    static let optionChain = MarketShape(
        [
            .identifying("underlying", .text), .identifying("timestamp", .instant), .identifying("expiry", .date),
            .identifying("part", .ordinal), MarketField("parts", .ordinal), MarketField("source", .text),
            MarketField("spot", .decimal), MarketField("forward", .decimal), MarketField("multiplier", .decimal, .aboveZero),
            MarketField("open_interest_date", .date), MarketField("rows", .rows),
        ],
        rows: [
            .identifying("strike", .decimal, .aboveZero), .identifying("option_type", .optionType), MarketField("bid", .decimal),
            MarketField("ask", .decimal), MarketField("last", .decimal), MarketField("mark", .decimal), .volatility("iv", .any),
            MarketField("delta", .decimal), MarketField("gamma", .decimal), MarketField("theta", .decimal),
            MarketField("vega", .decimal), MarketField("open_interest", .decimal, .zeroOrAbove),
            MarketField("volume", .decimal, .zeroOrAbove),
        ])

    static let bars = MarketShape(
        [
            .identifying("symbol", .text), .identifying("interval", .interval), .identifying("period", .text),
            MarketField("source", .text), MarketField("adjustment", .adjustment), MarketField("bars", .rows),
        ],
        rows: [.identifying("timestamp", .instant)]
            + (["open", "high", "low", "close", "volume", "vwap"] as [StaticString]).map { MarketField($0, .decimal, .zeroOrAbove) })
}

extension MarketField.FieldType {
    /// Who took liquidity. A liquidation that buys closes a short.
    fileprivate static let side = choice(["buy", "sell"])
    fileprivate static let venueKind = choice(["on_screen", "block"])
    /// The length of a bar: a minute, or a day.
    fileprivate static let interval = choice(["1m", "1d"])
    /// What prices of bars are adjusted for.
    fileprivate static let adjustment = choice(["raw", "split", "all"])
}
