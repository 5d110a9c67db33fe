package import LedgerAnalyses
package import LedgerRules
package import LedgerValues

/// The rules of levels (`analyses/levels/rules.v<N>.yaml`).
package final class LevelsRules: Sendable {
    package static let name = "levels"
    /// Raised whenever the code changes a document of the same rows under the same rules.
    private static let codeVersion = 1
    package static let source = AnalysisSource(answeredElsewhere: name) { version, read in
        try LevelsRules(version: version, read: read).identity
    }

    package let identity: AnalysisIdentity
    package let file: RuleFile
    package let dates: MarketDateRules
    package let benchmark: String
    package let sessionOpen: (hour: Int, minute: Int)
    package let anchors: [String]
    package let rollingDays: Int
    package let returns: Int
    package let breakoutDays: Int
    package let breakoutBefore: Int
    package let bins: Int
    /// Hundredths.
    package let highPercentile: Int
    package let lowPercentile: Int

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "analyses/\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "reads", "benchmark", "session_open", "anchors", "rolling_days", "returns", "breakout",
            "volume_profile",
        ])
        file = document.file
        dates = try MarketDateRules(path: try root.used("shared/market_dates."), read: read)
        identity = try AnalysisIdentity(name: Self.name, codeVersion: Self.codeVersion, document, using: dates.files)
        benchmark = try root.text("benchmark")
        sessionOpen = try root.member("session_open").timeOfDay()
        anchors = try root.texts("anchors")
        rollingDays = try root.whole("rolling_days", from: 1)
        returns = try root.whole("returns", from: 2)
        let breakout = try root.member("breakout")
        try breakout.allowOnly(["days", "before"])
        breakoutDays = try breakout.whole("days", from: 1)
        breakoutBefore = try breakout.whole("before", from: 1)
        let profile = try root.member("volume_profile")
        try profile.allowOnly(["bins", "high_percentile", "low_percentile"])
        bins = try profile.whole("bins", from: 1)
        highPercentile = try profile.whole("high_percentile", from: 0)
        lowPercentile = try profile.whole("low_percentile", from: 0)
    }
}

/// Where an anchored price begins, as it was asked for.
package enum LevelsAnchor: Sendable {
    case sessionOpen
    case breakoutDay
    case timestamp(Instant)
    case date(CalendarDate)

    /// Reads `session_open`, `breakout_day`, `timestamp:<instant>` or `date:<date>`. Nil for anything else.
    package init?(_ text: String) {
        if text == "session_open" {
            self = .sessionOpen
        } else if text == "breakout_day" {
            self = .breakoutDay
        } else if text.hasPrefix("timestamp:"), let instant = Instant(String(text.dropFirst(10))) {
            self = .timestamp(instant)
        } else if text.hasPrefix("date:"), let date = CalendarDate(String(text.dropFirst(5))) {
            self = .date(date)
        } else {
            return nil
        }
    }
}
