package import LedgerAnalyses
import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// Answers analyses from the rows of the projections that they read, as of a position and a moment.
package struct AnalysisReader: Sendable {
    private let ledger: Ledger
    private let database: ReadDatabase
    private let isBounded: Bool

    /// - Parameter isBounded: whether the work has a service's bounds; a command takes its time.
    package init(_ ledger: Ledger, isBounded: Bool = true) {
        self.ledger = ledger
        self.isBounded = isBounded
        database = ReadDatabase(ledger)
    }

    /// The projections that a request reads; throws as ``answer(_:)`` does for what can't be asked.
    package func projections(_ request: AnalysisRequest) throws(ViewError) -> [String] {
        try request.read(ledger.analyses).definition.identity.reads.map(\.projection)
    }

    /// The document as of the request's position, or of the least checkpoint of the projections that are read.
    ///
    /// Throws as ``ViewReader/page(_:_:)`` does: never an older answer.
    package func answer(_ request: AnalysisRequest) async throws -> AnalysisAnswer {
        let (definition, asked) = try request.read(ledger.analyses)
        return try await withFreshCatalog {
            let standing = try await standing(definition.identity, request)
            do {
                let document = try await document(definition.identity, asked, standing, request)
                let receipt = request.hasReceipt ? try await receipt(definition.identity, standing, document) : nil
                return AnalysisAnswer(
                    try JSONDocument(parsing: document), definition.identity, standing, request, receipt: receipt)
            } catch is FoldDeadline.Passed {
                throw ViewError.foldTooLarge(command: request.command(definition.identity, standing))
            }
        }
    }

    /// Brings the numbers of rows that an analysis reads up to date before readers ask for its document. Does nothing while the
    /// projections that it reads are far behind.
    package func keepUpToDate(_ request: AnalysisRequest) async throws {
        let (definition, asked) = try request.read(ledger.analyses)
        try await withFreshCatalog {
            let standing = try await standing(definition.identity, request)
            if standing.headPosition - standing.position > RunningFold.leastReach { return }
            let deadline = FoldDeadline(instant: nil)
            try await deadline.read(database, standing.point) { session in
                try standing.keepUpToDate(asked, ledger, deadline, session)
            }
        }
    }

    /// Explains a figure of the document, or all that stand at or below a path, as of the request's position.
    ///
    /// Throws `ExplainError.badParameter` for a path at which nothing stands, or below which more figures do than are explained.
    package func explain(
        _ request: AnalysisRequest, _ path: FieldPath?, maximumEvents: Int = 5_000, maximumFigures: Int = .max
    ) async throws -> ExplainedFigure {
        let answer = try await answer(request)
        let (definition, asked) = try request.read(ledger.analyses)
        let standing = try await standing(definition.identity, request, at: answer)
        let deadline = FoldDeadline(instant: isBounded ? .now + .seconds(FoldGate.standardLimitSeconds) : nil)
        let read = try await evidence(deadline, standing.point) { session in
            let rows = try standing.rows(of: asked, ledger, deadline, session)
            let explainer = try AnalysisExplainer(
                definition.identity, asked, key: request.key, document: answer.document, rows: rows, now: standing.now,
                read: ledger.resources.files.analysisFile)
            if let path, explainer.figures(path).isEmpty {
                throw ExplainError.badParameter(
                    name: "field",
                    expected: "a path of the document, such as \(Self.examples(explainer.figures(nil)))")
            }
            let figures = explainer.figures(path)
            guard figures.count <= maximumFigures else {
                throw ExplainError.badParameter(
                    name: "field",
                    expected:
                        "a path of the document below which at most \(maximumFigures) figures stand, such as \(Self.examples(figures))")
            }
            let positions = explainer.evidence(path)
            guard positions.count <= maximumEvents else {
                throw ExplainError.tooLarge(events: positions.count, maximum: maximumEvents)
            }
            let events = try LogReader().events(at: positions, session).map { record in
                DecodedEvent(record: record, payload: try ledger.registry.events.payload(of: record))
            }
            return (explainer, events)
        }
        guard let (explainer, events) = read else {
            throw ViewError.foldTooLarge(command: request.explainCommand(standing, path))
        }
        do {
            let explanation = try explainer.explain(path, events: events)
            return ExplainedFigure(
                explanation, ledger: answer.ledgerJSON, tag: answer.entityTag(query: "\(request.key)|\(path?.description ?? "")"),
                position: answer.position)
        } catch {
            throw ExplainError.inconsistent("\(error)")
        }
    }

    /// What is read in one snapshot; nil if the deadline passed.
    private func evidence<T: Sendable>(
        _ deadline: FoldDeadline, _ point: ReadPoint, _ body: @Sendable (PostgresSession) throws -> T
    ) async throws -> T? {
        do {
            return try await deadline.read(database, point, body)
        } catch is FoldDeadline.Passed {
            return nil
        }
    }

    /// Some of the paths at which figures stand.
    private static func examples(_ paths: [FieldPath]) -> String {
        paths.prefix(20).map(\.description).joined(separator: ", ") + (paths.count > 20 ? " and \(paths.count - 20) more" : "")
    }

    // MARK: - What the answer stands on

    private func standing(_ identity: AnalysisIdentity, _ request: AnalysisRequest) async throws -> AnalysisStanding {
        let point: ReadPoint =
            if let position = request.asOfPosition, let first = identity.reads.first {
                .rows(projection: first.projection, position: position)
            } else {
                request.asOf.map { .instant($0) } ?? .latest
            }
        return try await ledger.settled(asOf: request.asOf) { settledHead in
            let standing = try await database.run(point) { session in
                try session.transaction(.snapshot) {
                    try AnalysisStanding(identity, request, ledger, settledHead: settledHead, session)
                }
            }
            for read in standing.reads {
                ledger.noteShown(head: standing.headPosition, projection: read.view.projection, position: standing.position)
            }
            return standing
        }
    }

    /// The standing of an answer that was given.
    private func standing(
        _ identity: AnalysisIdentity, _ request: AnalysisRequest, at answer: AnalysisAnswer
    ) async throws -> AnalysisStanding {
        var pinned = request
        pinned.asOfPosition = answer.position
        pinned.asOf = answer.document.root["now"]?.string.flatMap { Instant($0) }
        return try await standing(identity, pinned)
    }

    // MARK: - What is worked out

    private func document(
        _ identity: AnalysisIdentity, _ asked: AskedAnalysis, _ standing: AnalysisStanding, _ request: AnalysisRequest
    ) async throws -> [UInt8] {
        let name = "document|\(identity.name)/\(identity.reference)|\(request.key)|\(standing.position)|\(standing.now)"
        let result = try await ledger.folds.result(name, isBounded: isBounded) { deadline in
            try await deadline.read(database, standing.point) { session in
                .document(asked.document(try standing.rows(of: asked, ledger, deadline, session), standing.now))
            }
        }
        guard case .document(let document) = result else { preconditionFailure("an analysis gives a document") }
        return document
    }

    private func receipt(
        _ identity: AnalysisIdentity, _ standing: AnalysisStanding, _ document: [UInt8]
    ) async throws -> AnalysisReceipt {
        var reads: [AnalysisReceipt.Read] = []
        var root = ""
        for read in standing.reads {
            let version = read.source.version
            let receipt = try await standing.rows(of: read, [], ledger.registry)
                .receipt(isFull: false, isBounded: isBounded, ledger.folds, database)
            root = receipt.rootHash
            reads.append(AnalysisReceipt.Read(projection: version.name, version: version.label, digest: receipt.digest))
        }
        return AnalysisReceipt(rootHash: root, digest: Digest32(sha256Of: document).description, reads: reads)
    }
}

extension AnalysisRequest {
    /// The command that gives an explanation without a service's bounds, under the newest rules.
    func explainCommand(_ standing: AnalysisStanding, _ path: FieldPath?) -> String {
        let parameters = analysis.source.parameters.flatMap { parameter -> [String] in
            guard let value = values[parameter.name] else { return [] }
            return parameter.name == "currency" ? ["--currency", value.shellQuoted] : ["--with", "\(parameter.name)=\(value)".shellQuoted]
        }
        let field = path.map { ["--field", $0.description.shellQuoted] } ?? []
        return
            (["alpha-ledger", "audit", "explain", analysis.name] + parameters + field + [
                "--as-of-position", "\(standing.position)", "--as-of", "\(standing.now)", "--json",
            ]).joined(separator: " ")
    }

    /// The command that gives the answer without a service's bounds, pinned to what the request stood on.
    func command(_ identity: AnalysisIdentity, _ standing: AnalysisStanding) -> String {
        let parameters = analysis.source.parameters.flatMap { parameter in
            values[parameter.name].map { ["--\(parameter.name)", $0.shellQuoted] } ?? []
        }
        return
            (["alpha-ledger", "analysis", analysis.name] + parameters + [
                "--as-of-position", "\(standing.position)", "--as-of", "\(standing.now)", "--rules",
                "\(identity.name)@\(identity.reference)",
                hasReceipt ? "--receipt --json" : "--json",
            ]).joined(separator: " ")
    }
}
