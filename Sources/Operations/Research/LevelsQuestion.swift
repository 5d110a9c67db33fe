import LedgerJSON
import LedgerProjections
package import LedgerValues
package import OptionTrades

/// Levels of an underlying from its bars and a benchmark's.
package struct LevelsQuestion: ResearchQuestion {
    package let symbol: String
    /// Nil for the latest date up to the reader's now.
    package var marketDate: CalendarDate?
    /// Nil for that of the rules.
    package var benchmark: String?
    /// As they were asked for. Nil for those of the rules.
    package var anchors: [(text: String, anchor: LevelsAnchor)]?

    package init(symbol: String) { self.symbol = symbol }

    /// Reads anchors with commas between them, at most 20.
    package static func anchors(parsing text: String) throws(ViewError) -> [(text: String, anchor: LevelsAnchor)] {
        var found: [(text: String, anchor: LevelsAnchor)] = []
        for piece in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let anchor = LevelsAnchor(piece), found.count < 20 else {
                throw .badParameter(
                    name: "anchor",
                    expected: "session_open, breakout_day, timestamp:<instant> or date:<date>, at most 20 with commas between them")
            }
            found.append((piece, anchor))
        }
        return found
    }

    package var name: String { "levels" }
    package var views: [View] { [.bars] }
    package var analysis: String? { LevelsRules.name }
    package var key: String {
        let texts = anchors?.map(\.text).joined(separator: ",") ?? ""
        return "\(symbol)|\(marketDate?.description ?? "")|\(benchmark ?? "")|\(texts)"
    }

    package func document(_ rows: ResearchRows) throws -> [UInt8] {
        let rules = try rows.ownRules(LevelsRules.init(version:read:))
        let benchmark = benchmark ?? rules.benchmark
        let days = try rows.bars(of: symbol, "1d")
        let benchmarkDays = try rows.bars(of: benchmark, "1d")
        let latest = try rows.bars(of: symbol, "1m", [], isLastAlone: true)
        let date = marketDate ?? Self.latest(days.bars, latest.bars, symbol, now: rows.now, rules)
        let anchors = self.anchors ?? rules.anchors.compactMap { text in LevelsAnchor(text).map { (text, $0) } }
        guard let date else {
            return Self.written(
                Levels(
                    of: symbol, on: rows.now.date, benchmark: benchmark, anchors: anchors, minutes: .none, days: .none,
                    benchmarkDays: .none, isMixed: false, rules))
        }
        var filters: [RowFilter] = []
        if let first = Levels.firstMinute(anchors.map(\.anchor), on: date, symbol: symbol, days: days.bars, rules) {
            filters.append(.from(column: "timestamp", first))
        }
        // A period that begins before the end of the date ends at most four hours after it.
        if let end = rules.dates.end(of: date, market: symbol)?.advanced(byMicroseconds: 4 * 3_600_000_000) {
            filters.append(.before(column: "timestamp", end))
        }
        let minutes = try rows.bars(of: symbol, "1m", filters)
        let adjustments = days.adjustments(through: date).union(benchmarkDays.adjustments(through: date))
            .union(minutes.adjustments(through: date))
        return Self.written(
            Levels(
                of: symbol, on: date, benchmark: benchmark, anchors: anchors, minutes: minutes.bars, days: days.bars,
                benchmarkDays: benchmarkDays.bars, isMixed: adjustments.count > 1, rules))
    }

    private static func written(_ levels: Levels) -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 1 << 13) { levels.write(to: &$0) }
    }

    /// The latest market date up to now that has a bar.
    private static func latest(
        _ days: PricedBars, _ minutes: PricedBars, _ symbol: String, now: Instant, _ rules: LevelsRules
    ) -> CalendarDate? {
        guard let today = rules.dates.date(at: now, of: symbol) else { return nil }
        let dates = days.bars.map(\.timestamp.date) + minutes.bars.compactMap { rules.dates.date(at: $0.timestamp, of: symbol) }
        return dates.filter { $0 <= today }.max()
    }
}

/// Bars of a symbol with what they are adjusted for.
struct ReadBars {
    var bars = PricedBars.none
    /// For each period that was read its first date, and the adjustment of its bars.
    var periods: [(first: CalendarDate, adjustment: String)] = []

    func adjustments(through date: CalendarDate) -> Set<String> {
        Set(periods.filter { $0.first <= date }.map(\.adjustment))
    }
}

extension ResearchRows {
    /// The bars of a symbol.
    ///
    /// - Parameter isLastAlone: whether only those of the last period are wanted.
    func bars(
        of symbol: String, _ interval: String, _ filters: [RowFilter] = [], isLastAlone: Bool = false
    ) throws -> ReadBars {
        let own = [RowFilter.equals(column: "symbol", value: symbol), .equals(column: "interval", value: interval)] + filters
        let found = isLastAlone ? try last(.bars, own).map { [$0] } ?? [] : try rows(.bars, own)
        var read = ReadBars()
        var bars: [Bar] = []
        for document in found {
            let own = document.root["bars"]?.elements.compactMap { Bar($0) } ?? []
            guard let first = own.first else { continue }
            bars += own
            read.periods.append((first.timestamp.date, document.root["adjustment"]?.string ?? ""))
        }
        read.bars = PricedBars(bars)
        return read
    }
}
