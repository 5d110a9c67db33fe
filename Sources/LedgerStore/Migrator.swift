import Crypto
public import LedgerPostgres
public import LedgerProjections

/// A numbered migration file. Roles and settings in its SQL begin with `{program}`, for which a ``Migrator`` writes the
/// names of its program.
public struct Migration: Sendable {
    public let number: Int
    public let name: String
    public let sql: String
    /// Lower-case hex SHA-256 of the SQL.
    public let checksum: String

    /// Reads `<number>_<name>.sql`; nil for any other name.
    public init?(fileName: String, bytes: [UInt8]) {
        guard fileName.hasSuffix(".sql"), let separator = fileName.firstIndex(of: "_"),
            let number = Int(fileName[..<separator])
        else { return nil }
        self.init(
            number: number, name: String(fileName[fileName.index(after: separator)...].dropLast(".sql".count)),
            sql: String(decoding: bytes, as: UTF8.self))
    }

    private init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
        checksum = SHA256.hash(data: Array(sql.utf8)).hex
    }

    /// The migration as it runs in the database of a program.
    func named(_ names: LedgerNames) -> Migration {
        Migration(number: number, name: name, sql: sql.replacing("{program}", with: names.prefix))
    }
}

extension Digest {
    /// The digest in lower-case hex.
    var hex: String {
        map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}

/// Brings a database's schema up to date, forward only.
public struct Migrator: Sendable {
    let migrations: [Migration]
    package let names: LedgerNames
    /// A dedicated lock, so that two programs that start together migrate one after the other.
    private static let lockKey: Int64 = 0x616c_7068_6131
    /// The schemas of a ledger, in bytewise order.
    static let schemas = ["audit", "ledger", "projection"]

    /// - Parameters:
    ///   - migrations: the migrations as they are installed.
    ///   - names: the names of the program, which are part of what a migration does.
    public init(_ migrations: [Migration], _ names: LedgerNames) {
        self.migrations = migrations.map { $0.named(names) }.sorted { $0.number < $1.number }
        self.names = names
    }

    /// The newest schema version that these files make.
    public var latest: Int { migrations.last?.number ?? 0 }

    /// Applies the missing migrations in one transaction, and returns their numbers.
    ///
    /// Any applied migration raises the ledger's schema version and revokes all leases, so programs made for another
    /// version write nothing more. Appends and projections wait during the migration.
    ///
    /// The session's user must be allowed to create roles and schemas. It refuses, changing nothing, if an applied
    /// migration now has another checksum, if the database is newer than the files, or if the schemas of a new ledger hold
    /// something else.
    public func migrate(_ session: PostgresSession) throws -> [Int] {
        do {
            return try attempt(session)
        } catch let error as PostgresError where error.sqlState == .undefinedObject && !session.isInTransaction {
            // Roles are the whole server's, and the lock is one database's. If another ledger's migration makes the roles at this
            // moment, the session can be told that they are there while its own cache still says that they are not.
            return try attempt(session)
        }
    }

    private func attempt(_ session: PostgresSession) throws -> [Int] {
        try session.transaction {
            _ = try session.execute("SELECT pg_advisory_xact_lock($1)", [.int8(Self.lockKey)])
            let applied = try appliedChecksums(session)
            try check(applied)
            let missing = migrations.filter { applied[$0.number] == nil }
            if missing.isEmpty { return [] }
            if applied.isEmpty { try requireUnused(session) } else { try shutOutWriters(session) }
            for migration in missing {
                try session.executeScript("RESET ROLE;\n" + migration.sql)
                try session.executeScript("RESET ROLE")
                _ = try session.execute(
                    "INSERT INTO ledger.migrations (number, name, checksum) VALUES ($1, $2, $3)",
                    [.int4(Int32(migration.number)), .text(migration.name), .text(migration.checksum)])
            }
            try startSchema(session)
            return missing.map(\.number)
        }
    }

    private func requireUnused(_ session: PostgresSession) throws {
        let used = try session.execute(
            """
            SELECT n.nspname::text FROM pg_namespace n
            WHERE n.nspname = ANY ($1) AND to_regclass('ledger.migrations') IS NULL
              AND (EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid) OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid))
            ORDER BY n.nspname
            """, [.textArray(Self.schemas)])
        if used.rowCount > 0 { throw LedgerError.schemasInUse(try used.map { try $0.text(0) }) }
    }

    /// Waits for the transactions that write the log or a projection, and lets no new one begin; readers continue.
    /// Without this, a later migration that alters one of these tables would wait for an append that waits for it.
    private func shutOutWriters(_ session: PostgresSession) throws {
        for table in ["ledger.head", "ledger.projection_versions"] {
            guard try session.execute("SELECT to_regclass($1) IS NOT NULL", [.text(table)])[0].bool(0) else { continue }
            try session.executeScript("SET LOCAL ROLE \(names.ownerRole); LOCK TABLE \(table) IN EXCLUSIVE MODE; RESET ROLE")
        }
    }

    private func startSchema(_ session: PostgresSession) throws {
        let exists = try session.execute("SELECT to_regprocedure('ledger.start_schema(int)') IS NOT NULL")
        guard try exists[0].bool(0) else { return }
        try session.executeScript("SET LOCAL ROLE \(names.ownerRole); SELECT ledger.start_schema(\(latest)); RESET ROLE")
    }

    /// The schema version of the database, or 0 if there is no ledger.
    public func version(_ session: PostgresSession) throws -> Int {
        try appliedChecksums(session).keys.max() ?? 0
    }

    /// Throws unless the database has exactly these migrations.
    public func requireCurrent(_ session: PostgresSession) throws {
        let applied = try appliedChecksums(session)
        try check(applied)
        guard let version = applied.keys.max() else {
            throw LedgerError.notMigrated(problem: "the database holds no ledger yet")
        }
        if version < latest {
            throw LedgerError.notMigrated(problem: "the database has schema version \(version), this program needs \(latest)")
        }
    }

    private func check(_ applied: [Int: String]) throws(LedgerError) {
        for migration in migrations {
            guard let checksum = applied[migration.number], checksum != migration.checksum else { continue }
            throw .fileChanged(
                file: "schema/migrations/\(migration.number) (\(migration.name))", recorded: checksum,
                found: migration.checksum)
        }
        if let newest = applied.keys.max(), newest > latest {
            throw .notMigrated(
                problem: "the database has schema version \(newest), newer than this program's \(latest): use a newer program")
        }
    }

    private func appliedChecksums(_ session: PostgresSession) throws -> [Int: String] {
        let exists = try session.execute("SELECT to_regclass('ledger.migrations') IS NOT NULL")
        guard try exists[0].bool(0) else { return [:] }
        var applied: [Int: String] = [:]
        for row in try session.execute("SELECT number, checksum FROM ledger.migrations") {
            applied[Int(try row.int4(0))] = try row.text(1)
        }
        return applied
    }
}
