package import LedgerRules
package import LedgerValues

/// The rules of market context (`context/rules.v<N>.yaml`), with those of the trade book, which name the market proxies.
package final class ContextRules: Sendable {
    /// The choice of an observation for a trade.
    package enum Join: String, Sendable, CaseIterable {
        /// The observation nearest in time, of two the earlier. After the trade only within the fresh reach.
        case nearest
        /// The latest observation at or before the trade.
        case atOrBefore = "at_or_before"
    }

    /// The largest distance between an observation and the trade, in minutes, inclusive.
    package struct Reach: Sendable, Equatable {
        /// Up to this distance the observation is fresh.
        package let freshMinutes: Int
        /// Up to this distance the observation is used and makes the stamp stale. Beyond it the observation counts as
        /// absent.
        package let staleMinutes: Int
    }

    /// The rank of `dvol` among the last values of the preceding days.
    package struct DvolPercentile: Sendable, Equatable {
        package let windowDays: Int
        /// The smallest number of days with a value.
        package let minimumDays: Int
        /// The weight of a day with the same value.
        package let equalWeight: FixedDecimal
    }

    /// The gamma regime of a `gex_imbalance`.
    package struct GammaRegime: Sendable, Equatable {
        package let windowDays: Int
        /// The smallest number of observations for percentiles. With fewer, the fixed thresholds apply.
        package let minimumObservations: Int
        /// 0…100.
        package let lowerPercentile: FixedDecimal
        /// 0…100.
        package let upperPercentile: FixedDecimal
        package let fallbackLower: FixedDecimal
        package let fallbackUpper: FixedDecimal
    }

    /// The state of the slope `iv_atm_7d − iv_atm_30d`, in vol points.
    package struct TermStructure: Sendable, Equatable {
        package let nearTermRiskFrom: FixedDecimal
        package let contangoTo: FixedDecimal
    }

    package let file: RuleFile
    package let trades: TradesRules
    package let join: Join
    package let gexReach: Reach
    package let volReach: Reach
    package let dvolPercentile: DvolPercentile
    package let gammaRegime: GammaRegime
    package let termStructure: TermStructure
    package let stationarity: StationarityRules
    /// The `smile_state` of every stamp.
    package let smileState: String

    /// The mapping from symbols to markets.
    package var marketProxy: MarketProxyRules { trades.marketProxy }

    /// All files read, in path order.
    package var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    /// The files that a stamp depends on, in path order: this one and the market proxies.
    package var stampFiles: [RuleFile] { [file, trades.marketProxy.file].sorted { $0.path < $1.path } }

    package convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "context/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: the path in another rule file's `uses`
    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "context", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "join", "reach", "dvol_percentile", "gamma_regime", "term_structure",
            "stationarity", "smile_state",
        ])
        file = document.file
        trades = try TradesRules(path: try root.used("trades/rules."), read: read)
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
    init(_ node: RuleNode) throws {
        try node.allowOnly(["window_days", "minimum_days", "equal_weight"])
        windowDays = try node.whole("window_days", from: 1)
        minimumDays = try node.whole("minimum_days", from: 1)
        equalWeight = try node.decimal("equal_weight")
    }
}

extension ContextRules.GammaRegime {
    init(_ node: RuleNode) throws {
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
    init(_ node: RuleNode) throws {
        try node.allowOnly(["near_term_risk_from", "contango_to"])
        nearTermRiskFrom = try node.decimal("near_term_risk_from")
        contangoTo = try node.decimal("contango_to")
    }
}
