import ArgumentParser
import LedgerJSON
import OptionTrades

extension AnalysisCommand {
    struct Flow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints of options in a window of time.",
            discussion: """
                Count, contracts and premium by put and call, side, strike, expiry and hour, the largest prints, and the gamma of \
                dealers beside them.

                Examples:
                  alpha-ledger analysis flow --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options
        @Option(help: "The start of the window, as in 2026-01-31T00:00:00Z; 24 hours before its end where left out.") var from: String?
        @Option(help: "The end of the window, not included; now where left out.") var to: String?

        func run() async throws { try await showAnalysis(.flow, options, asked, ["from": from, "to": to]) }
    }

    struct Futures: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Funding, basis, open interest and liquidations of futures.",
            discussion: """
                Sums of funding are empty where an interval of the window is not known; what is known stands beside them.

                Examples:
                  alpha-ledger analysis futures --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.futures, options, asked) }
    }

    struct Gamma: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Regimes of dealer gamma, and the returns that followed them.",
            discussion: """
                The regime of an hour follows from the 90 days before it. Figures of a sample that is too small are empty.

                Examples:
                  alpha-ledger analysis gamma --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.gamma, options, asked) }
    }

    struct GexLevels: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gex-levels", abstract: "Strikes at which dealer gamma attracts or repels the spot.",
            discussion: """
                From the latest snapshot: the sum of dealer gamma by strike, and the largest on each side near the spot.

                Examples:
                  alpha-ledger analysis gex-levels --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.gexLevels, options, asked) }
    }

    struct Overview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The state of a market's volatility at a glance.",
            discussion: """
                The latest figures and how they changed, the term structure, the surface, and implied against realized volatility.

                Examples:
                  alpha-ledger analysis overview --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.overview, options, asked) }
    }

    struct SpotVol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "spot-vol", abstract: "How implied volatility moves with the spot.",
            discussion: """
                Changes of dvol from day to day against the spot's log returns, over rolling windows.

                Examples:
                  alpha-ledger analysis spot-vol --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.spotVol, options, asked) }
    }

    struct Probability: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What prices of options say of a price at an expiry.",
            discussion: """
                The distribution that the newest surface stands for, probabilities of touching levels, and beside it what followed hours of \
                today's gamma regime.

                Examples:
                  alpha-ledger analysis probability --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options
        @Option(help: "Days to expiry: the surface's nearest is taken; 30 where left out.") var dte: String?
        @Option(help: "Strikes with commas between them, for the probability of a price above each.") var strikes: String?
        @Option(help: "Levels with commas between them, for the probability that the spot touches each.") var levels: String?

        func run() async throws {
            try await showAnalysis(.probability, options, asked, ["dte": dte, "strikes": strikes, "levels": levels])
        }
    }

    struct Thesis: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a market's signals speak for holding or for selling volatility.",
            discussion: """
                Five directional signals make a score; stationarity and the age of the gamma series say how far to trust it.

                Examples:
                  alpha-ledger analysis thesis --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.thesis, options, asked) }
    }

    struct Yields: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What covered calls and cash-secured puts would yield.",
            discussion: """
                Chains of options are not recorded yet, so that only the basis of the shortest tenor is shown.

                Examples:
                  alpha-ledger analysis yields --currency BTC
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var asked: Options

        func run() async throws { try await showAnalysis(.yields, options, asked) }
    }
}

extension Output {
    /// The figures of a document: those that stand alone, then a table for each list of rows.
    static func figures(_ data: JSONValue) {
        var alone: [[String]] = []
        var lists: [(name: String, rows: [JSONValue])] = []
        collect(data, at: "", &alone, &lists)
        if !alone.isEmpty { table(["figure", "value"], alone, rightAligned: [1]) }
        for (name, rows) in lists {
            let columns = (rows.first?.members.map { $0 } ?? []).filter { $0.value.kind != .array && $0.value.kind != .object }.map(\.key)
            line("")
            line(name)
            table(columns, rows.map { row in columns.map { cell(row[$0]) } })
        }
    }

    private static func collect(
        _ value: JSONValue, at path: String, _ alone: inout [[String]], _ lists: inout [(name: String, rows: [JSONValue])]
    ) {
        switch value.kind {
        case .object:
            for (key, member) in value.members { collect(member, at: path.isEmpty ? key : "\(path).\(key)", &alone, &lists) }
        case .array:
            let rows = value.elements.map { $0 }
            if rows.contains(where: { $0.kind == .object }) {
                lists.append((path, rows))
            } else {
                alone.append([path, "\(rows.count) values"])
            }
        default: alone.append([path, cell(value)])
        }
    }
}
