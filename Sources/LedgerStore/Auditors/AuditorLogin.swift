package import LedgerPostgres
package import LedgerProjections
import LedgerValues

/// Why a login can't be an auditor's.
package enum AuditorLoginError: Error, Equatable, CustomStringConvertible {
    /// The server has no role of that name that may log in.
    case noLogin(String)
    /// The login can do more than an auditor may, for a reason that a person can remove.
    case tooPowerful(login: String, reason: String)

    package var description: String {
        switch self {
        case .noLogin(let login): "auditor_refused: the server has no role `\(login)` that may log in: make it with CREATE ROLE … LOGIN"
        case .tooPowerful(let login, let reason): "auditor_refused: \(login) \(reason)"
        }
    }
}

/// A login that may read what auditors read, and nothing else.
package struct AuditorLogin {
    private let login: String
    private let names: LedgerNames
    package static let timeoutSeconds = 60

    package init(_ login: String, _ names: LedgerNames) {
        self.login = login
        self.names = names
    }

    /// Makes the login an auditor's of the session's database, in one transaction. Safe to repeat.
    ///
    /// PUBLIC loses the right to make temporary tables in the database. In this database the login's transactions are read-only
    /// and end after ``timeoutSeconds``; that is a convenience, which a session can undo. What protects is privilege, and that is
    /// checked at the end: if the login could write, or read more, the whole fails with ``AuditorLoginError``.
    package func grant(_ session: PostgresSession) throws {
        try session.transaction {
            guard
                try session.execute(
                    "SELECT to_regnamespace('audit') IS NOT NULL AND to_regrole($1) IS NOT NULL", [.text(names.auditorRole)])[0].bool(0)
            else { throw LedgerError.notMigrated(problem: "the database has nothing for auditors yet") }
            let found = try session.execute("SELECT rolsuper FROM pg_roles WHERE rolname = $1 AND rolcanlogin", [.text(login)])
            guard let role = found.first else { throw AuditorLoginError.noLogin(login) }
            if try role.bool(0) { throw refused("is a superuser, whom no privilege keeps from writing") }
            try requireOutside([names.ownerRole, names.serviceRole, names.readerRole], session)
            let database = try session.execute("SELECT current_database()::text")[0].text(0)
            let (login, quoted) = (quoteIdentifier(login), quoteIdentifier(database))
            try session.executeScript(
                """
                REVOKE TEMPORARY ON DATABASE \(quoted) FROM PUBLIC;
                GRANT \(names.auditorRole) TO \(login);
                GRANT CONNECT ON DATABASE \(quoted) TO \(login);
                ALTER ROLE \(login) IN DATABASE \(quoted) SET default_transaction_read_only = on;
                ALTER ROLE \(login) IN DATABASE \(quoted) SET statement_timeout = '\(Self.timeoutSeconds)s'
                """)
            try requireHarmless(database, session)
        }
    }

    private func refused(_ reason: String) -> AuditorLoginError { .tooPowerful(login: login, reason: reason) }

    private func requireOutside(_ roles: [String], _ session: PostgresSession) throws {
        for role in roles {
            let isMember = try session.execute(
                "SELECT coalesce(pg_has_role($1, to_regrole($2), 'MEMBER'), false)", [.text(login), .text(role)])
            if try isMember[0].bool(0) { throw refused("is a member of \(role), which the program works as") }
        }
    }

    /// Looks for rights beyond an auditor's, whichever way the login has them.
    private func requireHarmless(_ database: String, _ session: PostgresSession) throws {
        let rights = try session.execute(
            """
            SELECT p.text FROM (VALUES ('CREATE', 'may make schemas in this database'), ('TEMP', 'may make temporary tables in this database'))
                AS p (name, text)
            WHERE has_database_privilege($1, current_database(), p.name)
            UNION ALL
            SELECT format('may make objects in the schema %I', nspname) FROM pg_namespace
            WHERE nspname !~ '^pg_' AND has_schema_privilege($1, oid, 'CREATE')
            UNION ALL
            SELECT format('may change %s', c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('ledger', 'projection', 'audit') AND c.relkind IN ('r', 'v', 'p')
              AND (has_table_privilege($1, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege($1, c.oid, 'INSERT, UPDATE'))
            UNION ALL
            SELECT format('may read %s, which is not for auditors', c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('ledger', 'projection') AND c.relkind IN ('r', 'p') AND has_any_column_privilege($1, c.oid, 'SELECT')
            LIMIT 3
            """, [.text(login)]
        ).map { try $0.text(0) }
        if !rights.isEmpty { throw refused("\(rights.joined(separator: ", ")): take that away first") }
    }
}
