import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Enrich executions afterwards: context, benchmarks, marks.",
        discussion: """
            A dry run looks everything up and appends nothing; --apply appends. --preview looks nothing up: it says what \
            would be asked for, and how many requests to a vendor that takes at least. What was appended is not asked \
            for again: a run that dies is simply run again.

            Exit codes: 1 where a look-up failed (its answer is recorded with the reason; --retry asks again), 3 where \
            another backfill of the kind is running, 4 where the quotes' source can't be reached.
            """,
        subcommands: [Context.self, Benchmarks.self, Marks.self])

    /// The selection of trades, and the form of the result.
    struct Shared: ParsableArguments {
        @Flag(help: "Append; without it nothing is written.") var apply = false
        @Flag(help: "Only say what would be asked for.") var preview = false
        @Option(help: "At most so many executions, the earliest first.") var limit: Int?
        @Option(name: .customLong("trade-id"), help: "Only this trade; may be given several times.")
        var tradeIDs: [String] = []
        @Flag(help: "Print the summary as JSON.") var json = false

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit: expected a number above 0") }
            if preview && apply { throw ValidationError("--preview: expected none beside --apply") }
        }
    }

    /// The source of quotes, and whether to repeat look-ups.
    struct Quotes: ParsableArguments {
        @Option(
            name: .customLong("quotes"),
            help:
                "log (imported observations), amberdata, or auto: Amberdata where AMBERDATA_API_KEY is set, else the log."
        )
        var source = "auto"
        @Flag(help: "Ask again where there is no usable quote yet.") var retry = false
        @Flag(help: "Look up contracts with an adjusted or another underlying's root too.") var adjustedRoots = false

        func validate() throws {
            guard ["auto", "log", "amberdata"].contains(source) else {
                throw ValidationError("--quotes: expected log, amberdata or auto")
            }
        }
    }

    struct Context: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stamp executions with the market around them, from the observations in the log.",
            discussion: """
                Asks for executions without a stamp of their current terms; --force for all, which appends only stamps \
                that have changed.

                Examples:
                  alpha-ledger backfill context
                  alpha-ledger backfill context --apply
                  alpha-ledger backfill context --apply --force --rules v1
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var shared: Shared
        @Flag(help: "All executions, stamped or not.") var force = false
        @Option(help: "Version of the context rules, such as v1; by default the served one.") var rules: String?

        func validate() throws { _ = try version() }

        private func version() throws -> Int? {
            guard let rules else { return nil }
            do {
                return try ContextBackfillOptions.rulesVersion(rules)
            } catch {
                throw ValidationError("--rules: \(error)")
            }
        }

        func run() async throws {
            let asked = ContextBackfillOptions(
                apply: shared.apply, force: force, limit: shared.limit, tradeIDs: shared.tradeIDs,
                rulesVersion: try version(), actor: RunActor.commandLine)
            let settings = try options.settings()
            if shared.preview {
                return try await BackfillCommand.preview(settings, options, shared) { ledger in
                    try await ContextBackfill(ledger: ledger).preview(asked)
                }
            }
            try await BackfillCommand.run(settings, options, shared) { ledger, onProgress in
                try await ContextBackfill(ledger: ledger, onProgress: onProgress).run(asked)
            }
        }
    }

    struct Benchmarks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record the quote nearest to each execution.",
            discussion: """
                Asks for executions without a benchmark of their current terms.

                Examples:
                  alpha-ledger backfill benchmarks --quotes log
                  alpha-ledger backfill benchmarks --apply
                  alpha-ledger backfill benchmarks --apply --retry --limit 100
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var shared: Shared
        @OptionGroup var quotes: Quotes

        func run() async throws {
            let settings = try options.settings()
            let choice = try BackfillCommand.choice(quotes, settings)
            let asked = BenchmarksBackfillOptions(
                apply: shared.apply, retry: quotes.retry, adjustedRoots: quotes.adjustedRoots, limit: shared.limit,
                tradeIDs: shared.tradeIDs, actor: RunActor.commandLine)
            if shared.preview {
                return try await BackfillCommand.preview(settings, options, shared) { ledger in
                    try await BenchmarksBackfill(ledger: ledger, quotes: choice).preview(asked)
                }
            }
            try await BackfillCommand.run(settings, options, shared) { ledger, onProgress in
                try await BenchmarksBackfill(ledger: ledger, quotes: choice, onProgress: onProgress).run(asked)
            }
        }
    }

    struct Marks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record the quote nearest to each matured horizon of each execution.",
            discussion: """
                Asks for horizons that have matured and were not looked up under the trade's current terms. For \
                directly mapped symbols (BTC, ETH, SOL) it records the spot and the realized volatility too.

                Examples:
                  alpha-ledger backfill marks --quotes log
                  alpha-ledger backfill marks --apply --horizons 1,7,30,expiry
                  alpha-ledger backfill marks --apply --retry --trade-id T-1
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var shared: Shared
        @OptionGroup var quotes: Quotes
        @Option(help: "Comma-separated days (1 to 3650) and expiry, at most 8; by default those of the rules.")
        var horizons: String?

        func run() async throws {
            let settings = try options.settings()
            let choice = try BackfillCommand.choice(quotes, settings)
            let asked = MarksBackfillOptions(
                apply: shared.apply, horizons: horizons, retry: quotes.retry, adjustedRoots: quotes.adjustedRoots,
                limit: shared.limit, tradeIDs: shared.tradeIDs, actor: RunActor.commandLine)
            if shared.preview {
                return try await BackfillCommand.preview(settings, options, shared) { ledger in
                    try await MarksBackfill(ledger: ledger, quotes: choice).preview(asked)
                }
            }
            try await BackfillCommand.run(settings, options, shared) { ledger, onProgress in
                try await MarksBackfill(ledger: ledger, quotes: choice, onProgress: onProgress).run(asked)
            }
        }
    }

    // MARK: - Running

    private static func choice(_ quotes: Quotes, _ settings: Settings) throws -> QuoteChoice {
        do throws(BackfillError) {
            return try QuoteChoice(named: quotes.source, settings)
        } catch {
            throw Failure(error)
        }
    }

    private static func preview(
        _ settings: Settings, _ options: SettingsOptions, _ shared: Shared, _ body: (Ledger) async throws -> BackfillPreview
    ) async throws {
        let preview: BackfillPreview
        do {
            preview = try await options.withLedger(settings, writes: false) { try await body($0) }
        } catch let error as BackfillError {
            throw Failure(error)
        }
        if shared.json {
            Output.bytes(preview.node.httpBytes() + [UInt8(ascii: "\n")])
        } else {
            show(preview)
        }
    }

    private static func run(
        _ settings: Settings, _ options: SettingsOptions, _ shared: Shared,
        _ body: (Ledger, @escaping @Sendable (BackfillProgress) -> Void) async throws -> BackfillSummary
    ) async throws {
        let progress = ProgressLine()
        let summary: BackfillSummary
        do {
            defer { progress.end() }
            summary = try await options.withLedger(settings, writes: shared.apply) { ledger in
                try await body(ledger) { step in
                    let calls = step.calls > 0 ? ", \(step.calls) calls" : ""
                    progress.show("\(step.done) of \(step.of)\(calls)")
                }
            }
        } catch let error as BackfillError {
            throw Failure(error)
        }
        if shared.json {
            Output.bytes(summary.node.httpBytes() + [UInt8(ascii: "\n")])
        } else {
            show(summary)
        }
        if summary.failed > 0 { throw ExitCode(1) }
    }
}

extension Failure {
    init(_ error: BackfillError) {
        switch error {
        case .alreadyRunning: self.init(code: 3, "\(error)")
        case .unreachable: self.init(code: 4, "\(error)")
        case .badOptions, .notConfigured: self.init(code: 2, "\(error)")
        }
    }
}

private func counts(_ values: [ByteKey: Int]) -> String {
    values.sorted { $0.key < $1.key }.map { "\(Output.escaped($0.key.text)) \($0.value)" }.joined(separator: ", ")
}

/// Prints what a backfill would ask for as text.
func show(_ preview: BackfillPreview) {
    let source = preview.quoteSource.map { ", quotes from \($0)" } ?? ""
    Output.line("preview, \(preview.kind.rawValue) under \(preview.rules)\(source), as of position \(preview.position)")
    Output.line("\(preview.trades) trades need it: would ask for \(preview.wanted)")
    if preview.refreshed > 0 { Output.line("would refresh spot or realized vol: at most \(preview.refreshed)") }
    if !preview.byHorizon.isEmpty { Output.line("by horizon: \(counts(preview.byHorizon))") }
    if !preview.byError.isEmpty { Output.line("without a look-up because: \(counts(preview.byError))") }
    if preview.kind != .context {
        Output.line("would look up \(preview.lookups) contracts and windows in at least \(preview.leastCalls) calls")
    }
    if !preview.markets.isEmpty { Output.line("markets: \(preview.markets.map { Output.escaped($0) }.joined(separator: ", "))") }
    if !preview.firstTrades.isEmpty {
        Output.line("first trades: \(preview.firstTrades.map { Output.escaped($0.id) }.joined(separator: ", "))")
    }
    Output.line("nothing was looked up and nothing was written; --apply appends")
}

/// Prints the backfill's summary as text.
func show(_ summary: BackfillSummary) {
    let source = summary.quoteSource.map { ", quotes from \($0)" } ?? ""
    Output.line("\(summary.dryRun ? "dry run" : "run") \(summary.runID), \(summary.kind.rawValue)\(source)")
    Output.line("asked \(summary.wanted), appended \(summary.appended), unchanged \(summary.unchanged)")
    if summary.refreshed > 0 { Output.line("refreshed spot or realized vol: \(summary.refreshed)") }
    if !summary.byQuality.isEmpty { Output.line("by quality: \(counts(summary.byQuality))") }
    for (horizon, qualities) in summary.byHorizon.sorted(by: { $0.key < $1.key }) {
        Output.line("  \(Output.escaped(horizon.text)): \(counts(qualities))")
    }
    if !summary.byError.isEmpty { Output.line("without a quote because: \(counts(summary.byError))") }
    if summary.kind != .context {
        Output.line("looked up \(summary.lookups) contracts and windows in \(summary.calls) calls")
    }
    if summary.dryRun { Output.line("nothing was written; --apply appends") }
}
