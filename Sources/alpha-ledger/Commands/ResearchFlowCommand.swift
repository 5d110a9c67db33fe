import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension ResearchCommand {
    struct Flow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Trades of options against the quotes in force: summarize a tape, record it, and read it by strike or time.",
            discussion: """
                DIR holds <stream|rest>/<market date>/<OCC symbol>/{quotes,trades}.ndjson or .ndjson.gz. Each contract and date becomes \
                a summary, which --apply records with the digests of its files. --verify summarizes again and names what differs from \
                the log. --from-prints summarizes observed prints of an underlying and date. Without both, recorded flow is read.

                Exit codes: 1 where --verify finds a difference or a tape can't be summarized.

                Examples:
                  alpha-ledger research flow tape --apply
                  alpha-ledger research flow tape --verify
                  alpha-ledger research flow --from-prints --underlying MSTR --date 2026-01-30
                  alpha-ledger research flow --underlying MSTR --group strike
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Argument(help: "The folder of a tape.") var folder: String?
        @Flag(help: "Summarize observed prints.") var fromPrints = false
        @Flag(help: "Record what is new; without it nothing is written.") var apply = false
        @Flag(help: "Summarize again, and compare with the log.") var verify = false
        @Option(help: "Refuse more contracts than this; as the rules say where left out.") var maxContracts: Int?
        @Option(help: "The underlying of prints, or of what is read.") var underlying: String?
        @Option(help: "The market date of prints.", transform: ResearchCommand.date) var date: CalendarDate?
        @Option(help: "Market date from (inclusive), of what is read.", transform: ResearchCommand.date) var from: CalendarDate?
        @Option(help: "Market date to (exclusive), of what is read.", transform: ResearchCommand.date) var to: CalendarDate?
        @Option(
            help: "rest, prints or stream; the first that a contract's date has where left out.",
            completion: .list(FlowSource.allCases.map(\.rawValue)))
        var source: String?
        @Option(
            help: "\(FlowGroups.Group.allCases.map(\.rawValue).joined(separator: ", ")); contract where left out.",
            completion: .list(FlowGroups.Group.allCases.map(\.rawValue)))
        var group: String?

        private var isReading: Bool { folder == nil && !fromPrints }

        func validate() throws {
            if let maxContracts, maxContracts < 1 { throw ValidationError("--max-contracts: expected a number above 0") }
            if apply, verify { throw ValidationError("--apply excludes --verify") }
            if folder != nil, fromPrints { throw ValidationError("--from-prints excludes a folder") }
            let ofReading = from != nil || to != nil || source != nil || group != nil
            if isReading {
                if apply || verify || maxContracts != nil || date != nil {
                    throw ValidationError("expected a folder, or --from-prints, beside --apply, --verify, --max-contracts and --date")
                }
                if underlying == nil { throw ValidationError("expected a folder, --from-prints, or --underlying") }
                return
            }
            if ofReading || pins.asOf != nil || pins.asOfPosition != nil || pins.rules != nil || pins.receipt {
                throw ValidationError("--from, --to, --source, --group and what an answer stands on belong to flow that is read")
            }
            if fromPrints, underlying == nil || date == nil { throw ValidationError("--from-prints needs --underlying and --date") }
            if folder != nil, underlying != nil || date != nil {
                throw ValidationError("--underlying and --date belong to --from-prints, or to flow that is read")
            }
        }

        func run() async throws {
            if isReading { return try await read() }
            do {
                try await summarize()
            } catch let problem as FlowProblem {
                throw Failure(code: 1, "\(problem)")
            }
        }

        private func read() async throws {
            guard let underlying else { return }
            var question = FlowQuestion(underlying: underlying)
            (question.from, question.to) = (from, to)
            question.source = try source.map { try FlowQuestion.source(parsing: $0) }
            if let group { question.group = try FlowQuestion.group(parsing: group) }
            try await showResearch(question, options, pins) { document in
                let columns = [
                    "key", "buy_volume", "sell_volume", "unknown_volume", "net_notional", "trade_count", "unknown_trade_share",
                    "quote_coverage_pct",
                ]
                Output.table(
                    columns, document["rows"]?.elements.map { row in columns.map { cell(row[$0], nil) } } ?? [],
                    rightAligned: Set(1..<columns.count))
            }
        }

        private func summarize() async throws {
            // Prints are read from projections, which a fold brings up to date.
            let differs = try await options.withLedger(writes: apply || fromPrints) { ledger -> Bool in
                let rules = try await ledger.flowRules()
                let limit = maxContracts ?? rules.maximumContracts
                let summaries: [FlowSummary]
                if let folder {
                    summaries = try FlowPartitions(folder, maximumContracts: limit).summaries(rules)
                } else if let underlying, let date {
                    let question = FlowPrints(underlying: underlying, marketDate: date, maximumContracts: limit)
                    try await ledger.bringUpToDate(question.views.map(\.projection))
                    let found = try await ResearchReader(ledger, isBounded: false).flow(ofPrints: question)
                    if found.leftOut > 0 { Output.warning("\(found.leftOut) prints don't say which contract they are of") }
                    summaries = found.summaries
                } else {
                    return false
                }
                let recorder = FlowRecorder(ledger)
                if verify { return show(try await recorder.verify(summaries, isWhole: folder != nil), of: summaries.count) }
                show(try await recorder.record(summaries, apply: apply))
                return false
            }
            if differs { throw ExitCode(1) }
        }

        /// Whether there are differences.
        private func show(_ differences: [FlowDifference], of count: Int) -> Bool {
            if pins.json {
                let node = JSONNode.object([
                    ("summaries", .integer(Int64(count))),
                    (
                        "differences",
                        .array(
                            differences.map { .object([("subject", .string($0.subject)), ("problem", .string($0.problem))]) })
                    ),
                ])
                Output.bytes(node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                for difference in differences { Output.line(Output.escaped("\(difference)")) }
                Output.line("\(count) summaries, \(differences.count) differences")
            }
            return !differences.isEmpty
        }

        private func show(_ recording: FlowRecording) {
            if pins.json { return Output.bytes(recording.node.httpBytes() + [UInt8(ascii: "\n")]) }
            Output.table(
                [
                    "source", "symbol", "market_date", "trades", "bought", "sold", "unknown", "net_notional", "coverage", "state",
                    "warnings",
                ],
                recording.rows.map { payload, state in
                    [
                        payload.source.rawValue, payload.symbol, "\(payload.marketDate)", "\(payload.figures.tradeCount)",
                        "\(payload.figures.buyVolume)", "\(payload.figures.sellVolume)", "\(payload.figures.unknownVolume)",
                        "\(payload.figures.netNotional)", payload.quoteCoverage.map { "\($0)" } ?? "", state.rawValue,
                        payload.warnings.joined(separator: " "),
                    ]
                }, rightAligned: Set(3...8))
            Output.line("\(Research.disclaimer)")
            if recording.isDryRun { Output.line("nothing was written; --apply records") }
        }
    }
}
