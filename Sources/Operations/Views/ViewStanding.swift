import Events
import Postgres
import PostgresStore
import Projections
import Values

/// What an answer stands on: the position, the moment, whose rules, and where their rows come from.
struct ViewStanding: Sendable {
    let position: Int64
    /// The reader's "now".
    let now: Instant
    let headPosition: Int64
    let source: ViewSource

    /// What a database has to have for it.
    var point: ReadPoint { .rows(projection: source.version.name, position: position) }
    /// What the sums of a selection depend on, besides the selection.
    var key: String { "\(source.version.name)/\(source.version.label)|\(position)|\(now)" }
}

/// Where the rows of a version come from: its own table, or the facts of another version of the projection, which are
/// the same under any rules.
struct ViewSource: Sendable {
    let version: ViewVersion
    /// Whose tables are read.
    let tables: ProjectionVersion
    /// Whether the rows in the tables are the version's own.
    let hasRows: Bool
    /// What folds the version; nil where this program lacks its code.
    let definition: ProjectionDefinition?

    /// Rows as they were last folded by code that this program lacks.
    var isFrozen: Bool { definition == nil }
}

/// Finds where the rows of a version come from, among what is installed and what is stored.
struct ViewSources {
    let view: View
    let registry: ProjectionRegistry
    /// The projection's stored versions.
    let stored: [ProjectionVersion]

    init(_ view: View, _ ledger: Ledger, _ session: PostgresSession) throws {
        self.view = view
        registry = ledger.registry
        stored = try ledger.catalog.versions(of: view.projection, session).filter { $0.state == .ready }
    }

    /// The version that is served now.
    func served() throws -> ViewSource {
        guard let version = stored.first(where: \.isServed) else {
            throw ViewError.notActivated(projection: view.projection)
        }
        let definition = definition(version.version, code: version.codeVersion)
        return ViewSource(
            version: ViewVersion(version), tables: version, hasRows: true, definition: definition)
    }

    /// A version, read as of a position; with no code version given this program's, else the newest that is stored.
    ///
    /// Its own rows where they reach the position; else rows worked out from facts that do.
    func source(_ asked: VersionReference, at position: Int64) throws -> ViewSource {
        let installed = registry.definition(view.projection, version: asked.version).flatMap { definition in
            asked.codeVersion.map { $0 == definition.identity.codeVersion } ?? true ? definition : nil
        }
        let own = stored.filter { version in
            version.version.isBytewiseEqual(to: asked.version)
                && asked.codeVersion.map { $0 == version.codeVersion } ?? true
        }
        let wanted = installed?.identity.codeVersion ?? own.map(\.codeVersion).max()
        let table = own.first { $0.codeVersion == wanted }
        if let table, table.position >= position {
            return ViewSource(version: ViewVersion(table), tables: table, hasRows: true, definition: installed)
        }
        guard let installed else {
            if let table { throw behind(table, position) }
            throw ViewError.rulesUnavailable(
                "\(view.projection) \(asked) is neither installed nor stored here; known are \(known.joined(separator: ", "))")
        }
        let facts = stored.filter { $0.codeVersion == installed.identity.codeVersion }
        // The served version's facts first: they are read all the time.
        if let tables = facts.filter({ $0.position >= position }).max(by: { !$0.isServed && $1.isServed }) {
            return ViewSource(
                version: ViewVersion(installed.identity), tables: tables, hasRows: false, definition: installed)
        }
        if let best = facts.max(by: { $0.position < $1.position }) { throw behind(best, position) }
        throw ViewError.rulesUnavailable(
            "\(view.projection) \(asked) needs facts folded by code version \(installed.identity.codeVersion), and none are stored; run `alpha-ledger projection rebuild \(view.projection) \(asked.version)`")
    }

    /// The version that was promoted last at a position or before, by the log.
    func promoted(at position: Int64, _ session: PostgresSession) throws -> VersionReference {
        guard
            let event = try LogReader().latest(
                inStream: Streams.projection(name: view.projection), upTo: position, session)
        else {
            throw ViewError.rulesUnavailable("no version of \(view.projection) was promoted at position \(position) or before")
        }
        let payload = try Upcaster.payload(type: event.type, schemaVersion: event.schemaVersion, bytes: event.payload)
        guard case .projectionPromoted(let promotion) = payload else {
            throw LedgerError.corrupt(position: event.position, problem: "a stream of promotions holds a \(event.type)")
        }
        return VersionReference(version: promotion.newVersion, codeVersion: promotion.codeVersion)
    }

    /// Versions that can be asked for, as in `v1`, each once.
    var known: [String] {
        var names: [String] = []
        for definition in registry.definitions where definition.identity.name == view.projection {
            names.append(definition.identity.version)
        }
        for version in stored where !names.contains(version.version) { names.append(version.version) }
        return names
    }

    private func definition(_ version: String, code: Int) -> ProjectionDefinition? {
        registry.definition(view.projection, version: version).flatMap { $0.identity.codeVersion == code ? $0 : nil }
    }

    private func behind(_ version: ProjectionVersion, _ position: Int64) -> LedgerError {
        .projectionBehind(projection: version.name, position: position, checkpoint: version.position)
    }
}
