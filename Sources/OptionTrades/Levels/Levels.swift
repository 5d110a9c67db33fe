package import LedgerJSON
import LedgerRules
package import LedgerValues

/// Levels of an underlying on a market date, from bars of it and of a benchmark (docs/contract/research.md, "Levels").
package struct Levels: Sendable {
    package let symbol: String
    package let benchmark: String
    package let marketDate: CalendarDate
    /// The anchors as they were asked for.
    package let anchors: [(text: String, anchor: LevelsAnchor)]
    private let minutes: PricedBars
    /// Up to the market date.
    private let days: [Bar]
    private let benchmarkDays: [Bar]
    private let isMixed: Bool
    private let rules: LevelsRules

    /// - Parameters:
    ///   - minutes: the symbol's minute bars from the first anchor on.
    ///   - days: its daily bars.
    ///   - benchmarkDays: the benchmark's daily bars.
    ///   - isMixed: whether bars of more than one adjustment are among them.
    package init(
        of symbol: String, on marketDate: CalendarDate, benchmark: String, anchors: [(text: String, anchor: LevelsAnchor)],
        minutes: PricedBars, days: PricedBars, benchmarkDays: PricedBars, isMixed: Bool, _ rules: LevelsRules
    ) {
        self.symbol = symbol
        self.benchmark = benchmark
        self.marketDate = marketDate
        self.anchors = anchors
        self.rules = rules
        self.isMixed = isMixed
        // A day that has not ended by the end of the market date is of a later date.
        let end = rules.dates.end(of: marketDate, market: symbol)
        self.minutes = isMixed ? .none : PricedBars(Array(end.map { minutes.before($0) } ?? []))
        self.days = isMixed ? [] : days.bars.filter { $0.date <= marketDate }
        self.benchmarkDays = isMixed ? [] : benchmarkDays.bars.filter { $0.date <= marketDate }
    }

    // MARK: - What is known of the date

    /// The minute bars of the market date.
    private var today: ArraySlice<Bar> {
        guard let start = marketDate.advanced(byDays: -1).flatMap({ rules.dates.end(of: $0, market: symbol) }) else { return [] }
        return minutes.from(start)
    }

    private var earlier: ArraySlice<Bar> { days[..<(days.firstIndex { $0.date >= marketDate } ?? days.count)] }

    private var opening: Instant? {
        rules.dates.newYork.instant(of: marketDate, hour: rules.sessionOpen.hour, minute: rules.sessionOpen.minute)
    }

    private var spot: FixedDecimal? {
        today.last { $0.close != nil }?.close ?? days.last { $0.date == marketDate }?.close
    }

    /// The latest of the last daily bars whose close exceeds the highest high of those before it.
    private var breakout: Bar? {
        for index in days.indices.suffix(rules.breakoutDays).reversed() where index >= rules.breakoutBefore {
            let highs = days[index - rules.breakoutBefore..<index].compactMap(\.high)
            if let highest = highs.max(), let close = days[index].close, close > highest { return days[index] }
        }
        return nil
    }

    // MARK: - The document

    package func write(to out: inout JSONWriter) {
        var warnings: Set<String> = []
        if minutes.bars.isEmpty, days.isEmpty { warnings.insert("no_bars") }
        out.beginObject()
        out.key("anchored_vwaps"); writeAnchors(to: &out, &warnings)
        out.key("benchmark"); out.string(benchmark)
        out.key("disclaimer"); out.string(Research.disclaimer)
        out.key("market_date"); out.date(marketDate)
        out.key("rules")
        out.beginObject()
        out.key(rules.file.path); out.integer(rules.file.version)
        out.endObject()
        out.key("summary"); writeSummary(to: &out, &warnings)
        out.key("symbol"); out.string(symbol)
        out.key("volume_profile"); writeProfile(to: &out, &warnings)
        out.warnings(isMixed ? ["mixed_adjustment"] : warnings)
        out.endObject()
    }

    private func writeSummary(to out: inout JSONWriter, _ warnings: inout Set<String>) {
        let spot = spot
        let previous = earlier.last { $0.close != nil }?.close
        let open = opening.flatMap { minutes.from($0).first }?.open
        if spot == nil { warnings.insert("missing_spot") }
        if previous == nil { warnings.insert("missing_prev_close") }
        if open == nil { warnings.insert("missing_session_open") }
        let rolling = earlier.suffix(rules.rollingDays)
        let isShort = rolling.count < rules.rollingDays
        if isShort { warnings.insert("short_history") }
        let common = commonCloses
        let returns = DailyReturns(of: common, count: rules.returns)
        warnings.formUnion(returns.warnings)
        let gap = open.flatMap { open in previous.flatMap { open.exact.divided(by: $0.exact) } }.map { $0 - ExactNumber(1) }
        out.beginObject()
        out.key("beta_20d"); out.decimalNumber(returns.beta)
        out.key("corr_20d"); out.decimalNumber(returns.correlation)
        out.key("gap_pct"); out.decimalNumber(gap?.rounded())
        out.key("prev_close"); out.decimalNumber(previous)
        out.key("prior_high"); out.decimalNumber(earlier.last?.high)
        out.key("prior_low"); out.decimalNumber(earlier.last?.low)
        out.key("rolling_high"); out.decimalNumber(isShort ? nil : rolling.compactMap(\.high).max())
        out.key("rolling_low"); out.decimalNumber(isShort ? nil : rolling.compactMap(\.low).min())
        out.key("rs_ratio"); out.decimalNumber(common.last.flatMap { $0.own.exact.divided(by: $0.benchmark.exact)?.rounded() })
        out.key("session_open"); out.decimalNumber(open)
        out.key("spot"); out.decimalNumber(spot)
        out.endObject()
    }

    /// The closes on the dates that both have, ascending.
    private var commonCloses: [(own: FixedDecimal, benchmark: FixedDecimal)] {
        var others: [CalendarDate: FixedDecimal] = [:]
        for bar in benchmarkDays { others[bar.date] = bar.close }
        return days.compactMap { bar in
            guard let close = bar.close, let other = others[bar.date] else { return nil }
            return (close, other)
        }
    }

    private func writeAnchors(to out: inout JSONWriter, _ warnings: inout Set<String>) {
        out.beginArray()
        for (text, anchor) in anchors {
            let (start, bar) = start(of: anchor, &warnings)
            let bars = start.map { minutes.from($0) } ?? []
            let priced = bars.compactMap { bar in bar.price.map { (price: $0, volume: bar.tradedVolume) } }
            let volume = priced.reduce(ExactNumber.zero) { $0 + $1.volume }
            let vwap = priced.reduce(ExactNumber.zero) { $0 + $1.price * $1.volume }.divided(by: volume)
            // A breakout without minute bars is anchored at its daily bar.
            let first = bar ?? bars.first { $0.price != nil }
            if start != nil, vwap == nil { warnings.insert("zero_volume:\(text)") }
            let distance = vwap.flatMap { vwap in spot.flatMap { $0.exact.divided(by: vwap) } }.map { $0 - ExactNumber(1) }
            out.beginObject()
            out.key("anchor_id"); out.string(text)
            out.key("anchor_price"); out.decimalNumber(first?.price?.rounded())
            out.key("anchor_ts_utc"); out.instant(first?.timestamp)
            out.key("anchor_type"); out.string(String(text.prefix { $0 != ":" }))
            out.key("anchored_vwap"); out.decimalNumber(vwap?.rounded())
            out.key("distance_from_spot_pct"); out.decimalNumber(distance?.rounded())
            out.endObject()
        }
        out.endArray()
    }

    /// Where an anchor begins, and its bar if that is a daily one.
    private func start(of anchor: LevelsAnchor, _ warnings: inout Set<String>) -> (Instant?, Bar?) {
        func start(of date: CalendarDate) -> Instant? {
            date.advanced(byDays: -1).flatMap { rules.dates.end(of: $0, market: symbol) }
        }
        switch anchor {
        case .sessionOpen: return (opening, nil)
        case .timestamp(let instant): return (instant, nil)
        case .date(let date): return (start(of: date), nil)
        case .breakoutDay:
            guard let breakout else {
                warnings.insert("no_breakout_day")
                return (nil, nil)
            }
            guard let first = start(of: breakout.date), let end = rules.dates.end(of: breakout.date, market: symbol) else {
                return (nil, nil)
            }
            let hasMinutes = minutes.from(first).first.map { $0.timestamp < end } ?? false
            return (first, hasMinutes ? nil : breakout)
        }
    }

    private func writeProfile(to out: inout JSONWriter, _ warnings: inout Set<String>) {
        let profile = VolumeProfile(of: today, rules)
        if profile.bins.isEmpty { warnings.insert("zero_volume:volume_profile") }
        out.beginArray()
        for bin in profile.bins {
            out.beginObject()
            out.key("is_hvn"); out.bool(bin.isHigh)
            out.key("is_lvn"); out.bool(bin.isLow)
            out.key("is_poc"); out.bool(bin.isPointOfControl)
            out.key("price_bin_high"); out.decimalNumber(bin.high.rounded())
            out.key("price_bin_low"); out.decimalNumber(bin.low.rounded())
            out.key("volume"); out.decimalNumber(bin.volume.rounded())
            out.key("volume_pct"); out.decimalNumber(bin.share?.rounded())
            out.endObject()
        }
        out.endArray()
    }

    /// The first moment whose minute bars are needed: that of the earliest anchor, or the date's own.
    package static func firstMinute(
        _ anchors: [LevelsAnchor], on marketDate: CalendarDate, symbol: String, days: PricedBars, _ rules: LevelsRules
    ) -> Instant? {
        let own = Levels(
            of: symbol, on: marketDate, benchmark: "", anchors: [], minutes: .none, days: days, benchmarkDays: .none, isMixed: false, rules)
        var ignored: Set<String> = []
        let date = marketDate.advanced(byDays: -1).flatMap { rules.dates.end(of: $0, market: symbol) }
        return (anchors.compactMap { own.start(of: $0, &ignored).0 } + [date].compactMap { $0 }).min()
    }
}
