public import LedgerPostgres
public import LedgerProjections
import LedgerValues

/// The work that a rebuild, a promotion or a drop leaves because of readers: views of served versions that still show
/// other tables, and tables that the catalog no longer names.
///
/// Nobody has to wait for this work, because versions are read by the names of their tables, which the catalog has. Any
/// program may do it, at any time.
public struct VersionUpkeep: Sendable {
    private let definitions: [ProjectionDefinition]

    /// A piece of remaining work, and what it waits for.
    public enum Remainder: Sendable, Hashable, CustomStringConvertible {
        /// The view shows an earlier version: an open transaction has read the view.
        case view(String)
        /// The view would lose a column, and another object depends on it; the text says why it can't follow.
        case usedView(String)
        /// An open transaction has read the tables.
        case tables(String)
        /// Other objects, such as somebody's view, depend on the tables.
        case usedTables(String, dependents: [String])

        public var description: String {
            switch self {
            case .view(let name):
                "\(name) shows the version or the tables served before: a transaction that has read it has not ended; it follows by itself"
            case .usedView(let problem): problem
            case .tables(let name):
                "the replaced tables projection.\(name) are still being read; they are dropped when that ends"
            case .usedTables(let name, let dependents):
                "the replaced tables projection.\(name) stay, unchanged from now on, because of \(dependents.joined(separator: ", ")): make that over the projection's view instead"
            }
        }
    }

    /// Makes the upkeep for a program's definitions.
    ///
    /// - Parameter definitions: the versions whose views this program can make.
    public init(_ definitions: [ProjectionDefinition]) { self.definitions = definitions }

    /// Tries everything once, waiting some tens of milliseconds for each lock, and returns the remaining work.
    public func attempt(_ session: PostgresSession) throws -> [Remainder] {
        var remainders: [Remainder] = []
        for (definition, tableName) in try lateViews(session) {
            do {
                if try ServedView(definition).follow(definition.identity, over: tableName, session) { continue }
                remainders.append(.view("projection.\(definition.identity.name)"))
            } catch let error as LedgerError {
                remainders.append(.usedView("\(error)"))
            }
        }
        remainders += try attemptAuditorViews(session)
        for name in try LeftoverTables.names(session) {
            switch try LeftoverTables.drop(name, session) {
            case .dropped: break
            case .read: remainders.append(.tables(name))
            case .used(let dependents): remainders.append(.usedTables(name, dependents: dependents))
            }
        }
        return remainders
    }

    /// Brings what auditors have of the served versions up to date, and the second views, as far as this program has their code.
    func attemptAuditorViews(_ session: PostgresSession) throws -> [Remainder] {
        var remainders: [Remainder] = []
        for (definition, comment) in try servedDefinitions(session) {
            for second in SecondServedView.all(of: definition) where try !second.isCurrent(session) {
                do {
                    let isDone = try session.transaction { try session.withShortLocks { try second.put(session) } != nil }
                    if !isDone { remainders.append(.view(second.quoted)) }
                } catch let error as LedgerError {
                    remainders.append(.usedView("\(error)"))
                }
            }
            let view = AuditedView(definition)
            if comment?.isBytewiseEqual(to: view.comment) ?? false { continue }
            do {
                let isDone = try session.transaction { try session.withShortLocks { try view.put(session) } != nil }
                if !isDone { remainders.append(.view("audit.\(definition.identity.name)")) }
            } catch let error as LedgerError {
                remainders.append(.usedView("\(error)"))
            }
        }
        return remainders
    }

    /// The served versions that have a view, each with the comment on what auditors have of it.
    private func servedDefinitions(
        _ session: PostgresSession
    ) throws -> [(definition: ProjectionDefinition, comment: String?)] {
        try session.execute(
            """
            SELECT name, version, code_version, obj_description(to_regclass(format('audit.%I', name)), 'pg_class')
            FROM ledger.served_projections
            WHERE to_regclass(format('projection.%I', name)) IS NOT NULL ORDER BY name
            """
        ).compactMap { row in
            let comment = try row.optionalText(3)
            return try definition(row.text(0), row.text(1), Int(row.int4(2))).map { ($0, comment) }
        }
    }

    private func definition(_ name: String, _ version: String, _ code: Int) -> ProjectionDefinition? {
        definitions.first { definition in
            let identity = definition.identity
            return identity.name.isBytewiseEqual(to: name) && identity.version.isBytewiseEqual(to: version)
                && identity.codeVersion == code
        }
    }

    /// Retries with growing pauses until everything is done, only other people's objects block the rest, or the
    /// patience ends.
    public func run(_ pool: PostgresPool, patience: Duration) async throws -> [Remainder] {
        let deadline = ContinuousClock.now + patience
        var pause = GrowingPause()
        while true {
            let remainders = try await pool.run { try attempt($0) }
            let isWaiting = remainders.contains { remainder in
                switch remainder {
                case .view, .tables: true
                case .usedView, .usedTables: false
                }
            }
            if !isWaiting || ContinuousClock.now >= deadline { return remainders }
            try await pause.wait()
        }
    }

    /// The served versions whose view is not over their table, as far as this program has their code.
    private func lateViews(
        _ session: PostgresSession
    ) throws -> [(definition: ProjectionDefinition, tableName: String)] {
        try session.execute(
            """
            SELECT v.name, v.version, v.code_version, v.table_name
            FROM ledger.served_projections s
            JOIN ledger.projection_versions v
                ON (v.name, v.version, v.code_version) = (s.name, s.version, s.code_version)
            WHERE NOT EXISTS (
                SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                WHERE r.ev_class = to_regclass(format('projection.%I', v.name))
                  AND d.refclassid = 'pg_class'::regclass
                  AND d.refobjid = to_regclass(format('projection.%I', v.table_name)))
            ORDER BY v.name
            """
        ).compactMap { row in
            guard let definition = definition(try row.text(0), try row.text(1), Int(try row.int4(2))) else { return nil }
            return (definition, try row.text(3))
        }
    }
}
