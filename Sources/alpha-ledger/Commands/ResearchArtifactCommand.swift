import ArgumentParser
import LedgerValues
import Operations
import OptionTrades

extension ResearchCommand {
    struct Artifact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a research document as a file.",
            discussion: """
                The file is DIR/<kind>/<underlying>/<market date>.json, for scenarios DIR/scenarios/<portfolio>/<date>.json. The same \
                position gives the same bytes. Without --out the artifact is printed.

                Examples:
                  alpha-ledger research artifact iv-surface --underlying MSTR --out research
                  alpha-ledger research artifact scenarios --portfolio IMST --as-of-position 500
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Argument(
            help: "\(ResearchKind.allCases.map(\.rawValue).joined(separator: ", ")).",
            completion: .list(ResearchKind.allCases.map(\.rawValue)))
        var kind: ResearchKind
        @Option(help: "The underlying, or the symbol of levels.") var underlying: String?
        @Option(help: "The portfolio of scenarios.") var portfolio: String?
        @Option(help: "The market date; of a surface and of flow the only one.", transform: ResearchCommand.date) var marketDate:
            CalendarDate?
        @Option(help: "The folder below which the file is written.") var out: String?

        func run() async throws {
            try await write(try kind.question(of: try subject(), on: marketDate))
        }

        private func subject() throws -> String {
            let isPortfolio = kind.isOfPortfolio
            guard let subject = isPortfolio ? portfolio : underlying, (isPortfolio ? underlying : portfolio) == nil else {
                throw ValidationError("\(kind.rawValue) needs --\(isPortfolio ? "portfolio" : "underlying") alone")
            }
            return subject
        }

        private func write(_ question: some ResearchQuestion) async throws {
            let request = try pins.request(question)
            let subject = try subject()
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate(question.views.map(\.projection))
                let artifact = try await ResearchReader(ledger, isBounded: false)
                    .artifact(question, request, subject: subject, newYork: try ledger.newYork())
                guard let out else { return Output.bytes(artifact.bytes) }
                try artifact.write(below: out)
                Output.line("\(out)/\(artifact.path)")
            }
        }
    }
}

extension ResearchKind: ExpressibleByArgument {}
