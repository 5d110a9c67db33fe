import BlockingThreads
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// Walks along the events of one entity.
///
/// The events are found by the entity's stored facts: the positions at which these changed name the events, whose streams
/// are read whole. Events of these streams that touch the entity and change nothing are steps too. The rows of each step
/// come from a fold of these events alone, never from stored rows. Cost: O(events of the entity), each written as rows if
/// it is shown, or if it may be the first after which two versions differ.
package struct StepReader: Sendable {
    private let ledger: Ledger
    private let database: ReadDatabase
    private let isBounded: Bool

    /// - Parameter isBounded: whether the work has a service's limits; a command has no limits
    package init(_ ledger: Ledger, isBounded: Bool = true) {
        self.ledger = ledger
        self.isBounded = isBounded
        database = ReadDatabase(ledger)
    }

    /// Some steps of the walk up to the request's position, or up to the projection's checkpoint.
    ///
    /// Throws `ExplainError` for a key that is malformed, that no event touches, or that too many events touch; and as
    /// ``ViewReader/page(_:_:)`` does.
    package func steps(_ request: StepsRequest) async throws -> StepsAnswer {
        guard 1...StepsRequest.maximumLimit ~= request.limit else {
            throw ViewError.badParameter(name: "limit", expected: "1 to \(StepsRequest.maximumLimit)")
        }
        let cursor = try request.cursor.map { try ViewCursor(parsing: $0, list: request.selection) }
        if let cursor, !request.allows(cursor) { throw ViewError.badCursor }
        do {
            return try await withFreshCatalog { try await steps(request, cursor) }
        } catch let error as PostgresError where error.sqlState == .undefinedTable {
            throw ViewError.rulesUnavailable("the version of \(request.view.projection) was dropped while it was read")
        }
    }

    private func steps(_ request: StepsRequest, _ cursor: ViewCursor?) async throws -> StepsAnswer {
        let walk = try await settle(request, cursor)
        do {
            let result = try await ledger.folds.result(walk.name, isBounded: isBounded) { deadline in
                try await onOwnThread { .document(try walk.document(deadline)) }
            }
            guard case .document(let document) = result else { preconditionFailure("a walk gives a document") }
            return StepsAnswer(document: try JSONDocument(parsing: document), position: walk.standing.position, tag: walk.tag)
        } catch is FoldDeadline.Passed {
            throw ViewError.foldTooLarge(command: request.command(upTo: walk.standing.position, walk.standing.labels))
        }
    }

    /// Settles position, moment and versions, and reads the entity's events in the same snapshot.
    private func settle(_ request: StepsRequest, _ cursor: ViewCursor?) async throws -> Walk {
        do {
            return try await ledger.settled(asOf: request.asOf) { settledHead in
                let walk = try await database.run(Self.point(request, cursor)) { session in
                    try session.transaction(.snapshot) {
                        let standing = try standing(request, cursor, settledHead: settledHead, session)
                        return try self.walk(request, cursor, standing, session)
                    }
                }
                ledger.noteShown(
                    head: walk.standing.headPosition, projection: request.view.projection, position: walk.standing.position)
                return walk
            }
        } catch LedgerError.projectionBehind where cursor != nil {
            // The page before was read from facts that reached the cursor's position.
            throw ViewError.badCursor
        }
    }

    /// The data that a walk has to see, which decides the database to read.
    private static func point(_ request: StepsRequest, _ cursor: ViewCursor?) -> ReadPoint {
        if let position = cursor?.position ?? request.asOfPosition {
            return .rows(projection: request.view.projection, position: position)
        }
        return request.asOf.map { .instant($0) } ?? .latestOf(projection: request.view.projection)
    }

    private func standing(
        _ request: StepsRequest, _ cursor: ViewCursor?, settledHead: Int64?, _ session: PostgresSession
    ) throws -> StepsStanding {
        let projection = request.view.projection
        let sources = try ViewSources(projection, ledger, session)
        let served = try sources.served()
        let moment = try ReadMoment(
            position: cursor?.position ?? request.asOfPosition, asOf: cursor?.asOf ?? request.asOf,
            checkpoint: (projection, served.tables.position), settledHead: settledHead, session)
        let position = moment.position
        let versions: [ViewSource]
        if let cursor {
            versions = try cursor.version.split(separator: " ").map { label in
                guard let version = try? VersionReference(parsing: String(label)) else { throw ViewError.badCursor }
                do {
                    return try sources.source(version, at: position)
                } catch ViewError.rulesUnavailable {
                    throw ViewError.badCursor
                }
            }
        } else {
            let asked = [("rules", request.rules)] + (request.against.map { [("against", $0)] } ?? [])
            versions = try asked.map { name, choice in
                try sources.source(choice, served: served, at: position, parameter: name, session)
            }
        }
        for version in versions where position > version.tables.position {
            throw LedgerError.projectionBehind(
                projection: projection, position: position, checkpoint: version.tables.position)
        }
        let isFixed = request.asOfPosition != nil || request.asOf != nil
        return StepsStanding(
            position: position, now: moment.now, headPosition: isFixed ? position : moment.head.position, isFixed: isFixed,
            versions: versions)
    }

    private func walk(
        _ request: StepsRequest, _ cursor: ViewCursor?, _ standing: StepsStanding, _ session: PostgresSession
    ) throws -> Walk {
        let definitions = try standing.versions.map { source in
            guard let definition = source.definition else {
                throw ViewError.rulesUnavailable(
                    "this program lacks the code of \(request.view.projection) \(source.version.label), whose rows are frozen: it can't walk along their events"
                )
            }
            return definition
        }
        var from = request.from
        if let cursor {
            guard let position = cursor.key.first.flatMap({ Int64($0) }) else { throw ViewError.badCursor }
            from = position
        }
        let meanings = try WalkedKey.meanings(of: request.key, definitions[0])
        for key in meanings {
            let events = try events(of: key.entity, request, standing, definitions, session)
            if events.isEmpty { continue }
            return Walk(
                request: request, from: from, key: key, standing: standing, definitions: definitions, events: events)
        }
        throw ExplainError.noRow(view: request.view.projection, key: meanings[0].parts, position: standing.position)
    }

    /// The events that touch an entity, in order of position.
    private func events(
        of entity: RowKey, _ request: StepsRequest, _ standing: StepsStanding, _ definitions: [ProjectionDefinition],
        _ session: PostgresSession
    ) throws -> [DecodedEvent] {
        let limit = request.maximumEvents
        func requireWithin(_ count: Int) throws {
            guard count > limit else { return }
            throw ExplainError.tooLarge(
                events: count, maximum: limit, offline: request.command(upTo: standing.position, standing.labels))
        }
        var positions: Set<Int64> = []
        for (source, definition) in zip(standing.versions, definitions) {
            let model = ReadModel(source.tables, definition)
            positions.formUnion(try model.changes(of: entity, upTo: standing.position, limit: limit + 1, session))
        }
        try requireWithin(positions.count)
        let records = try LogReader().streams(
            ofEventsAt: positions.sorted(), upTo: standing.position, limit: limit + 1, session)
        try requireWithin(records.count)
        return try records.compactMap { record in
            guard let event = try definitions[0].decode(record) else { return nil }
            return try definitions[0].entities(touchedBy: event).contains(entity) ? event : nil
        }
    }
}

/// The basis of a walk: the position up to which it goes, the moment, and the versions.
struct StepsStanding: Sendable {
    let position: Int64
    /// The reader's current time.
    let now: Instant
    let headPosition: Int64
    /// Whether the request names the position or the moment.
    let isFixed: Bool
    /// The version, and the one that is walked beside it.
    let versions: [ViewSource]

    /// `v1/c1` of each version
    var labels: [String] { versions.map(\.version.label) }
}
