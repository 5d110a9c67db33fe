import LedgerAnalyses
import LedgerRules
import LedgerValues

/// Funding, basis, open interest and liquidations of a market's futures (docs/contract/analyses.md, "Futures"). All of it exact.
struct FuturesAnalysis: MarketFigures {
    static let name = "futures"

    let rules: MarketRules
    let hoursPerYear: Int
    let accumulatedDays: [(name: String, value: Int)]
    let changes: [(name: String, value: Int)]
    let changeReachMinutes: Int
    let liquidationHours: Int

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.fundingRates, .futuresBasis, .oiSnapshots, .liquidations],
            own: ["funding", "open_interest", "liquidations"], read)
        self.rules = rules
        let funding = try root.member("funding")
        try funding.allowOnly(["hours_per_year", "accumulated_days"])
        hoursPerYear = try funding.whole("hours_per_year", from: 1)
        accumulatedDays = try funding.namedWholes("accumulated_days", 1...3650)
        let interest = try root.member("open_interest")
        try interest.allowOnly(["changes", "reach_minutes"])
        changes = try interest.namedWholes("changes", 1...8760)
        changeReachMinutes = try interest.whole("reach_minutes", from: 0)
        let liquidations = try root.member("liquidations")
        try liquidations.allowOnly(["hours"])
        liquidationHours = try liquidations.whole("hours", from: 1)
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] {
        func usable(_ table: ObservationTable) -> Instant { now.minutesBefore(rules.needs.usableMinutes(table)) }
        let interest = usable(.oiSnapshots).hoursBefore((changes.map(\.value).max() ?? 0)).minutesBefore(changeReachMinutes)
        let funding = min(usable(.fundingRates), now.daysBefore(accumulatedDays.map(\.value).max() ?? 0))
        return [
            SeriesRange(.fundingRates, from: funding), SeriesRange(.futuresBasis, from: usable(.futuresBasis)),
            SeriesRange(.oiSnapshots, from: interest),
            SeriesRange(.liquidations, from: min(usable(.liquidations), now.hoursBefore(liquidationHours))),
        ]
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        MarketData(
            data: .object([
                ("basis", market.usable(.futuresBasis).map { .latestBasis($0) } ?? .unavailable(.futuresBasis)),
                ("funding", market.usable(.fundingRates).map { funding($0, now: market.now) } ?? .unavailable(.fundingRates)),
                ("liquidations", market.usable(.liquidations).map { liquidations($0, now: market.now) } ?? .unavailable(.liquidations)),
                ("open_interest", market.usable(.oiSnapshots).map { interest($0, now: market.now) } ?? .unavailable(.oiSnapshots)),
            ]))
    }

    // MARK: - Funding

    private func funding(_ rows: [ObservedRow], now: Instant) -> TracedValue {
        .list(
            rows.grouped(by: ["venue", "instrument"]).compactMap { _, rows in
                rows.last.map { instrument($0, rows, now: now) }
            })
    }

    private func instrument(_ last: ObservedRow, _ rows: [ObservedRow], now: Instant) -> TracedValue {
        let interval = last.integer("interval_hours")
        let annualised = last.decimal("rate").flatMap { rate in
            interval.flatMap { (rate.exact * ExactNumber(hoursPerYear)).divided(by: ExactNumber($0)) }
        }
        let columns = ["instrument", "interval_hours", "rate", "timestamp", "venue"]
        return .object(
            columns.map { ($0, .column(last, $0)) } + [
                (
                    "annualised",
                    .figure(
                        FigureValue(annualised), "rate × \(hoursPerYear) ÷ interval_hours", because: "the rate or its interval is unknown",
                        rules: [["funding", "hours_per_year"]], from: { last.inputs(["rate", "interval_hours"]) })
                )
            ] + accumulatedDays.flatMap { accumulated($0.name, days: $0.value, rows, now: now) })
    }

    /// The sum of an instrument's rates in (now − days, now]; whole only if the intervals of its rows fill the window.
    private func accumulated(
        _ name: String, days: Int, _ rows: [ObservedRow], now: Instant
    ) -> [(key: String, value: TracedValue)] {
        let start = now.daysBefore(days)
        let inside = rows.filter { $0.timestamp > start && $0.timestamp <= now && $0.decimal("rate") != nil }
        let sum = inside.compactMap { $0.decimal("rate")?.exact }.reduce(.zero, +)
        let hours = inside.compactMap { $0.integer("interval_hours") }
        let isWhole = hours.count == inside.count && hours.reduce(0, +) == days * 24
        let inputs: @Sendable () -> [TracedInput] = { inside.flatMap { $0.inputs(["rate", "interval_hours"]) } }
        let rules = [["funding", "accumulated_days"]]
        return [
            (
                "accumulated_\(name)",
                .figure(
                    FigureValue(isWhole ? sum : nil), "Σ rate, if the intervals fill \(days * 24) h",
                    because: "the intervals that are known fill \(hours.reduce(0, +)) of \(days * 24) h", rules: rules, from: inputs)
            ),
            (
                "known_accumulated_\(name)",
                .figure(
                    FigureValue(inside.isEmpty ? nil : sum), "Σ rate of the known intervals", because: "no interval is known", rules: rules,
                    from: inputs)
            ), ("n_\(name)", .figure(.integer(inside.count), "the known intervals in the window", rules: rules, from: inputs)),
        ]
    }

    // MARK: - Open interest

    private func interest(_ rows: [ObservedRow], now: Instant) -> TracedValue {
        let earliest = now.minutesBefore(rules.needs.usableMinutes(.oiSnapshots))
        return .list(
            rows.grouped(by: ["exchange"]).compactMap { _, rows in
                guard let last = rows.last, last.timestamp >= earliest else { return nil }
                return .object(
                    ["exchange", "oi_notional", "oi_value", "timestamp"].map { ($0, .column(last, $0)) }
                        + changes.map { ("change_\($0.name)", change(last, rows, hours: $0.value)) })
            })
    }

    private func change(_ last: ObservedRow, _ rows: [ObservedRow], hours: Int) -> TracedValue {
        let then = rows.nearest(to: last.timestamp.hoursBefore(hours), withinMinutes: changeReachMinutes)
        return .object(
            ["oi_notional", "oi_value"].map { column in
                let value = last.decimal(column).flatMap { new in then?.decimal(column).map { new - $0 } }
                return (
                    column,
                    .figure(
                        FigureValue(value), "\(column) − \(column) of \(hours) h before",
                        because: "no observation within \(changeReachMinutes) minutes of \(hours) h before, or one of the two is null",
                        rules: [["open_interest", "changes"], ["open_interest", "reach_minutes"]],
                        from: { last.inputs([column]) + (then?.inputs([column]) ?? []) })
                )
            })
    }

    // MARK: - Liquidations

    /// A liquidation that sells closes a long position. An hour without a row is not listed: nobody says that nothing happened.
    private func liquidations(_ rows: [ObservedRow], now: Instant) -> TracedValue {
        let start = now.hoursBefore(liquidationHours)
        var hours: [Instant: [ObservedRow]] = [:]
        for row in rows where row.timestamp > start { hours[row.timestamp.hour, default: []].append(row) }
        return .list(
            hours.sorted { $0.key < $1.key }.map { hour, rows in
                func sum(_ side: String) -> TracedValue {
                    let own = rows.filter { $0.text("side")?.isBytewiseEqual(to: side) == true }
                    let known = own.compactMap { $0.decimal("amount_usd")?.exact }
                    return .figure(
                        FigureValue(known.count == own.count ? known.reduce(.zero, +) : nil), "Σ amount_usd of liquidations that \(side)",
                        because: "one of them has no amount_usd", rules: [["liquidations", "hours"]],
                        from: { own.flatMap { $0.inputs(["side", "amount_usd"]) } })
                }
                return .object([
                    ("hour", .figure(.instant(hour), "the start of the hour", from: { rows.flatMap { $0.inputs(["timestamp"]) } })),
                    ("long_usd", sum("sell")), ("short_usd", sum("buy")),
                ])
            })
    }
}

extension TracedValue {
    /// The latest basis of each venue, instrument and tenor, the shortest tenor first.
    static func latestBasis(_ rows: [ObservedRow]) -> TracedValue {
        let latest = rows.grouped(by: ["venue", "instrument", "tenor_days"]).compactMap(\.rows.last)
            .enumerated().sorted { a, b in
                let (left, right) = (a.element.integer("tenor_days") ?? 0, b.element.integer("tenor_days") ?? 0)
                return left == right ? a.offset < b.offset : left < right
            }.map(\.element)
        return .list(
            latest.map { row in
                .object(["apr", "basis_usd", "instrument", "tenor_days", "timestamp", "venue"].map { ($0, .column(row, $0)) })
            })
    }
}
