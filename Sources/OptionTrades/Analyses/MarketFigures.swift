import LedgerAnalyses
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// What every analysis of a market is asked.
protocol MarketAsked: Sendable {
    var currency: String { get }
}

/// The question of an analysis that takes a market alone.
struct MarketQuestion: MarketAsked {
    let currency: String
}

/// A range of a table that an analysis reads.
struct SeriesRange: Sendable {
    let table: ObservationTable
    let from: Instant

    init(_ table: ObservationTable, from: Instant) {
        self.table = table
        self.from = from
    }
}

/// What an analysis of a market works out.
struct MarketData: Sendable {
    let data: TracedValue
    /// In addition to those of unavailable series.
    var warnings: [String] = []
}

/// An analysis of a market that says what its figures are and how each came about; document and explanation follow.
protocol MarketFigures: Analysis where Question: MarketAsked {
    static var name: String { get }
    var rules: MarketRules { get }

    /// The ranges of observations up to now that it reads, as many for each question and now.
    func ranges(_ question: Question, now: Instant) -> [SeriesRange]

    /// Rows that are not observations of the market; read after those of the ranges.
    func otherRanges(_ question: Question, now: Instant) -> [RowRange]

    /// The series that the document needs and that are rows of the first of the other ranges, in their order.
    var otherSeries: [String] { get }

    func work(_ market: MarketReading, _ question: Question) -> MarketData
}

extension MarketFigures {
    var identity: AnalysisIdentity { rules.identity }

    func otherRanges(_ question: Question, now: Instant) -> [RowRange] { [] }

    var otherSeries: [String] { [] }

    func inputs(of question: Question, now: Instant) -> [RowRange] {
        ranges(question, now: now).map { $0.table.range(of: question.currency, from: min($0.from, now), through: now) }
            + otherRanges(question, now: now)
    }

    private func market(_ reading: AnalysisReading<Question>) -> MarketReading {
        let ranges = ranges(reading.question, now: reading.now)
        let rows = zip(ranges, reading.rows).map { range, rows in
            (table: range.table, rows: rows.compactMap { ObservedRow($0, range.table.kind) })
        }
        return MarketReading(
            currency: reading.question.currency, now: reading.now, series: rows, others: Array(reading.rows.dropFirst(ranges.count)),
            otherSeries: otherSeries, rules.needs)
    }

    func write(_ reading: AnalysisReading<Question>, to out: inout JSONWriter) {
        let market = market(reading)
        let work = work(market, reading.question)
        market.document(warnings: work.warnings).write(to: &out) { work.data.write(to: &$0) }
    }

    func evidence(of figure: FieldPath, _ reading: AnalysisReading<Question>) -> [Int64] { explainer(of: reading).evidence(figure) }

    func explain(_ figure: FieldPath, _ reading: AnalysisReading<Question>, _ sheet: inout Worksheet) throws(ExplanationError) {
        try explainer(of: reading).explain(figure, &sheet)
    }

    func explainer(of reading: AnalysisReading<Question>) -> ReadingExplainer {
        let market = market(reading)
        let work = work(market, reading.question)
        let document = market.document(warnings: work.warnings)
        let rules = rules
        @Sendable func traced(_ figure: FieldPath) -> TracedFigure? {
            figure.parts.first == "data" ? work.data.figure(at: figure.parts.dropFirst()) : nil
        }
        return ReadingExplainer(
            evidence: { traced($0)?.evidence ?? market.newest.values.sorted() },
            explain: { (figure, sheet) throws(ExplanationError) in
                guard let found = traced(figure) else {
                    return sheet.explain(figure, of: document, newest: market.newest, rules.needs, in: rules.file)
                }
                try found.explain(figure.parts.last ?? "", of: Self.name, &sheet) { sheet, path in sheet.rule(rules.file, path: path) }
            })
    }
}

extension MarketFigures where Question == MarketQuestion {
    static var parameters: [AnalysisParameter] { [.currency] }

    func question(_ values: ParameterValues) throws(ParameterProblem) -> MarketQuestion {
        MarketQuestion(currency: try values.text(.currency))
    }
}

/// What every rule file of a market's analysis has: its identity, whose rows it reads, and the series that it needs.
struct MarketRules: Sendable {
    let identity: AnalysisIdentity
    let needs: SeriesNeeds
    let file: RuleFile

    /// Reads a rule file, and gives its root for what is the analysis's own.
    ///
    /// - Parameters:
    ///   - needed: the tables whose series the document needs.
    ///   - others: other projections that it reads.
    ///   - absent: series that it needs and that no table of observations has.
    ///   - own: the keys that are the analysis's own.
    static func read(
        _ name: String, codeVersion: Int = 1, rulesVersion: Int, needed: [ObservationTable], others: [String] = [],
        absent: [String] = [], own: Set<String>, _ read: RuleFileReader
    ) throws -> (rules: MarketRules, root: RuleNode) {
        let document = try RuleDocument(path: AnalysisIdentity.path(of: name, rulesVersion: rulesVersion), kind: name, read: read)
        try document.root.allowOnly(own.union(["rules", "version", "reads", "needs"]))
        let reads = try document.root.member("reads")
        let projections = needed.map(\.name) + others
        try reads.allowOnly(Set(projections))
        for projection in projections { _ = try reads.member(projection) }
        let rules = MarketRules(
            identity: try AnalysisIdentity(name: name, codeVersion: codeVersion, document),
            needs: try SeriesNeeds(try document.root.member("needs"), needed, absent: absent), file: document.file)
        return (rules, document.root)
    }
}

/// What was read of a market, up to now.
struct MarketReading: Sendable {
    let currency: String
    let now: Instant
    private let series: [(table: ObservationTable, rows: [ObservedRow])]
    private let otherSeries: [String]
    /// The rows of other projections, by input.
    let others: [[JSONDocument]]
    let quality: [SeriesQuality]

    init(
        currency: String, now: Instant, series: [(table: ObservationTable, rows: [ObservedRow])], others: [[JSONDocument]] = [],
        otherSeries: [String] = [], _ needs: SeriesNeeds
    ) {
        self.currency = currency
        self.now = now
        self.series = series
        self.others = others
        self.otherSeries = otherSeries
        quality = needs.series.map { need in
            if need.table == nil, let index = otherSeries.firstIndex(where: { $0.isBytewiseEqual(to: need.name) }),
                others.indices.contains(index)
            {
                let times = others[index].compactMap { $0.root["timestamp"]?.instant }
                return SeriesQuality(need.name, times, now: now, need.tolerance)
            }
            // Of several ranges of a table the one that reaches farthest has the newest rows.
            let rows = series.filter { need.table?.name.isBytewiseEqual(to: $0.table.name) == true }.map(\.rows)
                .max { ($0.last?.timestamp ?? .minimum) < ($1.last?.timestamp ?? .minimum) }
            return SeriesQuality(
                need.name, rows.map { $0.map(\.timestamp) } ?? [], now: now, need.tolerance,
                endsWithItsHour: need.table?.endsWithItsHour == true)
        }
    }

    /// The rows of a table's range in order of time; of its first one, or of the one with that number.
    func rows(_ table: ObservationTable, range: Int = 0) -> [ObservedRow] {
        let found = series.filter { $0.table.name.isBytewiseEqual(to: table.name) }
        return found.indices.contains(range) ? found[range].rows : []
    }

    /// The same, nil if the series is unavailable.
    func usable(_ table: ObservationTable, range: Int = 0) -> [ObservedRow]? {
        isAvailable(table) ? rows(table, range: range) : nil
    }

    func isAvailable(_ table: ObservationTable) -> Bool { isAvailable(table.kind.rawValue) }

    func isAvailable(_ series: String) -> Bool {
        quality.contains { $0.series.isBytewiseEqual(to: series) && $0.status != .unavailable }
    }

    func document(warnings: [String]) -> MarketDocument {
        MarketDocument(currency: currency, now: now, quality: quality, ownWarnings: warnings)
    }

    /// Of each series the position of its newest observation.
    var newest: [String: Int64] {
        var newest: [String: (at: Instant, position: Int64)] = [:]
        for (table, rows) in series {
            guard let last = rows.last, newest[table.kind.rawValue].map({ $0.at <= last.timestamp }) ?? true else { continue }
            newest[table.kind.rawValue] = (last.timestamp, last.position)
        }
        var positions = newest.mapValues(\.position)
        for (name, rows) in zip(otherSeries, others) {
            positions[name] = rows.last?.root["part_positions"]?.elements.compactMap(\.integer).first
        }
        return positions
    }
}

extension ObservationTable {
    /// Whether the series is as good as its newest hour: a market without prints or liquidations is quiet, not dead.
    var endsWithItsHour: Bool { kind == .optionPrint || kind == .liquidation }
}
