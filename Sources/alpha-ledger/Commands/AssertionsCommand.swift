import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

struct AssertionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assertions", abstract: "State what a portfolio held, and see whether the ledger agrees.",
        discussion: """
            An assertion states the quantity, the premium or the cash of a contract in a portfolio as of an instant. It is an \
            event, and each later event of the holding checks it again.

            A dry run shows the row that the statement would have and appends nothing; --apply appends.
            """,
        subcommands: [State.self, List.self, Withdraw.self])

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "State what a portfolio held of a contract.",
            discussion: """
                Quantities are contracts bought less sold; premium and cash are US dollars received less paid, cash after fees. \
                Whoever states the same twice states it once.

                Exit codes: 3 where the id has another statement, or was withdrawn.

                Examples:
                  alpha-ledger assertions state --portfolio IMST --contract MSTR260130C00350000 --kind quantity \\
                    --as-of 2026-01-30T21:00:00Z --value -12 --by operations --reason 'statement of January'
                  alpha-ledger assertions state --portfolio IMST --contract MSTR260130C00350000 --kind cash \\
                    --as-of 2026-01-30T21:00:00Z --value 1487 --tolerance 0.5 --by operations --reason 'statement' --apply
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "Portfolio.") var portfolio: String
        @Option(help: "The option symbol, else the instrument, as executions have it.") var contract: String
        @Option(
            help: "\(AssertionKind.allCases.map(\.rawValue).joined(separator: ", ")).",
            completion: .list(AssertionKind.allCases.map(\.rawValue)))
        var kind: String
        @Option(help: "Executions up to this instant count, as in 2026-01-30T21:00:00Z.") var asOf: String
        @Option(parsing: .unconditional, help: "What was held: contracts, or US dollars.") var value: String
        @Option(help: "How far the ledger may be from it; that of the rules where left out, zero.") var tolerance: String?
        @Option(help: "Who states it.") var by: String
        @Option(help: "Why, for example the document that it is from.") var reason: String
        @Option(help: "An id of its own; one that follows from the statement where left out.") var id: String?
        @Option(help: "Source.") var source = TradeLedger.standardSource
        @Flag(help: "Append; without it nothing is written.") var apply = false
        @Flag(help: "Print the result as JSON.") var json = false

        func run() async throws {
            var fields = AssertionFields()
            (fields.id, fields.source, fields.portfolio, fields.contract) = (id, source, portfolio, contract)
            (fields.kind, fields.asOf, fields.value, fields.tolerance) = (kind, asOf, value, tolerance)
            (fields.statedBy, fields.reason) = (by, reason)
            let asked = fields
            try await AssertionsCommand.run(options, apply: apply, json: json) { ledger in
                try await AssertionWriter(ledger).state(try AssertionRequest(asked), apply: apply)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw an assertion; its row stays, with who withdrew it and why.",
            discussion: """
                Exit codes: 2 where no assertion has the id, 3 where it was withdrawn before for another reason.

                Example:
                  alpha-ledger assertions withdraw statement-2026-01 --by operations --reason 'the statement was corrected' --apply
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The assertion's id.") var id: String
        @Option(help: "Who withdraws it.") var by: String
        @Option(help: "Why.") var reason: String
        @Flag(help: "Append; without it nothing is written.") var apply = false
        @Flag(help: "Print the result as JSON.") var json = false

        func run() async throws {
            try await AssertionsCommand.run(options, apply: apply, json: json) { ledger in
                try await AssertionWriter(ledger).withdraw(id: id, by: by, reason: reason, apply: apply)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List assertions beside what the ledger has.",
            discussion: """
                The list is that of `view assertions`. With --fail-on-broken the command exits 1 if an assertion of the ledger is \
                broken, whatever the list shows.

                Examples:
                  alpha-ledger assertions list --state broken
                  alpha-ledger assertions list --portfolio IMST --json
                  alpha-ledger assertions list --fail-on-broken
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: ViewCommand.Paging
        @OptionGroup var filters: AssertionFilters
        @Flag(help: "Exit 1 if an assertion is broken.") var failOnBroken = false

        func run() async throws {
            try await showView(.assertions, options, paging, filters.parameters, columns: AssertionFilters.columns) { ledger in
                if failOnBroken { try await Self.expectNoneBroken(ledger) }
            }
        }

        private static func expectNoneBroken(_ ledger: Ledger) async throws {
            let broken = try await ledger.brokenAssertions()
            if broken > 0 { throw Failure(code: 1, brokenAssertionsText(broken)) }
        }
    }

    private static func run(
        _ options: SettingsOptions, apply: Bool, json: Bool, _ body: (Ledger) async throws -> AssertionOutcome
    ) async throws {
        let outcome: AssertionOutcome
        do {
            outcome = try await options.withLedger { ledger in
                try await ledger.bringUpToDate([View.assertions.projection])
                return try await body(ledger)
            }
        } catch let error as AssertionError {
            throw Failure(error)
        }
        if json {
            Output.bytes(outcome.json() + [UInt8(ascii: "\n")])
        } else {
            try show(outcome)
        }
    }

    private static func show(_ outcome: AssertionOutcome) throws {
        Output.line("\(outcome.dryRun ? "dry run" : "assertion") \(Output.escaped(outcome.assertionID))")
        if let row = try outcome.row.map({ try JSONDocument(parsing: $0).root }) {
            let shown = ["state", "stated_value", "ledger_value", "difference", "tolerance", "execution_count"].map { name in
                "\(name) \(cell(row[name], nil))"
            }
            Output.line(shown.joined(separator: ", "))
        }
        if let position = outcome.position {
            Output.line(outcome.isNew ? "recorded at position \(position)" : "recorded before, at position \(position)")
        }
        if outcome.dryRun { Output.line("nothing was written; --apply appends") }
    }
}

/// The filters of the view `assertions`.
struct AssertionFilters: ListFilters {
    @Option(help: "Source.") var source = TradeLedger.standardSource
    @Option(help: "Portfolio.") var portfolio: String?
    @Option(help: "Contract.") var contract: String?
    @Option(help: View.assertions.help("kind"), completion: View.assertions.completion("kind")) var kind: String?
    @Option(help: View.assertions.help("state"), completion: View.assertions.completion("state")) var state: String?
    @Option(help: "Stated as of, from (inclusive): an instant, or a date at UTC midnight.") var from: String?
    @Option(help: "Stated as of, to (exclusive).") var to: String?

    var parameters: [(name: String, value: String?)] {
        [
            ("source", source), ("portfolio", portfolio), ("contract", contract), ("kind", kind), ("state", state), ("from", from),
            ("to", to),
        ]
    }

    static let columns: [(name: String, isNumber: Bool)] = [
        ("as_of", false), ("assertion_id", false), ("source_portfolio", false), ("contract_key", false), ("kind", false),
        ("stated_value", true), ("ledger_value", true), ("difference", true), ("state", false), ("checked_position", true),
    ]
}

extension ViewCommand {
    enum Assertions: ListedView {
        typealias Filters = AssertionFilters
        static let view = View.assertions
        static let abstract = "What operators state that a portfolio held, beside what the ledger has."
        static let discussion = """
            --from and --to compare the stated instant.

            Example:
              alpha-ledger view assertions --state broken
            """
        static let columns: [(name: String, isNumber: Bool)] = AssertionFilters.columns
    }
}

extension Failure {
    init(_ error: AssertionError) {
        switch error {
        case .badField(let name, let expected): self.init(code: 2, "--\(name.replacing("_", with: "-")): expected \(expected)")
        case .unknown: self.init(code: 2, "\(error)")
        case .withdrawn, .taken: self.init(code: 3, "\(error)")
        }
    }
}
