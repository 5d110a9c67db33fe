import LedgerAnalyses
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Whether a market's recent figures are of a kind with its older ones (docs/contract/analyses.md, "Stationarity"): the test
/// of the context stamps on `dvol`, `vrp`, `gex_imbalance` and `rv_30d`.
///
/// The verdict is exact; means and variances are rounded half to even to 10 digits. Volatilities are in vol points. A figure whose
/// series is unavailable is null.
struct StationarityAnalysis: Analysis {
    static let name = "stationarity"
    static let parameters = [AnalysisParameter.currency]
    static let tables = [ObservationTable.gexHourly, .volMetricsSnapshots]

    struct Question: Sendable {
        let currency: String
    }

    let identity: AnalysisIdentity
    let needs: SeriesNeeds
    let test: StationarityRules
    let file: RuleFile

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(
            path: AnalysisIdentity.path(of: Self.name, rulesVersion: rulesVersion), kind: Self.name, read: read)
        try document.root.allowOnly(["rules", "version", "reads", "needs", "test"])
        let reads = try document.root.member("reads")
        try reads.allowOnly(Set(Self.tables.map(\.name)))
        for table in Self.tables { _ = try reads.member(table.name) }
        identity = try AnalysisIdentity(name: Self.name, codeVersion: 1, document)
        needs = try SeriesNeeds(try document.root.member("needs"), Self.tables)
        test = try StationarityRules(try document.root.member("test"))
        file = document.file
    }

    func question(_ values: ParameterValues) throws(ParameterProblem) -> Question {
        Question(currency: try values.text(.currency))
    }

    func inputs(of question: Question, now: Instant) -> [RowRange] {
        Self.tables.map { $0.range(of: question.currency, from: now.daysBefore(test.olderDays), through: now) }
    }

    /// What was read of a market, each row once.
    struct Observed: Sendable {
        let document: MarketDocument
        private let series: [(table: ObservationTable, rows: [ObservedRow])]

        init(_ reading: AnalysisReading<Question>, _ needs: SeriesNeeds) {
            let series = zip(StationarityAnalysis.tables, reading.rows).map { table, rows in
                (table: table, rows: rows.compactMap { ObservedRow($0) })
            }
            self.series = series
            document = MarketDocument(
                currency: reading.question.currency, now: reading.now,
                quality: needs.series.map { need in
                    let rows = need.table.map { Self.rows(of: $0, series) } ?? []
                    return SeriesQuality(need.name, rows.map(\.timestamp), now: reading.now, need.tolerance)
                })
        }

        private static func rows(
            of table: ObservationTable, _ series: [(table: ObservationTable, rows: [ObservedRow])]
        ) -> [ObservedRow] {
            series.first { $0.table.name.isBytewiseEqual(to: table.name) }?.rows ?? []
        }

        /// The values of a figure in both windows.
        func windows(_ figure: TestedFigure, _ test: StationarityRules) -> (recent: [TestedFigure.Daily], older: [TestedFigure.Daily]) {
            figure.windows(Self.rows(of: figure.table, series), now: document.now, test)
        }

        /// Of each series the position of its newest observation.
        var newest: [String: Int64] {
            var newest: [String: Int64] = [:]
            for (table, rows) in series { newest[table.kind.rawValue] = rows.last?.position }
            return newest
        }
    }

    func write(_ reading: AnalysisReading<Question>, to out: inout JSONWriter) {
        let observed = Observed(reading, needs)
        observed.document.write(to: &out) { out in
            out.beginObject()
            for figure in TestedFigure.allCases {
                out.key(figure.rawValue)
                let isAvailable = observed.document.isAvailable(figure.table.kind.rawValue)
                write(isAvailable ? result(figure, observed) : nil, to: &out)
            }
            out.endObject()
        }
    }

    private func result(_ figure: TestedFigure, _ observed: Observed) -> StationarityTest {
        let windows = observed.windows(figure, test)
        return StationarityTest(recent: windows.recent.map(\.value), older: windows.older.map(\.value), test)
    }

    private func write(_ result: StationarityTest?, to out: inout JSONWriter) {
        out.beginObject()
        out.key("blend_weight"); out.decimalNumber(result?.blendWeight)
        out.key("mean_older"); out.decimalNumber(result?.older.mean)
        out.key("mean_recent"); out.decimalNumber(result?.recent.mean)
        out.key("n_older"); out.integer(result?.older.count)
        out.key("n_recent"); out.integer(result?.recent.count)
        out.key("status"); out.string(result?.status.rawValue)
        out.key("variance_older"); out.decimalNumber(result?.older.variance)
        out.key("variance_recent"); out.decimalNumber(result?.recent.variance)
        out.endObject()
    }
}
