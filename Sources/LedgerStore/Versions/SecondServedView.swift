import Crypto
import LedgerPostgres
import LedgerProjections

/// The view that a ``SecondView`` declares. It stands over `projection.<name>`, and so follows promotions and rebuilds by itself.
struct SecondServedView {
    private let view: SecondView
    private let projection: String

    /// The second views of a projection.
    static func all(of definition: ProjectionDefinition) -> [SecondServedView] {
        definition.secondViews.map { SecondServedView(view: $0, projection: definition.identity.name) }
    }

    var quoted: String { "projection.\(quoteIdentifier(view.name))" }

    private var query: String {
        let columns = view.columns.map { column in
            switch column {
            case .column(let name): quoteIdentifier(name)
            case .object(let name, let members):
                """
                jsonb_build_object(\(members.map { "\(quoteLiteral($0)), \(quoteIdentifier($0))" }.joined(separator: ", "))) \
                AS \(quoteIdentifier(name))
                """
            }
        }
        return "SELECT \(columns.joined(separator: ", ")) FROM projection.\(quoteIdentifier(projection))"
    }

    /// The comment on the view: it has a digest of the view's query.
    private var comment: String { "\(view.about) Definition \(SHA256.hash(data: Array(query.utf8)).hex.prefix(16))." }

    /// Whether the view is that of this definition, by the digest in its comment.
    func isCurrent(_ session: PostgresSession) throws -> Bool {
        try session.execute(
            "SELECT obj_description(to_regclass($1), 'pg_class') IS NOT DISTINCT FROM $2", [.text(quoted), .text(comment)])[0].bool(0)
    }

    /// Makes the view, or makes it anew, as part of the open transaction. Auditors may read it.
    func put(_ session: PostgresSession) throws {
        if try isCurrent(session) { return }
        do throws(PostgresError) {
            try drop(session)
            try session.executeScript(
                "CREATE VIEW \(quoted) AS \(query); COMMENT ON VIEW \(quoted) IS \(quoteLiteral(comment))")
            _ = try session.execute("SELECT ledger.show_to_auditors($1::regclass)", [.text(quoted)])
        } catch {
            guard error.sqlState == .dependentObjectsStillExist else { throw error }
            throw LedgerError.viewInUse(view: "projection.\(view.name)", columns: [], dependents: error.dependents)
        }
    }

    func drop(_ session: PostgresSession) throws(PostgresError) { try session.executeScript("DROP VIEW IF EXISTS \(quoted)") }

    /// What is wrong with the view; nil if it shows what it should.
    func finding(_ session: PostgresSession) throws -> AuditFinding? {
        let subject = "view projection.\(view.name)"
        guard let stored = try session.definition(ofView: quoted) else {
            return AuditFinding(.unchecked, subject, "it is not there; a program that writes makes it when it starts")
        }
        if stored == (try session.definition(ofQuery: query)) { return nil }
        return AuditFinding(.fault, subject, "it does not show projection.\(projection) as it should")
    }
}
