import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

struct AnalysisCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analysis", abstract: "Work out an analysis of recorded observations.",
        subcommands: [
            RunAnalysis<Flow>.self, RunAnalysis<Futures>.self, RunAnalysis<Gamma>.self, RunAnalysis<GexLevels>.self,
            RunAnalysis<Overview>.self, RunAnalysis<Probability>.self, RunAnalysis<SpotVol>.self, RunAnalysis<Stationarity>.self,
            RunAnalysis<Thesis>.self, RunAnalysis<Yields>.self,
        ])

    /// What every analysis of a market takes.
    struct Options: ParsableArguments {
        @Option(help: "The market, as its observations name it, for example BTC.") var currency: String
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(
            help: "What it knew at this instant, as in 2026-01-31T00:00:00Z; beside a position the reader's now.",
            transform: Arguments.instant)
        var asOf: Instant?
        @Option(help: "v<N> or v<N>/c<M>, after <analysis>@ or not: under that version's rules; the newest where left out.")
        var rules: String?
        @Flag(help: "Name the log's root, the document's digest and those of the rows that were read.") var receipt = false
        @Flag(help: "Print what HTTP answers.") var json = false

        /// - Parameter values: what else is asked, by parameter; nil for what is left out.
        func request(_ analysis: MarketAnalysis, _ values: [String: String?] = [:]) throws -> AnalysisRequest {
            var request = AnalysisRequest(analysis, values.compactMapValues { $0 }.merging(["currency": currency]) { own, _ in own })
            request.asOfPosition = asOfPosition
            request.asOf = asOf
            request.version = try rules.map { try AnalysisRequest.version(parsing: $0, of: analysis) }
            request.hasReceipt = receipt
            return request
        }
    }

    enum Stationarity: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.stationarity
        static let abstract = "Whether a market's recent figures are of a kind with its older ones."
        static let discussion = """
            The last value of each UTC day of the last 30 days against those of the 60 days before. A figure whose \
            observations are too old is empty, with a warning.

            Examples:
              alpha-ledger analysis stationarity --currency BTC
              alpha-ledger analysis stationarity --currency BTC --as-of-position 500 --as-of 2026-02-01T00:00:00Z --json
            """

        static func show(_ data: JSONValue) {
            let columns = [
                "status", "n_recent", "n_older", "mean_recent", "mean_older", "variance_recent", "variance_older", "blend_weight",
            ]
            Output.table(
                ["figure"] + columns,
                data.members.map { figure, value in [figure] + columns.map { Output.cell(value[$0]) } },
                rightAligned: Set(2...columns.count))
        }
    }
}

/// An analysis that `analysis` works out: what it says of itself. Its name is the analysis's own.
protocol DescribedAnalysis: SendableMetatype {
    associatedtype Parameters: AnalysisParameters
    static var analysis: MarketAnalysis { get }
    static var abstract: String { get }
    static var discussion: String { get }

    /// Prints the figures of a document.
    static func show(_ data: JSONValue) throws
}

extension DescribedAnalysis {
    static func show(_ data: JSONValue) { Output.figures(data) }
}

/// What an analysis takes besides its market.
protocol AnalysisParameters: ParsableArguments {
    /// By parameter; nil for what is left out.
    var values: [String: String?] { get }
}

struct NoParameters: AnalysisParameters {
    var values: [String: String?] { [:] }
}

/// The command of an analysis: brings the projections that it reads up to date, then prints its document.
struct RunAnalysis<Described: DescribedAnalysis>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Described.analysis.name, abstract: Described.abstract, discussion: Described.discussion)
    }

    @OptionGroup var options: SettingsOptions
    @OptionGroup var asked: AnalysisCommand.Options
    @OptionGroup var parameters: Described.Parameters

    func run() async throws {
        let isJSON = asked.json
        let request = try asked.request(Described.analysis, parameters.values)
        try await options.withLedger { ledger in
            let reader = AnalysisReader(ledger, isBounded: false)
            try await ledger.bringUpToDate(try reader.projections(request))
            let answer = try await reader.answer(request)
            if isJSON {
                Output.bytes(try answer.json())
                Output.line("")
                return
            }
            let root = answer.document.root
            if let data = root["data"] { try Described.show(data) }
            Output.line("")
            Output.table(
                ["series", "status", "as_of", "age_minutes"],
                (root["source_quality"]?.elements.map { $0 } ?? []).map { series in
                    ["series", "status", "as_of", "age_minutes"].map { Output.cell(series[$0]) }
                }, rightAligned: [3])
            for warning in root["warnings"]?.elements.compactMap(\.string) ?? [] { Output.line(warning) }
            Output.line(
                "\(Output.cell(root["currency"])) is \(Output.cell(root["status"])) at \(Output.cell(root["now"])), as of position \(answer.position)"
            )
            if let receipt = answer.receipt {
                Output.line("root    \(receipt.rootHash)")
                Output.line("digest  \(receipt.digest)")
                for read in receipt.reads { Output.line("\(read.projection) \(read.version)  \(read.digest)") }
            }
        }
    }
}

extension Output {
    /// A value of a document for a table: empty where it is null.
    static func cell(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "" }
        return value.string ?? value.sourceText
    }
}
