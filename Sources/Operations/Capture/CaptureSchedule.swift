package import LedgerValues
package import OptionTrades

/// When a service captures which series (docs/contract/market-capture.md, "Schedule").
///
/// `gex,spot=hourly;prints=5m`: entries with semicolons between them, of series and how often. A capture is due 90 seconds after
/// each boundary of UTC time, when the vendor has the hour that ended there.
package struct CaptureSchedule: Sendable, Equatable {
    static let setting = "ALPHA_LEDGER_CAPTURE"
    static let delayMicroseconds: Int64 = 90_000_000
    /// How far back a service looks for hours that were not captured.
    static let lookBackHours: Int64 = 24

    package struct Entry: Sendable, Equatable {
        package let series: [CaptureSeries]
        package let minutes: Int
    }

    package let entries: [Entry]

    package init(parsing text: String) throws(SettingProblem) {
        var entries: [Entry] = []
        var seen: Set<CaptureSeries> = []
        for part in text.split(separator: ";", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            guard sides.count == 2, let minutes = Self.minutes(sides[1]) else {
                throw SettingProblem(
                    "\(Self.setting): expected series, = and how often (hourly, daily, or minutes that divide an hour, such as 5m), not `\(part)`"
                )
            }
            var series: [CaptureSeries] = []
            for name in sides[0].split(separator: ",", omittingEmptySubsequences: false).map({ Self.trimmed($0) }) {
                guard let one = CaptureSeries(rawValue: name) else {
                    throw SettingProblem("\(Self.setting): unknown series `\(name)`; expected one or more of \(CaptureOptions.names)")
                }
                guard seen.insert(one).inserted else { throw SettingProblem("\(Self.setting): names \(name) twice") }
                series.append(one)
            }
            entries.append(Entry(series: series, minutes: minutes))
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

    /// The first capture after a moment: the boundary, and the series that are due.
    package func next(after moment: Instant) -> (boundary: Instant, series: [CaptureSeries]) {
        func boundary(_ entry: Entry) -> Int64 {
            let step = Int64(entry.minutes) * 60_000_000
            return (max(0, moment.microseconds - Self.delayMicroseconds) / step + 1) * step
        }
        let first = entries.map(boundary).min() ?? 0
        let due = entries.filter { boundary($0) == first }.flatMap(\.series)
        return (Instant(microseconds: first) ?? .maximum, CaptureSeries.allCases.filter(due.contains))
    }

    /// What is captured at a boundary: all that is missing of the last day, of daily series of the last two.
    func options(_ series: [CaptureSeries], at boundary: Instant, currencies: [String]) -> [CaptureOptions] {
        [(true, 2 * Self.lookBackHours), (false, Self.lookBackHours)].compactMap { isDaily, hours in
            let chosen = series.filter { $0.isDaily == isDaily }
            let from = boundary.flooredToHour.advanced(byMicroseconds: -hours * Instant.hourMicroseconds)
            return chosen.isEmpty ? nil : CaptureOptions(series: chosen, currencies: currencies, from: from ?? .minimum, apply: true)
        }
    }
}
