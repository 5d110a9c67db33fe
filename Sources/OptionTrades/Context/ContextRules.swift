public import Rules
public import Values

/// The rules of market context (`context/rules.v<N>.yaml`), with those of the trade book, which name the market proxies.
public final class ContextRules: Sendable {
    /// The choice of an observation for a trade.
    public enum Join: String, Sendable, CaseIterable {
        /// The observation nearest in time, of two the earlier. After the trade only within the fresh reach.
        case nearest
        /// The latest observation at or before the trade.
        case atOrBefore = "at_or_before"
    }

    /// The largest distance between an observation and the trade, in minutes, inclusive.
    public struct Reach: Sendable, Equatable {
        /// Up to this distance the observation is fresh.
        public let freshMinutes: Int
        /// Up to this distance the observation is used and makes the stamp stale. Beyond it the observation counts as
        /// absent.
        public let staleMinutes: Int
    }

    /// The rank of `dvol` among the last values of the preceding days.
    public struct DvolPercentile: Sendable, Equatable {
        public let windowDays: Int
        /// The smallest number of days with a value.
        public let minimumDays: Int
        /// The weight of a day with the same value.
        public let equalWeight: FixedDecimal
    }

    /// The gamma regime of a `gex_imbalance`.
    public struct GammaRegime: Sendable, Equatable {
        public let windowDays: Int
        /// The smallest number of observations for percentiles. With fewer, the fixed thresholds apply.
        public let minimumObservations: Int
        /// 0…100.
        public let lowerPercentile: FixedDecimal
        /// 0…100.
        public let upperPercentile: FixedDecimal
        public let fallbackLower: FixedDecimal
        public let fallbackUpper: FixedDecimal
    }

    /// The state of the slope `iv_atm_7d − iv_atm_30d`, in vol points.
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
    /// The `smile_state` of every stamp.
    public let smileState: String

    /// The mapping from symbols to markets.
    public var marketProxy: MarketProxyRules { trades.marketProxy }

    /// All files read, in path order.
    public var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    /// The files that a stamp depends on, in path order: this one and the market proxies.
    public var stampFiles: [RuleFile] { [file, trades.marketProxy.file].sorted { $0.path < $1.path } }

    public convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "context/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: the path in another rule file's `uses`
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
