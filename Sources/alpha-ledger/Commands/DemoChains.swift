import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

/// The demo's chains and bars: captured from the sample's servers, and what is worked out from them.
struct DemoChains {
    private static let shares = ["MSTR", "COIN", "SPY"]
    /// The moment of the features, after everything that was captured.
    private static let moment = "2026-02-05T23:30:00Z"

    private let captured: CaptureSummary
    /// What a feature shows, each in a line.
    private var features: [(name: String, text: String)] = []

    /// Captures three market dates of chains, five months of daily bars and two days of minutes, and a chain of BTC.
    ///
    /// - Parameter setNow: sets the moment of the servers' chains.
    static func capture(_ ledger: Ledger, _ setNow: [@Sendable (Instant) -> Void]) async throws -> DemoChains {
        var whole: CaptureSummary?
        func run(
            _ series: CaptureSeries, _ symbols: [String], at moment: String, from: String? = nil, to: String? = nil
        ) async throws {
            let now = Instant(moment) ?? .minimum
            for set in setNow { set(now) }
            let options = CaptureOptions(
                series: [series], currencies: symbols, from: from.flatMap { Instant($0) }, to: to.flatMap { Instant($0) }, apply: true)
            let sources = SymbolSources(ledger, SymbolQuestion(), isOwnServer: true, now: { now })
            let summary = try await ledger.capture(options: options, ofSymbolsFrom: sources)
            whole = whole.map { $0.followed(by: summary) } ?? summary
        }
        for date in ["2026-02-03", "2026-02-04", "2026-02-05"] { try await run(.chain, shares, at: "\(date)T20:45:00Z") }
        try await run(.chain, ["BTC"], at: moment)
        let after = "2026-02-06T12:00:00Z"
        try await run(.dailyBars, shares, at: after, from: "2025-09-01T00:00:00Z", to: "2026-02-06T00:00:00Z")
        try await run(.minuteBars, shares, at: after, from: "2026-02-04T12:00:00Z", to: "2026-02-06T00:00:00Z")
        guard let whole else { throw Failure(code: 1, "the sample has no chains") }
        return DemoChains(captured: whole)
    }

    private init(captured: CaptureSummary) { self.captured = captured }

    /// Summarizes the day's observed prints by contract, from the projections as they are.
    mutating func recordFlow(_ ledger: Ledger) async throws {
        guard let day = CalendarDate("2026-02-05") else { return }
        let question = FlowPrints(underlying: "BTC", marketDate: day, maximumContracts: try await ledger.flowRules().maximumContracts)
        let found = try await ResearchReader(ledger, isBounded: false).flow(ofPrints: question)
        _ = try await FlowRecorder(ledger).record(found.summaries, apply: true)
        features.append(("flow", "BTC \(day): \(found.summaries.count) contracts with prints, \(found.leftOut) prints without one"))
    }

    /// Reads what is worked out from the chains, as of the sample's last hour and all that the log has.
    mutating func readFeatures(_ ledger: Ledger, position: Int64) async throws {
        let now = Instant(Self.moment) ?? .maximum
        var research = ResearchRequest()
        (research.asOfPosition, research.asOf) = (position, now)
        let reader = ResearchReader(ledger, isBounded: false)
        func document(_ question: some ResearchQuestion) async throws -> JSONValue {
            try await reader.answer(question, research).document().root
        }
        func analysis(_ analysis: MarketAnalysis, _ currency: String) async throws -> JSONValue? {
            var ask = AnalysisRequest(analysis, ["currency": currency])
            (ask.asOfPosition, ask.asOf) = (position, now)
            return try await AnalysisReader(ledger, isBounded: false).answer(ask).document.root["data"]
        }
        func text(_ value: JSONValue?) -> String { value.map { $0.string ?? $0.sourceText } ?? "null" }

        let surface = try await document(IVSurfaceQuestion(underlying: "MSTR"))["rows"]
        let month = surface?.elements.filter { $0["tenor_target_dte"]?.integer == 30 }.last
        features.append(
            (
                "iv-surface", "MSTR: \(surface?.count ?? 0) rows, 30 days IV \(text(month?["atm_iv"])), skew \(text(month?["skew_25d_pp"]))"
            ))
        let exposure = try await document(ExposureQuestion(underlying: "MSTR"))
        features.append(
            (
                "exposure",
                "MSTR: net \(text(exposure["total_net_gex"])), flip \(text(exposure["flip_strike"])), zero gamma \(text(exposure["zero_gamma_level"]))"
            ))
        let levels = try await document(LevelsQuestion(symbol: "MSTR"))
        let summary = levels["summary"]
        features.append(
            (
                "levels",
                "MSTR \(text(levels["market_date"])): spot \(text(summary?["spot"])), prior high \(text(summary?["prior_high"])), beta to SPY \(text(summary?["beta_20d"]))"
            ))
        for portfolio in ["ICOI", "IMST"] {
            let positions = try await document(ScenariosQuestion(.portfolio(portfolio)))["positions"]?.elements.map { $0 } ?? []
            let priced = positions.count { ($0["grid"]?.count ?? 0) > 0 }
            features.append(("scenarios", "\(portfolio): \(priced) of \(positions.count) open contracts have a chain"))
        }
        for currency in ["BTC", "MSTR"] {
            let candidates = try await analysis(.yields, currency)?["candidates"]
            let priced = candidates?.elements.count { $0["status"]?.string == "ok" } ?? 0
            features.append(("yields", "\(currency): \(candidates?.count ?? 0) candidates, \(priced) with a bid"))
        }
        let probability = try await analysis(.probability, "BTC")?["candidates"]
        features.append(("probability", "BTC: \(probability?.count ?? 0) options of the nearest expiry under the surface's distribution"))
    }

    var node: JSONNode {
        .object([
            ("capture", captured.node),
            ("features", .array(features.map { .object([("feature", .string($0.name)), ("shows", .string($0.text))]) })),
        ])
    }

    func show() {
        let rows = captured.outcomes.reduce(0) { $0 + $1.rows.inserted }
        Output.line("captured \(rows) parts of chains and periods of bars in \(captured.calls) calls")
        for feature in features { Output.line("\(feature.name): \(feature.text)") }
    }
}
