import ArgumentParser
import LedgerJSON
import Logging
import Operations
import Simulation

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Play whole histories from a seed, and check what must hold.",
        discussion: """
            For engineers. Drives syncs, imports, backfills, rebuilds, promotions, rollbacks and signatures in a random order on a \
            real Postgres. After each step nothing that was acknowledged may be gone or different; at random steps and at the end, \
            what was read as of earlier positions must read the same, the rows must be those of a replay, the trades those that the \
            feed had, and the audit must pass. The same seed gives the same history.

            Uses a server of its own, which is removed afterwards, or an empty database in DATABASE_URL, which keeps the history. \
            Exits 1 with the seed and the step of a failure, and, on a server of its own, with fewer steps that fail too.

            Examples:
              alpha-ledger simulate --seed 7 --events 500
              alpha-ledger simulate --seed 7 --events 2000 --until-failure
              alpha-ledger simulate --seed 7 --steps 0,3,12
            """)

    @Option(help: "The seed; the next seeds follow with --until-failure.") var seed: UInt64
    @Option(help: "How many events each history has at least.") var events: Int64 = 1_000
    @Option(help: "Only these steps of the history, comma-separated, as a failure names them.") var steps: String?
    @Flag(help: "Go on with the next seed until a history fails, or a signal comes.") var untilFailure = false
    @Flag(help: "Do not look for fewer steps that fail too.") var noShrinking = false
    @Flag(help: "Print JSON: one document a history.") var json = false
    @OptionGroup var options: SettingsOptions

    func validate() throws {
        if events < 1 { throw ValidationError("--events: expected 1 or more") }
        if steps != nil, untilFailure { throw ValidationError("--steps and --until-failure exclude each other") }
        _ = try chosenSteps()
    }

    private func chosenSteps() throws -> [Int]? {
        guard let steps else { return nil }
        return try steps.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Int(part), number >= 0 else {
                throw ValidationError("--steps: expected numbers of steps, as in 0,3,12, found `\(part)`")
            }
            return number
        }
    }

    func run() async throws {
        let settings = try options.settings(defaultLevel: .error)
        if settings.databaseURL != nil, untilFailure {
            throw Failure(code: 2, "--until-failure: a database holds one history; leave DATABASE_URL out")
        }
        if options.dataDirectory != nil {
            throw Failure(code: 2, "--data-dir: a simulation has a server of its own, or an empty database in DATABASE_URL")
        }
        let simulator = Simulator(
            try SettingsOptions.resources(), uri: settings.databaseURL, binaries: settings.postgresBinaries)
        var seed = seed
        while true {
            let report = try await play(simulator, seed)
            if let failure = report.failure { try await end(simulator, failure) }
            guard untilFailure, seed < .max else { return }
            seed += 1
        }
    }

    private func play(_ simulator: Simulator, _ seed: UInt64) async throws -> Simulator.Report {
        let progress = ProgressLine()
        defer { progress.end() }
        let report: Simulator.Report
        do {
            report = try await simulator.run(seed: seed, events: events, steps: try chosenSteps()) { step, events in
                progress.show("seed \(seed): step \(step), \(events) events")
            }
        } catch let error as SimulatorError {
            throw Failure(code: 2, "\(error)")
        }
        if json {
            Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")])
        } else {
            let end = report.failure.map { "FAILED at step \($0.number)" } ?? "kept"
            Output.line("seed \(seed): \(report.steps) steps, \(report.events) events, \(report.checks) checks, \(end)")
        }
        Output.flush()
        return report
    }

    private func end(_ simulator: Simulator, _ failure: SimulationFailure) async throws -> Never {
        var failure = failure
        if !noShrinking {
            let progress = ProgressLine()
            failure = try await simulator.shrink(failure) { progress.show("\($0) steps fail too") }
            progress.end()
        }
        let fewer = failure.steps.map { "; --steps \($0.map(String.init).joined(separator: ",")) shows it too" } ?? ""
        throw Failure(code: 1, "\(failure)\(fewer)")
    }
}

extension Simulator.Report {
    fileprivate var node: JSONNode {
        .object([
            ("seed", .string("\(seed)")), ("steps", .integer(Int64(steps))), ("events", .integer(events)),
            ("checks", .integer(Int64(checks))),
            (
                "failure",
                failure.map {
                    .object([
                        ("number", .integer(Int64($0.number))), ("step", .string($0.step.rawValue)), ("problem", .string($0.problem)),
                    ])
                } ?? .null
            ),
        ])
    }
}
