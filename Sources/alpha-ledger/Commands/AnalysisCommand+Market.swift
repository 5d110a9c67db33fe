import ArgumentParser
import LedgerJSON
import OptionTrades

extension AnalysisCommand {
    /// A window of time.
    struct Window: AnalysisParameters {
        @Option(help: "The start of the window, as in 2026-01-31T00:00:00Z; 24 hours before its end where left out.") var from: String?
        @Option(help: "The end of the window, not included; now where left out.") var to: String?

        var values: [String: String?] { ["from": from, "to": to] }
    }

    enum Flow: DescribedAnalysis {
        typealias Parameters = Window
        static let analysis = MarketAnalysis.flow
        static let abstract = "Prints of options in a window of time."
        static let discussion = """
            Count, contracts and premium by put and call, side, strike, expiry and hour, the largest prints, and the gamma of \
            dealers beside them.

            Examples:
              alpha-ledger analysis flow --currency BTC
            """
    }

    enum Futures: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.futures
        static let abstract = "Funding, basis, open interest and liquidations of futures."
        static let discussion = """
            Sums of funding are empty where an interval of the window is not known; what is known stands beside them.

            Examples:
              alpha-ledger analysis futures --currency BTC
            """
    }

    enum Gamma: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.gamma
        static let abstract = "Regimes of dealer gamma, and the returns that followed them."
        static let discussion = """
            The regime of an hour follows from the 90 days before it. Figures of a sample that is too small are empty.

            Examples:
              alpha-ledger analysis gamma --currency BTC
            """
    }

    enum GexLevels: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.gexLevels
        static let abstract = "Strikes at which dealer gamma attracts or repels the spot."
        static let discussion = """
            From the latest snapshot: the sum of dealer gamma by strike, and the largest on each side near the spot.

            Examples:
              alpha-ledger analysis gex-levels --currency BTC
            """
    }

    enum Overview: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.overview
        static let abstract = "The state of a market's volatility at a glance."
        static let discussion = """
            The latest figures and how they changed, the term structure, the surface, and implied against realized volatility.

            Examples:
              alpha-ledger analysis overview --currency BTC
            """
    }

    enum SpotVol: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.spotVol
        static let abstract = "How implied volatility moves with the spot."
        static let discussion = """
            Changes of dvol from day to day against the spot's log returns, over rolling windows.

            Examples:
              alpha-ledger analysis spot-vol --currency BTC
            """
    }

    /// A time to expiry, and prices.
    struct Outlook: AnalysisParameters {
        @Option(help: "Days to expiry: the surface's nearest is taken; 30 where left out.") var dte: String?
        @Option(help: "Strikes with commas between them, for the probability of a price above each.") var strikes: String?
        @Option(help: "Levels with commas between them, for the probability that the spot touches each.") var levels: String?

        var values: [String: String?] { ["dte": dte, "strikes": strikes, "levels": levels] }
    }

    enum Probability: DescribedAnalysis {
        typealias Parameters = Outlook
        static let analysis = MarketAnalysis.probability
        static let abstract = "What prices of options say of a price at an expiry."
        static let discussion = """
            The distribution that the newest surface stands for, probabilities of touching levels, and beside it what followed hours of \
            today's gamma regime.

            Examples:
              alpha-ledger analysis probability --currency BTC
            """
    }

    enum Thesis: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.thesis
        static let abstract = "Whether a market's signals speak for holding or for selling volatility."
        static let discussion = """
            Five directional signals make a score; stationarity and the age of the gamma series say how far to trust it.

            Examples:
              alpha-ledger analysis thesis --currency BTC
            """
    }

    enum Yields: DescribedAnalysis {
        typealias Parameters = NoParameters
        static let analysis = MarketAnalysis.yields
        static let abstract = "What covered calls and cash-secured puts would yield."
        static let discussion = """
            Candidates come from the latest chain of options, or from the latest quotes of contracts. One without a bid is listed as
            unavailable. The basis of the shortest tenor stands beside them.

            Examples:
              alpha-ledger analysis yields --currency BTC
            """
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
