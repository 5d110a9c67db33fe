package import LedgerValues

/// What the service runs by itself, and how often: `ALPHA_LEDGER_SCHEDULE`, as in `sync=15m;backfill=60m`.
package struct Schedule: Sendable, Equatable {
    package enum Job: String, Sendable, CaseIterable {
        /// What changed at the standard source since the watermark.
        case sync
        /// Context, benchmarks and marks, one after the other.
        case backfill
    }

    /// In the order of ``Job/allCases``, each at most once.
    package let jobs: [(job: Job, seconds: Int)]

    /// A minute to a week.
    private static let allowed = 60...604_800
    private static let name = "ALPHA_LEDGER_SCHEDULE"

    /// Reads jobs with a semicolon between them. An interval is a whole number and `m`, `h` or `d`.
    package init(parsing text: String) throws(SettingProblem) {
        var found: [Job: Int] = [:]
        for part in text.split(separator: ";") {
            let words = part.split(separator: "=", omittingEmptySubsequences: false).map { String($0).trimmed }
            guard words.count == 2 else { throw Self.problem("found `\(String(part).trimmed)`") }
            guard let job = Job(rawValue: words[0]) else {
                throw Self.problem("found the job `\(words[0])`\(Suggestion.question(words[0], among: Job.allCases.map(\.rawValue)))")
            }
            guard found[job] == nil else { throw Self.problem("found `\(job.rawValue)` twice") }
            guard let seconds = Self.seconds(words[1]) else {
                throw Self.problem("found the interval `\(words[1])` of `\(job.rawValue)`, which is not 1m to 7d")
            }
            found[job] = seconds
        }
        guard !found.isEmpty else { throw Self.problem("found no job") }
        jobs = Job.allCases.compactMap { job in found[job].map { (job, $0) } }
    }

    private static func problem(_ found: String) -> SettingProblem {
        let jobs = Job.allCases.map(\.rawValue).joined(separator: ", ")
        return SettingProblem("\(name): expected jobs as in sync=15m;backfill=60m, of \(jobs); \(found)")
    }

    private static func seconds(_ text: String) -> Int? {
        guard let unit = text.last.flatMap({ ["m": 60, "h": 3_600, "d": 86_400][$0] }), let number = Int(text.dropLast()),
            number > 0, !text.hasPrefix("+")
        else { return nil }
        let (seconds, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        return !isTooLarge && allowed ~= seconds ? seconds : nil
    }

    package static func == (left: Schedule, right: Schedule) -> Bool {
        left.jobs.map(\.job) == right.jobs.map(\.job) && left.jobs.map(\.seconds) == right.jobs.map(\.seconds)
    }
}

/// Which job is due when. Pure: moments are seconds of any clock that only goes forward.
package struct ScheduleClock: Sendable {
    private let jobs: [(job: Schedule.Job, seconds: Int)]
    private var due: [Int]

    /// The first turn after a start, so that a service that is restarted often still runs its jobs.
    package static let firstSeconds = 60

    package init(_ schedule: Schedule, startingAt now: Int) {
        jobs = schedule.jobs
        due = schedule.jobs.map { now + min($0.seconds, Self.firstSeconds) }
    }

    /// The moment of the next turn.
    package var next: Int { due.min() ?? .max }

    /// The jobs that are due, in their order. Each is due again an interval after this moment: turns that were missed, as during
    /// a long run, are not made up for.
    package mutating func take(at now: Int) -> [Schedule.Job] {
        var taken: [Schedule.Job] = []
        for index in jobs.indices where due[index] <= now {
            taken.append(jobs[index].job)
            due[index] = now + jobs[index].seconds
        }
        return taken
    }
}
