public import Rules
public import Values

/// The rules of market context (`context/rules.v<N>.yaml`) with the trade book's, which name the market proxies.
public final class ContextRules: Sendable {
    /// How an observation is chosen for a trade.
    public enum Join: String, Sendable, CaseIterable {
        /// The least distance in time, the earlier of two; after the trade only while it is fresh.
        case nearest
        /// The latest at or before the trade.
        case atOrBefore = "at_or_before"
    }

    /// How far an observation may be from the trade, in minutes, inclusive.
    public struct Reach: Sendable, Equatable {
        /// Up to here it is fresh.
        public let freshMinutes: Int
        /// Up to here it is used, and makes the stamp stale; beyond it there is none.
        public let staleMinutes: Int
    }

    /// Ranking `dvol` against the last values of the days before.
    public struct DvolPercentile: Sendable, Equatable {
        public let windowDays: Int
        /// The least number of days with a value.
        public let minimumDays: Int
        /// What a day of the same value counts.
        public let equalWeight: FixedDecimal
    }

    /// Naming the gamma regime of a `gex_imbalance`.
    public struct GammaRegime: Sendable, Equatable {
        public let windowDays: Int
        /// The least number of observations for percentiles; below it the fixed thresholds hold.
        public let minimumObservations: Int
        /// 0…100.
        public let lowerPercentile: FixedDecimal
        /// 0…100.
        public let upperPercentile: FixedDecimal
        public let fallbackLower: FixedDecimal
        public let fallbackUpper: FixedDecimal
    }

    /// Naming the slope `iv_atm_7d − iv_atm_30d`, in vol points.
    public struct TermStructure: Sendable, Equatable {
        public let nearTermRiskFrom: FixedDecimal
        public let contangoTo: FixedDecimal
    }

    public let file: RuleFile
    public let trades: TradesRules
    public let join: Join
    public let gexReach: Reach
    public let volReach: Reach
    public let dvolPercentile: DvolPercentile
    public let gammaRegime: GammaRegime
    public let termStructure: TermStructure
    public let stationarity: StationarityRules
    /// `smile_state` of every stamp.
    public let smileState: String

    /// Which market stands behind a symbol.
    public var marketProxy: MarketProxyRules { trades.marketProxy }

    /// All files that were read, in path order.
    public var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    /// The files that a stamp follows from, in path order: this one and the market proxies.
    public var stampFiles: [RuleFile] { [file, trades.marketProxy.file].sorted { $0.path < $1.path } }

    public convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "context/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: as another rule file's `uses` lists it.
    public init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "context", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "join", "reach", "dvol_percentile", "gamma_regime", "term_structure",
            "stationarity", "smile_state",
        ])
        file = document.file
        guard let book = try root.texts("uses").first(where: { $0.hasPrefix("trades/rules.") }) else {
            throw RuleError(path: document.file.path, key: "uses", problem: "no trades/rules.…yaml is listed")
        }
        trades = try TradesRules(path: book, read: read)
        guard let join = Join(rawValue: try root.text("join")) else {
            throw try root.member("join").fail(
                "expected \(Join.allCases.map { "`\($0.rawValue)`" }.joined(separator: " or "))")
        }
        self.join = join
        let reach = try root.member("reach")
        try reach.allowOnly(["gex_hourly", "vol_metrics"])
        gexReach = try Reach(try reach.member("gex_hourly"))
        volReach = try Reach(try reach.member("vol_metrics"))
        dvolPercentile = try DvolPercentile(try root.member("dvol_percentile"))
        gammaRegime = try GammaRegime(try root.member("gamma_regime"))
        termStructure = try TermStructure(try root.member("term_structure"))
        stationarity = try StationarityRules(try root.member("stationarity"))
        smileState = try root.text("smile_state")
    }
}

extension ContextRules.Reach {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["fresh_minutes", "stale_minutes"])
        freshMinutes = try node.whole("fresh_minutes", from: 0)
        staleMinutes = try node.whole("stale_minutes", from: freshMinutes)
    }
}

extension ContextRules.DvolPercentile {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["window_days", "minimum_days", "equal_weight"])
        windowDays = try node.whole("window_days", from: 1)
        minimumDays = try node.whole("minimum_days", from: 1)
        equalWeight = try node.decimal("equal_weight")
    }
}

extension ContextRules.GammaRegime {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["window_days", "minimum_observations", "lower_percentile", "upper_percentile", "fallback"])
        windowDays = try node.whole("window_days", from: 1)
        minimumObservations = try node.whole("minimum_observations", from: 1)
        let hundred = FixedDecimal(100)
        func percentile(_ name: String) throws -> FixedDecimal {
            let value = try node.decimal(name)
            guard value >= .zero, value <= hundred else { throw try node.member(name).fail("expected 0 to 100") }
            return value
        }
        lowerPercentile = try percentile("lower_percentile")
        upperPercentile = try percentile("upper_percentile")
        let fallback = try node.member("fallback")
        try fallback.allowOnly(["lower", "upper"])
        fallbackLower = try fallback.decimal("lower")
        fallbackUpper = try fallback.decimal("upper")
    }
}

extension ContextRules.TermStructure {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["near_term_risk_from", "contango_to"])
        nearTermRiskFrom = try node.decimal("near_term_risk_from")
        contangoTo = try node.decimal("contango_to")
    }
}
