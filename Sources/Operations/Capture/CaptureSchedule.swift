package import LedgerValues
package import OptionTrades

/// When a service captures which series (docs/contract/market-capture.md, "Schedule").
///
/// `gex,spot=hourly;prints=5m;chain:SPY,MSTR=15m`: entries with semicolons between them, of series and how often. A capture is due 90 seconds after
/// each boundary of UTC time, when the vendor has the hour that ended there.
package struct CaptureSchedule: Sendable, Equatable {
    static let setting = "ALPHA_LEDGER_CAPTURE"
    static let delayMicroseconds: Int64 = 90_000_000
    /// How far back a service looks for hours that were not captured.
    static let lookBackHours: Int64 = 24

    package struct Entry: Sendable, Equatable {
        package let series: [CaptureSeries]
        package let symbols: [CaptureTargets.OfSymbol]
        package let minutes: Int
    }

    package let entries: [Entry]

    package init(parsing text: String) throws(SettingProblem) {
        var entries: [Entry] = []
        var seen: Set<String> = []
        for part in text.split(separator: ";", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            guard sides.count == 2, let minutes = Self.minutes(sides[1]) else {
                throw SettingProblem(
                    "\(Self.setting): expected series, = and how often (hourly, daily, or minutes that divide an hour, such as 5m), not `\(part)`"
                )
            }
            let targets: CaptureTargets
            do throws(SettingProblem) {
                targets = try CaptureTargets(parsing: sides[0])
            } catch {
                throw SettingProblem("\(Self.setting): \(error)")
            }
            for one in targets.series where !seen.insert(one.rawValue).inserted {
                throw SettingProblem("\(Self.setting): names \(one.rawValue) twice")
            }
            for one in targets.symbols where !seen.insert("\(one.series.rawValue):\(one.symbol)").inserted {
                throw SettingProblem("\(Self.setting): names \(one.series.rawValue) of \(one.symbol) twice")
            }
            entries.append(Entry(series: targets.series, symbols: targets.symbols, minutes: minutes))
        }
        guard !entries.isEmpty else { throw SettingProblem("\(Self.setting): expected entries such as gex,spot=hourly;prints=5m") }
        self.entries = entries
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func minutes(_ text: String) -> Int? {
        switch text {
        case "hourly": return 60
        case "daily": return 1_440
        default:
            guard text.hasSuffix("m"), let minutes = Int(text.dropLast()), minutes > 0, 60 % minutes == 0 else { return nil }
            return minutes
        }
    }

    /// Whether a series of a market is among what is captured.
    package var hasMarkets: Bool { entries.contains { !$0.series.isEmpty } }

    /// Whether a series of a symbol is.
    package var hasSymbols: Bool { entries.contains { !$0.symbols.isEmpty } }

    /// The first capture after a moment: the boundary, and the series of markets that are due.
    package func next(after moment: Instant) -> (boundary: Instant, series: [CaptureSeries]) {
        let first = entries.map { Self.boundary($0, after: moment) }.min() ?? 0
        let due = entries.filter { Self.boundary($0, after: moment) == first }.flatMap(\.series)
        return (Instant(microseconds: first) ?? .maximum, CaptureSeries.allCases.filter(due.contains))
    }

    /// The symbols that are due at that capture, by series.
    package func symbols(after moment: Instant) -> [(series: CaptureSeries, symbols: [String])] {
        let first = entries.map { Self.boundary($0, after: moment) }.min() ?? 0
        let due = entries.filter { Self.boundary($0, after: moment) == first }.flatMap(\.symbols)
        return CaptureSeries.allCases.compactMap { series in
            let symbols = due.filter { $0.series == series }.map(\.symbol)
            return symbols.isEmpty ? nil : (series, symbols)
        }
    }

    private static func boundary(_ entry: Entry, after moment: Instant) -> Int64 {
        let step = Int64(entry.minutes) * 60_000_000
        return (max(0, moment.microseconds - delayMicroseconds) / step + 1) * step
    }

    /// What is captured at a boundary: all that is missing of the last day, of daily series of the last two.
    func options(_ series: [CaptureSeries], at boundary: Instant, currencies: [String]) -> [CaptureOptions] {
        [(true, 2 * Self.lookBackHours), (false, Self.lookBackHours)].compactMap { isDaily, hours in
            let chosen = series.filter { $0.isDaily == isDaily }
            let from = boundary.flooredToHour.advanced(byMicroseconds: -hours * Instant.hourMicroseconds)
            return chosen.isEmpty ? nil : CaptureOptions(series: chosen, currencies: currencies, from: from ?? .minimum, apply: true)
        }
    }

    /// What is captured of symbols at a boundary: chains as they stand, and the bars of the last day that are missing.
    func options(of series: CaptureSeries, _ symbols: [String], at boundary: Instant) -> CaptureOptions {
        let from = boundary.flooredToHour.advanced(byMicroseconds: -Self.lookBackHours * Instant.hourMicroseconds)
        return CaptureOptions(series: [series], currencies: symbols, from: series == .chain ? nil : from, apply: true)
    }
}
