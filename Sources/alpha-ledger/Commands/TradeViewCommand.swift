import ArgumentParser
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

extension ViewCommand {
    struct Trade: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One trade: all that the views know about it, and its events.",
            discussion: """
                Every part stands on one position. A part without a row says why.

                Examples:
                  alpha-ledger view trade ICOI-000008
                  alpha-ledger view trade ICOI-000008 --as-of-position 500 --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Option(help: "Versions as in alignment@v1, comma-separated, and as_served for the parts that are not named.")
        var rules: String?
        @Option(help: "Source.") var source = TradeLedger.standardSource
        @Argument(help: "The trade's id at its source.") var id: String
        @Flag(help: "Print what HTTP answers.") var json = false

        func run() async throws {
            var request = TradeRequest(source: source, id: id)
            request.asOfPosition = pins.asOfPosition
            request.asOf = pins.asOf
            request.effectiveAt = pins.effectiveAt
            if let rules { request.rules = try TradeRules(parsing: rules) }
            let asked = request
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate(TradeRequest.parts.map(\.projection))
                let document = try await TradeReader(ledger, isBounded: false).document(asked)
                if json {
                    Output.bytes(document.json())
                    Output.line("")
                } else {
                    try Self.show(document, ledger.registry)
                }
            }
        }

        private static func show(_ document: TradeDocument, _ registry: ProjectionRegistry) throws {
            for part in document.parts {
                Output.line([part.view.title, part.version ?? ""].joined(separator: "  "))
                if let absence = part.absence {
                    Output.line(Output.escaped(absence.detail))
                } else {
                    try show(part, registry.firstDefinition(part.view.projection)?.columns)
                }
                Output.line("")
            }
            Output.table(
                ["position", "event", "recorded_at", "effective_at"],
                document.events.map { ["\($0.position)", $0.type, "\($0.recordedAt)", $0.effectiveAt.map { "\($0)" } ?? ""] },
                rightAligned: [0])
            if document.hasMoreEvents { Output.line("and later ones") }
            Output.line("as of position \(document.position)")
        }

        /// A line for each column that has a value, and a cell for each row.
        private static func show(_ part: TradePart, _ columns: ColumnSet?) throws {
            let rows = try part.rows.map { try JSONDocument(parsing: $0).root }
            let names = rows.first?.members.map(\.key) ?? []
            let lines = names.map { name in [name] + rows.map { cell($0[name], columns?.column(named: name)?.role) } }
            Output.table(
                ["column"] + rows.map { row in part.view.key.dropFirst().compactMap { row[$0]?.string }.last ?? "" },
                lines.filter { line in line.dropFirst().contains { !$0.isEmpty } })
        }
    }
}
