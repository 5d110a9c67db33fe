import LedgerAnalyses
import LedgerExplanations
import LedgerRules
import LedgerValues

extension Worksheet {
    /// Explains a figure of a market's document that is not below `data`.
    ///
    /// - Parameters:
    ///   - newest: of each series the position of its newest observation.
    ///   - file: the rule file with the table `needs`.
    mutating func explain(
        _ figure: FieldPath, of document: MarketDocument, newest: [String: Int64], _ needs: SeriesNeeds, in file: RuleFile
    ) {
        switch (figure.parts.first, figure.parts.dropFirst().first.flatMap { Int($0) }, figure.parts.last) {
        case ("currency", _, _): step("the market that was asked for", "currency", Shown(document.currency))
        case ("now", _, _): step("the reader's now", "now", Shown(document.now))
        case ("source_quality", let index?, let name?) where document.quality.indices.contains(index):
            quality(name, document.quality[index], document.now, newest, needs, in: file)
        case ("as_of", _, _), ("age_minutes", _, _):
            for one in document.quality { quality("as_of", one, document.now, newest, needs, in: file) }
            guard let asOf = document.asOf else { return null("as_of", because: "a series that is needed has no observation yet") }
            step("the oldest of these", "as_of", Shown(asOf))
            if figure.parts.first == "age_minutes" { round("now − as_of in minutes", document.now.minutes(since: asOf)) }
        default:
            for one in document.quality { quality("status", one, document.now, newest, needs, in: file) }
            if figure.parts.first == "status" {
                step("the worst of the series that it needs", "status", Shown(document.status.rawValue))
            } else {
                step("each series that is unavailable, then what the analysis warns of", "warnings", Shown(document.warnings))
            }
        }
    }

    private mutating func quality(
        _ name: String, _ quality: SeriesQuality, _ now: Instant, _ newest: [String: Int64], _ needs: SeriesNeeds, in file: RuleFile
    ) {
        if name == "series" { return step("the kind of observation", "series", Shown(quality.series)) }
        let event = newest[quality.series].flatMap { row.event(at: $0) }
        input("\(quality.series).timestamp", Shown(quality.newest), event)
        if name == "rows" { return step("the observations at its newest timestamp", "rows", Shown(Int64(quality.rows))) }
        if quality.newest == quality.asOf {
            step("the newest timestamp of \(quality.series) up to now", "as_of", Shown(quality.asOf))
        } else {
            step("the end of the hour of the newest \(quality.series), not later than now", "as_of", Shown(quality.asOf))
        }
        if name == "as_of" { return }
        guard let age = quality.ageMinutes else {
            if name == "status" { return step("there is no observation", "status", Shown(quality.status.rawValue)) }
            return null("now − as_of", because: "there is no observation of \(quality.series) yet")
        }
        if name == "age_minutes" { return round("now − as_of in minutes", age) }
        rule(file, "needs", quality.series)
        guard let tolerance = needs.series.first(where: { $0.name.isBytewiseEqual(to: quality.series) })?.tolerance
        else { return }
        step("now − as_of in minutes", "\(now) − \(Shown(quality.asOf).text)", Shown(exact: age))
        step(
            "live up to \(tolerance.freshMinutes) minutes, stale up to \(tolerance.usableMinutes)", "status", Shown(quality.status.rawValue)
        )
    }
}
