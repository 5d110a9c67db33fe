import LedgerAnalyses
import LedgerExplanations
import LedgerRules
import LedgerValues

/// Prints of a market's options in a window (docs/contract/analyses.md, "Flow"): how much was traded, by whom, where, and beside it the
/// gamma of dealers hour by hour.
///
/// Premium = price_usd × size × multiplier, in USD, exact. A print without a price or a size adds no premium, and a warning counts it.
struct FlowAnalysis: MarketFigures {
    static let name = "flow"
    private static let from = AnalysisParameter(
        "from", expected: "an instant before `to`, at most the rules' longest window before it", isOptional: true)
    private static let to = AnalysisParameter("to", expected: "an instant, not included", isOptional: true)
    static let parameters = [AnalysisParameter.currency, from, to]

    struct Question: MarketAsked {
        let currency: String
        let from: Instant?
        let to: Instant?
    }

    let rules: MarketRules
    let defaultHours: Int
    let longestDays: Int
    let multipliers: [String: FixedDecimal]
    let otherMultiplier: FixedDecimal
    let largest: Int

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.optionPrints, .gexHourly],
            own: ["window", "multiplier", "other_multiplier", "largest"], read)
        self.rules = rules
        let window = try root.member("window")
        try window.allowOnly(["default_hours", "longest_days"])
        defaultHours = try window.whole("default_hours", from: 1)
        longestDays = try window.whole("longest_days", from: 1)
        let multiplier = try root.member("multiplier")
        multipliers = Dictionary(
            try multiplier.members().map { ($0.name, try multiplier.decimal($0.name)) }, uniquingKeysWith: { first, _ in first })
        otherMultiplier = try root.decimal("other_multiplier")
        largest = try root.whole("largest", from: 1)
    }

    func question(_ values: ParameterValues) throws(ParameterProblem) -> Question {
        let question = Question(
            currency: try values.text(.currency), from: try values.instant(Self.from), to: try values.instant(Self.to))
        if let from = question.from, let to = question.to, from >= to || to.daysBefore(longestDays) > from {
            throw ParameterProblem(Self.from)
        }
        return question
    }

    /// The window [from, to): by default the hours before now; of two ends that are too far apart the earlier moves.
    func window(_ question: Question, now: Instant) -> (from: Instant, to: Instant) {
        let to = question.to ?? question.from.flatMap { $0 >= now ? $0 : nil } ?? now
        let from = question.from ?? to.hoursBefore(defaultHours)
        return (max(from, to.daysBefore(longestDays)), to)
    }

    func ranges(_ question: Question, now: Instant) -> [SeriesRange] {
        let from = window(question, now: now).from
        return [SeriesRange(.optionPrints, from: from), SeriesRange(.gexHourly, from: from)]
    }

    /// A print with its premium.
    struct Print: Sendable {
        let row: ObservedRow
        let size: FixedDecimal?
        let premium: ExactNumber?
    }

    private func multiplier(_ currency: String) -> FixedDecimal { multipliers[currency] ?? otherMultiplier }

    func work(_ market: MarketReading, _ question: Question) -> MarketData {
        let window = window(question, now: market.now)
        func isInside(_ row: ObservedRow) -> Bool { window.from <= row.timestamp && row.timestamp < window.to }
        var data: [(key: String, value: TracedValue)] = [
            ("from", .figure(.instant(window.from), "the start of the window, included", rules: [["window", "default_hours"]])),
            ("to", .figure(.instant(window.to), "the end of the window, not included")),
        ]
        let gexColumns = ["abs_gex", "gex_imbalance", "net_gamma", "net_gex", "spot", "timestamp"]
        let gex = market.usable(.gexHourly)
        data.append(
            (
                "gex_hourly",
                gex.map { rows in
                    .list(rows.filter(isInside).map { row in .object(gexColumns.map { ($0, .column(row, $0)) }) })
                } ?? .unavailable(.gexHourly)
            ))
        let names = [
            "by_expiry", "by_hour", "by_side", "by_strike", "contracts", "count", "largest", "premium_usd", "put_call_contracts",
            "put_call_premium", "unpriced",
        ]
        guard let rows = market.usable(.optionPrints) else {
            return MarketData(data: .object(data + names.map { ($0, .unavailable(.optionPrints)) }))
        }
        let units = multiplier(market.currency).exact
        let prints = rows.filter(isInside).map { row in
            let size = row.decimal("size")
            return Print(
                row: row, size: size,
                premium: row.decimal("price_usd").flatMap { price in size.map { price.exact * $0.exact * units } })
        }
        let unpriced = prints.count { $0.premium == nil }
        data += sums(prints)
        data += [
            ("by_expiry", groups(prints, key: "key") { $0.text("expiry").map { .text($0) } }),
            ("by_hour", groups(prints, key: "key") { .text($0.timestamp.hour.description) }),
            ("by_strike", groups(prints, key: "key") { $0.decimal("strike").map { .decimal($0) } }),
            ("by_side", sides(prints)), ("largest", list(prints)),
            ("put_call_contracts", ratio(prints, "contracts") { $0.size?.exact }),
            ("put_call_premium", ratio(prints, "premium") { $0.premium }),
            ("unpriced", .figure(.integer(unpriced), "prints of the window without price_usd or size")),
        ]
        return MarketData(data: .object(data), warnings: unpriced > 0 ? ["missing:price_usd or size of \(unpriced) prints"] : [])
    }

    // MARK: - Sums

    private static let premiumRules = [["multiplier"], ["other_multiplier"]]

    func sums(_ prints: [Print]) -> [(key: String, value: TracedValue)] {
        let sizes: @Sendable () -> [TracedInput] = { prints.flatMap { $0.row.inputs(["size"]) } }
        let prices: @Sendable () -> [TracedInput] = { prints.flatMap { $0.row.inputs(["price_usd", "size"]) } }
        return [
            ("count", .figure(.integer(prints.count), "the prints", from: sizes)),
            ("contracts", .figure(FigureValue(prints.compactMap { $0.size?.exact }.reduce(.zero, +)), "Σ size", from: sizes)),
            (
                "premium_usd",
                .figure(
                    FigureValue(prints.compactMap(\.premium).reduce(.zero, +)), "Σ price_usd × size × multiplier",
                    rules: Self.premiumRules, from: prices)
            ),
        ]
    }

    /// Sums by what a function says of a print, in its order; prints of which it says nothing are left out.
    private func groups(_ prints: [Print], key name: String, _ key: (ObservedRow) -> FigureValue?) -> TracedValue {
        var groups: [String: (value: FigureValue, prints: [Print])] = [:]
        for print in prints {
            guard let value = key(print.row) else { continue }
            groups[value.shown.json, default: (value, [])].prints.append(print)
        }
        let sorted = groups.sorted { a, b in
            if case .decimal(let left) = a.value.value, case .decimal(let right) = b.value.value { return left < right }
            return a.key.isBytewiseLess(than: b.key)
        }
        return .list(
            sorted.map { _, group in
                .object([(name, .figure(group.value, "what the prints have in common"))] + sums(group.prints))
            })
    }

    private func sides(_ prints: [Print]) -> TracedValue {
        var groups: [[String]: [Print]] = [:]
        for print in prints {
            groups[[print.row.text("option_type") ?? "unknown", print.row.text("aggressor") ?? "unknown"], default: []].append(print)
        }
        let sorted = groups.sorted { a, b in
            a.key[0].isBytewiseEqual(to: b.key[0]) ? a.key[1].isBytewiseLess(than: b.key[1]) : a.key[0].isBytewiseLess(than: b.key[0])
        }
        return .list(
            sorted.map { key, prints in
                .object(
                    [
                        ("option_type", .figure(.text(key[0]), "put or call; unknown if the source does not say")),
                        ("aggressor", .figure(.text(key[1]), "who took liquidity; unknown if the source does not say")),
                    ] + sums(prints))
            })
    }

    private func ratio(_ prints: [Print], _ name: String, _ value: @Sendable (Print) -> ExactNumber?) -> TracedValue {
        func sum(_ type: String) -> ExactNumber {
            prints.filter { $0.row.text("option_type")?.isBytewiseEqual(to: type) == true }.compactMap(value).reduce(.zero, +)
        }
        return .figure(
            FigureValue(sum("put").divided(by: sum("call"))), "\(name) of puts ÷ \(name) of calls", because: "calls have none",
            rules: name == "premium" ? Self.premiumRules : [],
            from: { prints.flatMap { $0.row.inputs(["option_type", "price_usd", "size"]) } })
    }

    private func list(_ prints: [Print]) -> TracedValue {
        let known = prints.compactMap { print in print.premium.map { (print: print, premium: $0) } }
        let sorted = known.sorted { a, b in
            if a.premium != b.premium { return a.premium > b.premium }
            if a.print.row.timestamp != b.print.row.timestamp { return a.print.row.timestamp < b.print.row.timestamp }
            return (a.print.row.text("print_id") ?? "").isBytewiseLess(than: b.print.row.text("print_id") ?? "")
        }
        let columns = [
            "aggressor", "block_id", "expiry", "iv", "option_type", "price_usd", "print_id", "size", "strike", "timestamp",
        ]
        return .list(
            sorted.prefix(largest).map { print, premium in
                .object(
                    columns.map { ($0, .column(print.row, $0)) } + [
                        (
                            "premium_usd",
                            .figure(
                                FigureValue(premium), "price_usd × size × multiplier", rules: Self.premiumRules + [["largest"]],
                                from: { print.row.inputs(["price_usd", "size"]) })
                        )
                    ])
            })
    }
}
