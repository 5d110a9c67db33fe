import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// An explanation with the state of the ledger that it depends on.
package struct ExplainedFigure: Sendable {
    private let explanation: Explanation
    private let ledger: [UInt8]
    /// The tag over everything that the answer depends on, except the query.
    package let tag: EntityTag
    package let position: Int64

    init(_ explanation: Explanation, ledger: [UInt8], tag: EntityTag, position: Int64) {
        self.explanation = explanation
        self.ledger = ledger
        self.tag = tag
        self.position = position
    }

    /// Whether the arithmetic contradicts the published value.
    package var hasMismatch: Bool { !explanation.mismatches.isEmpty }

    /// `{view, key, field, value, inputs, rules, steps, notes, mismatch, mismatches, ledger}`
    package func json() -> [UInt8] { explanation.json(ledger: ledger) }

    /// Lines for a reader. `escaping` writes each cell.
    package func text(escaping: (String) -> String) -> String {
        explanation.text(escaping: escaping) + "\nas of position \(position)\n"
    }
}

extension Ledger {
    /// Explains a row of a view, or one of its columns, at the request's position.
    ///
    /// The same request pinned to a position always gives the same bytes, under the same served rules and code.
    ///
    /// - Parameter reader: the reader of the row
    package func explain(_ request: ExplainRequest, reader: ViewReader? = nil) async throws -> ExplainedFigure {
        let view = request.view
        guard let definition = registry.firstDefinition(view.projection) else {
            throw ViewError.notActivated(projection: view.projection)
        }
        let columns = definition.columns
        let key = try Self.key(request, columns)
        if let field = request.field, !columns.columns.contains(where: { $0.name.isBytewiseEqual(to: field) }) {
            throw ExplainError.badParameter(
                name: "field",
                expected: "one of the columns of \(view.projection): \(columns.columns.map(\.name).joined(separator: ", "))")
        }
        let page = try await (reader ?? ViewReader(self)).page(view, Self.ask(request, key, definition))
        guard
            let published = try page.rows.lazy.map({ try JSONDocument(parsing: $0) }).first(where: { row in
                zip(columns.key, key).allSatisfy { name, part in
                    row.root[name].map { ($0.string ?? $0.sourceText).isBytewiseEqual(to: part) } ?? false
                }
            })
        else { throw ExplainError.noRow(view: view.projection, key: key, position: page.position) }

        let explainer = try explainer(page)
        let row = try await read(
            request, key, published, explainer, position: page.position, now: page.asOf)
        do {
            let explanation = try explainer.explain(row, field: request.field)
            return ExplainedFigure(
                explanation, ledger: try Self.ledger(of: page),
                tag: page.entityTag(query: "\(key)|\(request.field ?? "")") { [explanation.json()] },
                position: page.position)
        } catch let error as ExplanationError {
            throw ExplainError.inconsistent("\(error)")
        }
    }

    // MARK: - The row

    /// The row's full key as the row shows it. The source of synced trades may be omitted from the request.
    private static func key(_ request: ExplainRequest, _ columns: ColumnSet) throws(ExplainError) -> [String] {
        let key = columns.completed(request.key)
        guard key.count == columns.key.count, !key.contains(""), let shown = columns.shownKey(key) else {
            throw .badParameter(
                name: "key", expected: "the \(columns.key.count) parts \(columns.describedKey.joined(separator: "|"))")
        }
        return shown
    }

    /// The request for a page with the row. It has few rows, found by the texts among the parts of the entity's key.
    private static func ask(_ request: ExplainRequest, _ key: [String], _ definition: ProjectionDefinition) -> ViewRequest {
        let texts = definition.columns.keyTexts
        var ask = ViewRequest()
        ask.filters = zip(definition.entityKey, key).filter { name, _ in texts.contains { $0.isBytewiseEqual(to: name) } }
            .map { .equals(column: $0, value: $1) }
        ask.asOfPosition = request.asOfPosition
        ask.asOf = request.asOf
        ask.effectiveAt = request.effectiveAt
        ask.rules = request.rules
        if request.view.hasHorizons { ask.horizons = key.last }
        ask.limit = ViewReader.maximumLimit
        return ask
    }

    /// A page's own statement of the state that it depends on.
    private static func ledger(of page: ViewPage) throws -> [UInt8] {
        let document = try JSONDocument(parsing: page.json())
        guard let ledger = document.root["ledger"] else { return Array("null".utf8) }
        return Array(document.bytes[ledger.sourceRange])
    }

    // MARK: - The explainer

    private func explainer(_ page: ViewPage) throws -> Explainer {
        let (name, version) = (page.version.name, page.version.version)
        guard !page.isFrozen,
            let definition = registry.definition(name, version: version, codeVersion: page.version.codeVersion),
            let explainer = try Explainer(
                TradeLedger.explainers, definition.identity, columns: definition.columns, files: try resources.files.projectionFiles(),
                read: ruleFiles)
        else {
            throw ExplainError.notInstalled(
                "this program lacks the code of \(name) \(version), whose rows are frozen: it can't explain them")
        }
        return explainer
    }

    /// The row with the events that its explanation needs.
    private func read(
        _ request: ExplainRequest, _ key: [String], _ published: JSONDocument, _ explainer: Explainer, position: Int64,
        now: Instant
    ) async throws -> ExplainedRow {
        let needs = explainer.needs(published)
        let background = explainer.background(published, field: request.field)
        let limit = request.maximumEvents
        return try await pool.run { session in
            // Events never change, so any later snapshot contains those that the row was read from.
            let records = try Self.events(needs, upTo: position, limit: limit, session)
            let events = try records.map { DecodedEvent(record: $0, payload: try registry.events.payload(of: $0)) }
            return ExplainedRow(
                key: key, published: published, now: now, events: events,
                background: try background.flatMap { try collect($0, session) })
        }
    }

    private static func events(
        _ needs: ExplanationNeeds, upTo position: Int64, limit: Int, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        let log = LogReader()
        switch needs {
        case .positions(let positions):
            guard positions.count <= limit else { throw ExplainError.tooLarge(events: positions.count, maximum: limit) }
            return try log.events(at: positions, session)
        case .stream(let stream):
            let events = try log.stream(stream, upTo: position, limit: limit + 1, session)
            guard events.count <= limit else { throw ExplainError.tooLarge(events: events.count, maximum: limit) }
            return events
        case .latest(let stream, let wanted):
            var found: [Int64: RecordedEvent] = [:]
            for want in wanted {
                if let event = try log.latest(want.type, inStream: stream, upTo: position, having: want.member, session) {
                    found[event.position] = event
                }
            }
            return found.values.sorted { $0.position < $1.position }
        }
    }

    /// The background of an explanation beside the row's events. Nil if there are more events than it reads.
    private func collect(_ background: ExplanationBackground, _ session: PostgresSession) throws -> (any Sendable)? {
        var events: [DecodedEvent] = []
        do {
            for prefix in background.prefixes {
                try LogReader().forEachLatest(ofStreamsPrefixed: prefix, upTo: background.upTo, session) { header, bytes in
                    if events.count == background.most { throw TooMuchBackground() }
                    let payload = try registry.events.payload(
                        type: EventType(header.type), schemaVersion: header.schemaVersion, bytes: bytes)
                    events.append(DecodedEvent(record: header, payload: payload))
                }
            }
        } catch is TooMuchBackground {
            return nil
        }
        return background.collect(events)
    }

    private struct TooMuchBackground: Error {}
}
