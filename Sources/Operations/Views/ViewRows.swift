import JSON
import Postgres
import PostgresStore
import Projections
import Trading
import Values

/// The rows of a view as of a position, as a reader at a moment sees them.
///
/// They are read from the version's rows where these say all; where the reader asks for horizons or for another
/// moment of the world, they are worked out again from the facts behind them.
struct ViewRows {
    let view: View
    let version: ProjectionVersion
    let position: Int64
    let now: Instant
    private let request: ViewRequest
    private let definition: ProjectionDefinition?
    private let columns: ColumnSet
    private let model: ReadModel
    private let horizons: [Horizon]
    /// Documents a query.
    private static let chunk = 1000

    /// - Parameters:
    ///   - definition: what folded the version; nil where this program lacks its code.
    ///   - anyDefinition: any installed definition of the projection: its columns are the version's too.
    init(
        _ view: View, _ request: ViewRequest, _ version: ProjectionVersion, definition: ProjectionDefinition?,
        anyDefinition: ProjectionDefinition?, position: Int64, now: Instant
    ) throws {
        guard let any = definition ?? anyDefinition else { throw ViewError.notActivated(projection: view.projection) }
        do {
            let asked = try request.horizons.flatMap { try definition?.horizons(parsing: $0) }
            horizons = asked ?? definition?.defaultHorizons ?? []
        } catch {
            throw ViewError.badParameter(name: "horizons", expected: "days or `expiry`, comma-separated: \(error)")
        }
        self.view = view
        self.version = version
        self.position = position
        self.now = now
        self.request = request
        self.definition = definition
        columns = any.columns
        model = ReadModel(version, columns: any.columns, rowsAreFacts: any.rowsAreFacts)
    }

    /// The row as HTTP and the command line show it: decimals are numbers.
    func publish(_ document: JSONDocument) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(document.bytes.count)
        columns.appendPublished(document, to: &out)
        return out
    }

    /// Visits the selected rows after a key, in key order, until the visitor has enough.
    func forEach(
        after key: RowKey?, _ session: PostgresSession, _ visit: (RowKey, JSONDocument) throws -> Bool
    ) throws {
        if request.effectiveAt != nil || view.hasHorizons, let definition {
            try forEachDerived(definition, after: key, session, visit)
        } else {
            try forEachStored(after: key, session, visit)
        }
    }

    private func forEachStored(
        after key: RowKey?, _ session: PostgresSession, _ visit: (RowKey, JSONDocument) throws -> Bool
    ) throws {
        var key = key
        // A page is small; sums go through everything.
        var limit = min(request.limit + 1, Self.chunk)
        while true {
            let rows = try model.rows(at: position, filters: request.filters, after: key, limit: limit, session)
            for row in rows {
                guard try visit(row.key, presented(row.document)) else { return }
            }
            guard rows.count == limit, let last = rows.last else { return }
            key = last.key
            limit = Self.chunk
        }
    }

    private func forEachDerived(
        _ definition: ProjectionDefinition, after key: RowKey?, _ session: PostgresSession,
        _ visit: (RowKey, JSONDocument) throws -> Bool
    ) throws {
        var start = key
        var isIncluded = true
        while true {
            let entities = try model.facts(
                at: position, from: start, isIncluded: isIncluded, limit: Self.chunk, session)
            for entity in entities {
                let rows = try definition.rows(
                    fromFacts: entity.document, effectiveBy: request.effectiveAt, horizons: horizons)
                for row in rows {
                    if let key, row.key <= key { continue }
                    let document = try presented(row.document)
                    guard request.filters.allSatisfy({ $0.passes(document.root) }) else { continue }
                    guard try visit(row.key, document) else { return }
                }
            }
            guard entities.count == Self.chunk, let last = entities.last else { return }
            start = last.key
            isIncluded = false
        }
    }

    private func presented(_ bytes: [UInt8]) throws -> JSONDocument {
        let stored = try JSONDocument(parsing: bytes)
        guard let shown = definition?.present(stored, now: now), shown != bytes else { return stored }
        return try JSONDocument(parsing: shown)
    }
}
