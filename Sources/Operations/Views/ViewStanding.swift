import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues

/// The basis of an answer: the position, the moment, the version of the rules, and the source of the rows.
struct ViewStanding: Sendable {
    let position: Int64
    /// The reader's current time.
    let now: Instant
    let headPosition: Int64
    let source: ViewSource

    /// The data that a database needs for the answer.
    var point: ReadPoint { .rows(projection: source.version.name, position: position) }
    /// Everything that the sums of a selection depend on, except the selection itself.
    var key: String { "\(source.version.name)/\(source.version.label)|\(position)|\(now)" }
}

/// The source of a version's rows: its own table, the table of a code version that folds alike, or another version's
/// facts, which are the same under all rules.
struct ViewSource: Sendable {
    let version: ViewVersion
    /// The version whose tables are read.
    let tables: ProjectionVersion
    /// Whether the rows in the tables are the version's own.
    let hasRows: Bool
    /// The definition that folds the version. Nil if this program lacks its code.
    let definition: ProjectionDefinition?

    /// Whether the rows were last folded by code that this program lacks.
    var isFrozen: Bool { definition == nil }
}

/// Finds the source of a version's rows among the installed and the stored versions.
struct ViewSources {
    let projection: String
    let registry: ProjectionRegistry
    /// The projection's stored versions.
    let stored: [ProjectionVersion]

    init(_ projection: String, _ ledger: Ledger, _ session: PostgresSession) throws {
        self.projection = projection
        registry = ledger.registry
        stored = try ledger.catalog.versions(of: projection, session).filter { $0.state == .ready }
    }

    /// The version served now.
    func served() throws -> ViewSource {
        guard let version = stored.first(where: \.isServed) else {
            throw ViewError.notActivated(projection: projection)
        }
        return ViewSource(
            version: ViewVersion(version), tables: version, hasRows: true, definition: registry.definition(of: version))
    }

    /// The version that a reader asks for, for a read at a position.
    ///
    /// - Parameters:
    ///   - served: the version that is served now
    ///   - name: the parameter that asks, for an error
    func source(
        _ choice: RulesChoice, served: ViewSource, at position: Int64, parameter name: String = "rules", _ session: PostgresSession
    ) throws -> ViewSource {
        switch choice {
        case .served: return served
        case .asServed: return try source(try promoted(at: position, session), at: position)
        case .version(let version):
            if let problem = registry.problem(of: projection, version: version.version) {
                throw ViewError.rulesUnavailable("\(problem)")
            }
            guard known.contains(where: { $0.isBytewiseEqual(to: version.version) }) else {
                throw ViewError.badParameter(
                    name: name,
                    expected: "a version of \(projection) that is installed or stored: \(known.joined(separator: ", "))")
            }
            let source = try source(version, at: position)
            // Rows that other code might present differently are not the pinned ones.
            if version.codeVersion != nil, source.isFrozen {
                throw ViewError.rulesUnavailable("this program lacks the code of \(projection) \(source.version.label)")
            }
            return source
        }
    }

    /// A version for a read at a position. Without a code version, this program's newest is used, else the newest that
    /// is stored.
    ///
    /// The version's own rows are used if they reach the position, or the rows of a code version that folds alike. Else
    /// rows are computed from facts that reach the position.
    func source(_ asked: VersionReference, at position: Int64) throws -> ViewSource {
        guard let installed = installed(asked) else { return try frozen(asked, at: position) }
        let alike = stored.filter { registry.definition(of: $0)?.foldsAlike(installed) ?? false }
        let rows = alike.filter { $0.version.isBytewiseEqual(to: asked.version) }
        for (tables, hasRows) in [(rows, true), (alike, false)] {
            // The version's own tables come first, then the served version's, because these are read all the time.
            func rank(_ version: ProjectionVersion) -> Int {
                version.reference == installed.identity.reference ? 2 : version.isServed ? 1 : 0
            }
            guard let tables = tables.filter({ $0.position >= position }).max(by: { rank($0) < rank($1) }) else { continue }
            return ViewSource(
                version: ViewVersion(installed.identity), tables: tables, hasRows: hasRows, definition: installed)
        }
        if let best = alike.max(by: { $0.position < $1.position }) { throw behind(best, position) }
        throw ViewError.rulesUnavailable(
            "\(projection) \(asked) needs facts folded by code version \(installed.foldVersion), and none are stored; run `alpha-ledger projection rebuild \(projection) --rules \(asked)`"
        )
    }

    /// The definition that a reference means. Nil if this program lacks the rules or the code.
    private func installed(_ asked: VersionReference) -> ProjectionDefinition? {
        guard let code = asked.codeVersion else { return registry.newestDefinition(projection, version: asked.version) }
        return registry.definition(projection, version: asked.version, codeVersion: code)
    }

    /// The stored rows of a version that this program cannot fold.
    private func frozen(_ asked: VersionReference, at position: Int64) throws -> ViewSource {
        let own = stored.filter { version in
            version.version.isBytewiseEqual(to: asked.version)
                && asked.codeVersion.map { $0 == version.codeVersion } ?? true
        }
        guard let table = own.max(by: { $0.codeVersion < $1.codeVersion }) else {
            throw ViewError.rulesUnavailable(
                "\(projection) \(asked) is neither installed nor stored here; known are \(known.joined(separator: ", "))")
        }
        if table.position < position { throw behind(table, position) }
        return ViewSource(version: ViewVersion(table), tables: table, hasRows: true, definition: nil)
    }

    /// The version last promoted at or before a position, according to the log.
    func promoted(at position: Int64, _ session: PostgresSession) throws -> VersionReference {
        guard
            let event = try LogReader().latest(
                inStream: ProjectionPromotedPayload.stream(of: projection), upTo: position, session)
        else {
            throw ViewError.rulesUnavailable("no version of \(projection) was promoted at position \(position) or before")
        }
        guard let promotion = try registry.events.payload(of: event).payload(as: ProjectionPromotedPayload.self) else {
            throw LedgerError.corrupt(position: event.position, problem: "a stream of promotions holds a \(event.type)")
        }
        return VersionReference(version: promotion.newVersion, codeVersion: promotion.codeVersion)
    }

    /// The versions that can be requested, as in `v1`, each once.
    var known: [String] {
        var names: [String] = []
        let installed = registry.definitions.filter { $0.identity.name == projection }.map(\.identity.version)
        for version in installed + stored.map(\.version) where !names.contains(version) {
            names.append(version)
        }
        return names
    }

    private func behind(_ version: ProjectionVersion, _ position: Int64) -> LedgerError {
        .projectionBehind(projection: version.name, position: position, checkpoint: version.position)
    }
}
