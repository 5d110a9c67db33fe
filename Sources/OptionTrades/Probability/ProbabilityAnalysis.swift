import LedgerAnalyses
import LedgerProjections
import LedgerRules
import LedgerValues

/// What prices of options say of a price at an expiry, and beside it what followed hours of today's gamma regime
/// (docs/contract/analyses.md, "Probability").
///
/// Model figures; volatilities are in vol points, densities × the forward.
struct ProbabilityAnalysis: MarketFigures {
    static let name = "probability"
    private static let dte = AnalysisParameter("dte", expected: "days to expiry above 0, at most 3650", isOptional: true)
    private static let strikes = AnalysisParameter(
        "strikes", expected: "at most 50 prices above 0 with commas between them", isOptional: true)
    private static let levels = AnalysisParameter(
        "levels", expected: "at most 50 prices above 0 with commas between them", isOptional: true)
    static let parameters = [AnalysisParameter.currency, dte, strikes, levels]

    struct Question: MarketAsked {
        let currency: String
        let dte: FixedDecimal?
        let strikes: [FixedDecimal]
        let levels: [FixedDecimal]
    }

    let rules: MarketRules
    let own: ProbabilityRules

    init(rulesVersion: Int, read: RuleFileReader) throws {
        // Rules v1 read no chains: candidates are null there.
        let hasChains = rulesVersion > 1
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.ivSurfaceSnapshots, .gexHourly, .volMetricsSnapshots],
            others: hasChains ? [OptionChainsTable.name] : [],
            own: ProbabilityRules.keys.union(hasChains ? ["candidates"] : []), read)
        self.rules = rules
        own = try ProbabilityRules(root, hasChains: hasChains)
    }

    func question(_ values: ParameterValues) throws(ParameterProblem) -> Question {
        let least = FixedDecimal(units: 1)
        let days = try values.decimals(Self.dte, atMost: 1, in: least...FixedDecimal(3650))
        let prices = least...FixedDecimal(1_000_000_000_000)
        return Question(
            currency: try values.text(.currency), dte: days.first, strikes: try values.decimals(Self.strikes, atMost: 50, in: prices),
            levels: try values.decimals(Self.levels, atMost: 50, in: prices))
    }

    func ranges(_ question: Question, now: Instant) -> [SeriesRange] {
        [
            SeriesRange(.ivSurfaceSnapshots, from: now), SeriesRange(.gexHourly, from: .minimum),
            SeriesRange(.volMetricsSnapshots, from: now.daysBefore(own.stationarity.olderDays)),
        ]
    }

    func otherRanges(_ question: Question, now: Instant) -> [RowRange] {
        own.usableChainMinutes.map { [.chains(of: question.currency, from: now.minutesBefore($0), through: now)] } ?? []
    }

    /// What the parts of the document share.
    struct Work {
        let market: MarketReading
        let question: Question
        let surface: AskedSurface
        let density: RiskNeutralDensity
        /// Nil if hours are unavailable.
        let following: Following?
    }

    func work(_ market: MarketReading, _ question: Question) -> MarketData {
        let asked = question.dte ?? own.defaultDTE
        let common: [(key: String, value: TracedValue)] = [
            ("asked_dte", .figure(.decimal(asked), "the days that were asked for, else the default", rules: [["surface", "default_dte"]]))
        ]
        let chains = chains(market)
        let missing = chains == nil ? ["unavailable:option_chain"] : []
        func nothing(_ reason: String, _ warnings: [String]) -> MarketData {
            let names = ["conditional", "surface", "touch", "vanilla"]
            let candidates = chains == nil ? TracedValue.unavailableChain : .figure(.null, "candidates", because: reason)
            return MarketData(
                data: .object(common + [("candidates", candidates)] + names.map { ($0, .figure(.null, $0, because: reason)) }),
                warnings: warnings)
        }
        guard let rows = market.usable(.ivSurfaceSnapshots)?.newest else {
            return nothing("unavailable:iv_surface", missing)
        }
        do throws(AskedSurface.Problem) {
            let surface = try AskedSurface(rows, near: asked, own)
            guard
                let density = RiskNeutralDensity(
                    surface.smile, forward: surface.forward.model, count: own.gridPoints, low: own.gridLow.model, high: own.gridHigh.model),
                density.massError.magnitude <= own.maximumMassError.model
            else { throw AskedSurface.Problem.massError }
            let work = Work(
                market: market, question: question, surface: surface, density: density, following: following(market, surface))
            return MarketData(
                data: .object(
                    common + [
                        ("candidates", chains.map { candidates(work, $0) } ?? .unavailableChain), ("conditional", conditional(work)),
                        ("surface", describe(surface)), ("touch", touch(work)),
                        ("vanilla", vanilla(work)),
                    ]), warnings: missing)
        } catch {
            return nothing(error.rawValue, missing + [error.rawValue])
        }
    }

    private func describe(_ surface: AskedSurface) -> TracedValue {
        let inputs: @Sendable () -> [TracedInput] = { surface.inputs }
        let choice = [["surface", "default_dte"], ["surface", "minimum_points"]]
        return .object([
            (
                "dte",
                .figure(.decimal(surface.dte), "the days nearest to the asked ones that have enough points", rules: choice, from: inputs)
            ),
            (
                "forward",
                .figure(.decimal(surface.forward), "forward, else source_underlying_price, else source_index_price", from: inputs)
            ), ("forward_source", .figure(.text(surface.forwardSource), "the first of these that a row has", from: inputs)),
            (
                "iv_atm",
                .figure(
                    FigureValue(model: surface.volatility(at: 0) * 100), "100 × √(total variance at ln(K ÷ F) = 0 ÷ T)", from: inputs)
            ), ("points", .figure(.integer(surface.points), "the deltas that are strikes", rules: choice, from: inputs)),
            ("timestamp", .column(surface.rows.first, "timestamp")),
        ])
    }
}
