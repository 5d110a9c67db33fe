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

        enum Kind: String, CaseIterable, ExpressibleByArgument {
            case ivSurface = "iv-surface"
            case exposure, flow, levels, scenarios
        }

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Argument(help: "iv-surface, exposure, flow, levels or scenarios.") var kind: Kind
        @Option(help: "The underlying, or the symbol of levels.") var underlying: String?
        @Option(help: "The portfolio of scenarios.") var portfolio: String?
        @Option(help: "The market date; of a surface and of flow the only one.", transform: ResearchCommand.date) var marketDate:
            CalendarDate?
        @Option(help: "The folder below which the file is written.") var out: String?

        func run() async throws {
            switch kind {
            case .ivSurface:
                var question = IVSurfaceQuestion(underlying: try subject())
                (question.from, question.to) = (marketDate, marketDate?.advanced(byDays: 1))
                try await write(question)
            case .exposure:
                var question = ExposureQuestion(underlying: try subject())
                question.marketDate = marketDate
                try await write(question)
            case .flow:
                var question = FlowQuestion(underlying: try subject())
                (question.from, question.to) = (marketDate, marketDate?.advanced(byDays: 1))
                try await write(question)
            case .levels:
                var question = LevelsQuestion(symbol: try subject())
                question.marketDate = marketDate
                try await write(question)
            case .scenarios: try await write(try ScenariosQuestion(position: nil, portfolio: try subject()))
            }
        }

        private func subject() throws -> String {
            let isPortfolio = kind == .scenarios
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
