import LedgerAnalyses
import LedgerEvents
package import LedgerJSON
import LedgerPostgres
package import LedgerProjections
package import LedgerRules
import LedgerStore
package import LedgerValues
package import OptionTrades

/// Rows of the projections that a question reads, all as of one position and moment.
package struct ResearchRows {
    let standing: ResearchStanding
    let ledger: Ledger
    let deadline: FoldDeadline
    let session: PostgresSession

    /// The reader's now.
    package var now: Instant { standing.now }
    package var position: Int64 { standing.position }

    /// The rows that pass every filter, in key order, in event encoding.
    package func rows(_ view: View, _ filters: [RowFilter]) throws -> [JSONDocument] {
        var found: [JSONDocument] = []
        try standing.rows(of: view, filters, ledger.registry).forEach(after: nil, deadline, session) { _, row in
            found.append(row)
            return true
        }
        return found
    }

    /// Visits many rows that pass every filter, in key order, in event encoding. One statement reads them all, and until its end
    /// the visitor can't read anything else.
    package func stream(_ view: View, _ filters: [RowFilter], _ visit: (JSONDocument) throws -> Void) throws {
        try standing.rows(of: view, filters, ledger.registry).forEachRow(session, by: deadline, visit)
    }

    /// The last row by key that passes every filter.
    package func last(_ view: View, _ filters: [RowFilter]) throws -> JSONDocument? {
        try standing.rows(of: view, filters, ledger.registry).last(session)
    }

    /// The rules under which a view's rows are read.
    package func rules<Rules: Sendable>(
        of view: View, _ make: (_ version: Int, _ read: RuleFileReader) throws -> Rules
    ) throws -> Rules {
        guard let definition = try standing.source(of: view).definition else {
            throw ViewError.rulesUnavailable("this program lacks the code of \(view.projection)")
        }
        return try rules(definition.identity.rulesVersion, make)
    }

    /// The question's own rules.
    package func ownRules<Rules: Sendable>(_ make: (_ version: Int, _ read: RuleFileReader) throws -> Rules) throws -> Rules {
        guard let identity = standing.analysis else { throw ViewError.rulesUnavailable("the question has no rules of its own") }
        return try rules(identity.rulesVersion, make)
    }

    private func rules<Rules: Sendable>(
        _ version: Int, _ make: (_ version: Int, _ read: RuleFileReader) throws -> Rules
    ) throws -> Rules {
        try ledger.rules.rules(version) { try make($0, ledger.resources.files.ruleFile) }
    }

    /// The chain of a row that names its parts. Nil if it counts none.
    package func chain(of row: JSONValue) throws -> OptionChain? {
        let positions = row["part_positions"]?.elements.compactMap(\.integer) ?? []
        if positions.isEmpty { return nil }
        return ChainPart.chain(of: try parts(at: positions).sorted { $0.number < $1.number })
    }

    /// The parts of chains at some positions.
    package func parts(at positions: [Int64]) throws -> [ChainPart] {
        try ChainParts(ledger: ledger, session: session).parts(at: positions)
    }
}

/// What an answer of research stands on.
package struct ResearchStanding: Sendable {
    let position: Int64
    let now: Instant
    let headPosition: Int64
    /// The question's own rules. Nil if it has none.
    let analysis: AnalysisIdentity?
    private let reads: [(view: View, source: ViewSource)]

    init(
        _ views: [View], _ analysis: AnalysisIdentity?, _ request: ResearchRequest, _ ledger: Ledger, settledHead: Int64?,
        _ session: PostgresSession
    ) throws {
        self.analysis = analysis
        let sources = try views.map { (view: $0, sources: try ViewSources($0.projection, ledger, session)) }
        let served = try sources.map { (projection: $0.view.projection, position: try $0.sources.served().tables.position) }
        guard let least = served.min(by: { $0.position < $1.position }) else {
            throw ViewError.notActivated(projection: "research")
        }
        let moment = try ReadMoment(
            position: request.asOfPosition, asOf: request.asOf, checkpoint: least, settledHead: settledHead, session)
        let position = moment.position
        reads = try sources.map { view, sources in
            let source = try sources.source(request.rules(of: view, in: analysis), served: try sources.served(), at: position, session)
            if position > source.tables.position {
                throw LedgerError.projectionBehind(
                    projection: view.projection, position: position, checkpoint: source.tables.position)
            }
            return (view, source)
        }
        self.position = position
        now = moment.now
        headPosition = request.isFixed ? position : moment.head.position
    }

    var point: ReadPoint { .rows(projection: reads[0].view.projection, position: position) }
    var views: [View] { reads.map(\.view) }

    func source(of view: View) throws -> ViewSource {
        guard let read = reads.first(where: { $0.view.projection.isBytewiseEqual(to: view.projection) }) else {
            throw ViewError.notActivated(projection: view.projection)
        }
        return read.source
    }

    /// - Parameter instant: if given, only what holds in the world by then counts.
    func rows(
        of view: View, _ filters: [RowFilter], _ registry: ProjectionRegistry, effectiveAt instant: Instant? = nil
    ) throws -> ViewRows {
        var ask = ViewRequest()
        ask.effectiveAt = instant
        ask.filters = filters
        ask.limit = ViewReader.maximumLimit
        return try ViewRows(
            view, ask, ViewStanding(position: position, now: now, headPosition: headPosition, source: try source(of: view)), registry)
    }

    /// What the work depends on beside the question.
    var key: String {
        "\(analysis.map { "\($0.reference)" } ?? "")|\(reads.map { "\($0.source.version.name)/\($0.source.version.label)" }.joined(separator: ","))|\(position)|\(now)"
    }

    /// The answer's member `ledger`.
    var ledger: JSONNode {
        .object([
            ("as_of", .string(now.description)), ("head_position", .integer(headPosition)), ("position", .integer(position)),
            (
                "projections",
                .object(
                    reads.map { read in
                        let version = read.source.version
                        return (version.name, version.research)
                    }.sorted { $0.0.isBytewiseLess(than: $1.0) })
            ),
        ])
    }
}

extension ViewVersion {
    /// The version in a document that stands on several projections.
    var research: JSONNode {
        .object([
            ("code_version", .integer(Int64(codeVersion))),
            ("rules", .object(rules.map { ($0.file, .integer(Int64($0.version))) })),
        ])
    }
}
