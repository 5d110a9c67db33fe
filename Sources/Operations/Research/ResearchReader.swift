import LedgerAnalyses
import LedgerEvents
package import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
package import LedgerValues
import OptionTrades

/// A document of research with what it stands on.
package struct ResearchAnswer: Sendable {
    /// The document alone, JSON.
    package let bytes: [UInt8]
    package let position: Int64
    package let asOf: Instant
    /// The member `ledger`, JSON.
    package let ledger: JSONNode
    /// The same request gives these bytes for ever.
    package let isPinned: Bool
    private let receipt: JSONNode?
    private let isFixed: Bool
    private let key: String

    init(_ bytes: [UInt8], _ standing: ResearchStanding, _ request: ResearchRequest, receipt: JSONNode?) {
        self.bytes = bytes
        self.receipt = receipt
        position = standing.position
        asOf = standing.now
        ledger = standing.ledger
        isPinned = request.isPinned(reading: standing.views, under: standing.analysis)
        isFixed = request.isFixed
        key = standing.key
    }

    /// The document alone, read anew: a large one takes as long to read as to make.
    package func document() throws -> JSONDocument { try JSONDocument(parsing: bytes) }

    /// The document with `ledger`, and the receipt where it was asked for.
    package func json() throws -> [UInt8] {
        let receipt = receipt.map { [(key: "receipt", json: $0.httpBytes())] } ?? []
        return try JSONDocument.inserting([("ledger", ledger.httpBytes())] + receipt, into: bytes)
    }

    private func text(_ node: JSONNode) -> String { String(decoding: node.httpBytes(), as: UTF8.self) }

    /// Strong if the request names the position or the moment, else weak, over what the document says.
    package func entityTag(query: String) -> EntityTag {
        if isFixed { return .strong(EntityTag.digest([Array("\(key)|\(query)".utf8)])) }
        return .weak(EntityTag.digest([Array("\(query)|\(text(ledger.withoutMoment))|".utf8), bytes]))
    }
}

extension JSONNode {
    /// The member `ledger` without the reader's now, which passes without a change.
    fileprivate var withoutMoment: JSONNode {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.0 != "as_of" })
    }
}

/// Answers questions of research from rows of projections, as of a position and a moment.
package struct ResearchReader: Sendable {
    private let ledger: Ledger
    private let database: ReadDatabase
    private let isBounded: Bool

    /// - Parameter isBounded: whether the work has a service's bounds; a command takes its time.
    package init(_ ledger: Ledger, isBounded: Bool = true) {
        self.ledger = ledger
        self.isBounded = isBounded
        database = ReadDatabase(ledger)
    }

    /// The document as of the request's position, or of the least checkpoint of the projections that are read.
    ///
    /// Throws as ``ViewReader/page(_:_:)`` does: never an older answer.
    package func answer(_ question: some ResearchQuestion, _ request: ResearchRequest) async throws -> ResearchAnswer {
        try await withFreshCatalog {
            let standing = try await standing(question, request)
            do {
                let bytes = try await document(question, standing)
                let receipt = request.hasReceipt ? try await receipt(standing, bytes) : nil
                return ResearchAnswer(bytes, standing, request, receipt: receipt)
            } catch is FoldDeadline.Passed {
                throw ViewError.foldTooLarge(
                    command: "alpha-ledger research \(question.name) --as-of-position \(standing.position) --as-of \(standing.now)")
            }
        }
    }

    private func standing(_ question: some ResearchQuestion, _ request: ResearchRequest) async throws -> ResearchStanding {
        try await standing(question.views, try request.analysis(of: question, ledger.analyses), request)
    }

    /// - Parameters:
    ///   - views: whose rows are read.
    ///   - analysis: the rules beside those of the projections. Nil if there are none.
    func standing(_ views: [View], _ analysis: AnalysisIdentity?, _ request: ResearchRequest) async throws -> ResearchStanding {
        let point: ReadPoint =
            if let position = request.asOfPosition {
                .rows(projection: views[0].projection, position: position)
            } else {
                request.asOf.map { .instant($0) } ?? .latest
            }
        return try await ledger.settled(asOf: request.asOf) { settledHead in
            let standing = try await database.run(point) { session in
                try session.transaction(.snapshot) {
                    try ResearchStanding(views, analysis, request, ledger, settledHead: settledHead, session)
                }
            }
            for view in views {
                ledger.noteShown(head: standing.headPosition, projection: view.projection, position: standing.position)
            }
            return standing
        }
    }

    private func document(_ question: some ResearchQuestion, _ standing: ResearchStanding) async throws -> [UInt8] {
        let result = try await ledger.folds.result("research|\(question.name)|\(question.key)|\(standing.key)", isBounded: isBounded) {
            deadline in
            try await deadline.read(database, standing.point) { session in
                .document(
                    try question.document(ResearchRows(standing: standing, ledger: ledger, deadline: deadline, session: session)))
            }
        }
        guard case .document(let document) = result else { preconditionFailure("a question gives a document") }
        return document
    }

    private func receipt(_ standing: ResearchStanding, _ document: [UInt8]) async throws -> JSONNode {
        var reads: [JSONNode] = []
        var root = ""
        for view in standing.views {
            let receipt = try await standing.rows(of: view, [], ledger.registry)
                .receipt(isFull: false, isBounded: isBounded, ledger.folds, database)
            root = receipt.rootHash
            reads.append(
                .object([
                    ("digest", .string(receipt.digest)), ("projection", .string(view.projection)),
                    ("version", .string(try standing.source(of: view).version.label)),
                ]))
        }
        return .object([
            ("digest", .string(Digest32(sha256Of: document).description)), ("reads", .array(reads)), ("root_hash", .string(root)),
        ])
    }
}
