import ArgumentParser
import LedgerAnalyses
import LedgerValues
import Operations
import OptionTrades

extension AuditCommand {
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Why a figure is what it is.",
            discussion: """
                Prints the values that a row, or one of its columns, was made from, with the events that hold them, the \
                rule lines that were applied, and the arithmetic step by step, ending in the published figure. The \
                arithmetic is worked out anew from the events: where it ends elsewhere, the command says MISMATCH and \
                exits 1.

                VIEW is one that `view` lists, with - or _, and KEY the parts of the row's key, the source alpha_sync left out or \
                not; or VIEW is one that `analysis` lists, with --currency, and --field a path in its document.

                Examples:
                  alpha-ledger audit explain trades 1001 --field entry_premium_usd
                  alpha-ledger audit explain outcomes 1001 7d --field pnl_after_fees_usd --as-of-position 500
                  alpha-ledger audit explain alignment 1001 --json
                  alpha-ledger audit explain stationarity --currency BTC --field data.dvol.status
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The view or the analysis.") var view: String
        @Argument(help: "The parts of the row's key.") var key: [String] = []
        @Option(help: "A column, or a path in a document; all of it where left out.") var field: String?
        @Option(help: "The market of an analysis.") var currency: String?
        @Option(name: .customLong("with"), help: "Another parameter of an analysis, NAME=VALUE, as often as needed.")
        var parameters: [String] = []
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(help: "What it knew at this instant, as in 2026-01-31T00:00:00Z.", transform: Arguments.instant)
        var asOf: Instant?
        @Option(help: "Only what had happened in the world by this instant.", transform: Arguments.instant)
        var effectiveAt: Instant?
        @Flag(help: "Print what HTTP answers.") var json = false

        func validate() throws {
            if MarketAnalysis.named(view) == nil {
                if key.isEmpty { throw ValidationError("Missing expected argument '<key> ...'") }
                if currency != nil || !parameters.isEmpty {
                    throw ValidationError("--currency is for an analysis; a row is named by its key")
                }
            } else if !key.isEmpty || effectiveAt != nil {
                throw ValidationError("an analysis has no rows: it takes --currency, and neither a key nor --effective-at")
            }
        }

        func run() async throws {
            if let analysis = MarketAnalysis.named(view) {
                var values = currency.map { ["currency": $0] } ?? [:]
                for text in parameters {
                    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                    guard parts.count == 2, analysis.source.parameters.contains(where: { $0.name == parts[0] }) else {
                        let names = analysis.source.parameters.map(\.name).joined(separator: ", ")
                        throw ValidationError("--with: expected NAME=VALUE, NAME one of \(names)")
                    }
                    values[parts[0]] = parts[1]
                }
                var request = AnalysisRequest(analysis, values)
                request.asOfPosition = asOfPosition
                request.asOf = asOf
                let ask = request
                return try await options.withLedger { ledger in
                    let reader = AnalysisReader(ledger, isBounded: false)
                    try await ledger.bringUpToDate(try reader.projections(ask))
                    try show(try await reader.explain(ask, field.map { FieldPath($0) }, maximumEvents: Self.maximumEvents))
                }
            }
            var request = try ExplainRequest(view: view, key: key, field: field)
            request.asOfPosition = asOfPosition
            request.asOf = asOf
            request.effectiveAt = effectiveAt
            request.maximumEvents = Self.maximumEvents
            let ask = request
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate([ask.view.projection])
                try show(try await ledger.explain(ask))
            }
        }

        private static let maximumEvents = 1_000_000

        private func show(_ explained: ExplainedFigure) throws {
            if json {
                Output.bytes(explained.json() + [UInt8(ascii: "\n")])
            } else {
                Output.bytes(Array(explained.text(escaping: Output.escaped).utf8))
            }
            if explained.hasMismatch { throw Failure(code: 1, "what was published does not follow from its events and rules") }
        }
    }
}
