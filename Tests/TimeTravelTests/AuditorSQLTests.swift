import Glibc
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// What auditors read in SQL, against what HTTP answers.
@Suite(.serialized) struct AuditorSQLTests {
    /// A value without what SQL and JSON write differently: figures and texts are texts, and members are in order.
    private func plain(_ value: JSONValue) -> String {
        switch value.kind {
        case .object:
            let members = value.members.filter { name, _ in !["explanation", "rule"].contains(name) }
                .map { name, value in "\(name):\(plain(value))" }.sorted()
            return "{\(members.joined(separator: ","))}"
        case .array: return "[\(value.elements.map(plain).joined(separator: ","))]"
        case .string: return value.string ?? ""
        default: return value.sourceText
        }
    }

    /// A row as `column=value` lines, instants with six digits of their fraction.
    private func lines(_ row: JSONValue, _ columns: ColumnSet) -> [String] {
        columns.columns.map { column in
            guard let value = row[column.name] else { return "\(column.name) is absent" }
            let text = plain(value)
            let isWhole = column.kind == .instant && text.hasSuffix("Z") && !text.contains(".")
            return "\(column.name)=\(isWhole ? text.dropLast() + ".000000Z" : text)"
        }
    }

    private func key(_ row: JSONValue, _ columns: ColumnSet) -> String {
        let lines = lines(row, columns)
        return columns.key.map { name in lines.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) } ?? "" }
            .joined(separator: "|")
    }

    /// The rows that a query gives, by key.
    private func rows(
        _ view: View, _ source: String, _ columns: ColumnSet, _ session: PostgresSession
    ) throws -> [String: [String]] {
        let instants = columns.columns.filter { $0.kind == .instant }.map { column in
            let name = quoteIdentifier(column.name)
            return "\(quoteLiteral(column.name)), to_char(\(name) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        }
        let found = try session.execute(
            "SELECT (to_jsonb(r) || jsonb_build_object(\(instants.joined(separator: ", "))))::text FROM \(source) r")
        var rows: [String: [String]] = [:]
        for row in found {
            let document = try JSONDocument(parsing: Array(try row.text(0).utf8))
            rows[key(document.root, columns)] = lines(document.root, columns)
        }
        #expect(rows.count == found.rowCount, "\(view.name): a key comes twice")
        return rows
    }

    private func answered(_ bench: TimeTravelBench, _ view: View, at position: Int64?, _ horizons: String?) async throws -> [String:
        [String]]
    {
        var ask = ViewRequest()
        ask.asOfPosition = position
        ask.limit = 1000
        ask.horizons = horizons
        ask.hasAggregates = false
        let columns = try bench.definition(view, "v1").columns
        var rows: [String: [String]] = [:]
        for bytes in try await ViewReader(bench.ledger).page(view, ask).rows {
            let document = try JSONDocument(parsing: bytes)
            rows[key(document.root, columns)] = lines(document.root, columns)
        }
        return rows
    }

    /// Compares all rows of SQL with those of HTTP. SQL has outcomes at marked horizons too, so HTTP is asked for these.
    private func expectAlike(_ bench: TimeTravelBench, _ view: View, _ session: [String: [String]], at position: Int64?) async throws {
        var found = session
        let standard = try await answered(bench, view, at: position, nil)
        if view.hasHorizons {
            let horizons = Set(
                found.keys.map { $0.split(separator: "|").last.map { String($0.hasSuffix("d") ? $0.dropLast() : $0) } ?? "" })
            if !horizons.isEmpty {
                let all = try await answered(bench, view, at: position, horizons.sorted().joined(separator: ","))
                for (key, row) in found where standard[key] == nil {
                    #expect(row == all[key], "\(view.name) \(key) at \(position ?? -1)")
                    found[key] = nil
                }
            }
        }
        #expect(found == standard, "\(view.name) at \(position ?? -1)")
    }

    @Test func `functions of a position and current views have the rows of HTTP`() async throws {
        let seed: UInt64 = 1
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: seed, trades: 8, events: 90).events)
            try await bench.project()
            var random = SeededGenerator(seed: seed &+ 7)
            let head = Int64(try await bench.events().count)
            let positions = [0, head] + (0..<4).map { _ in Int64.random(in: activations...head, using: &random) }
            for view in View.all {
                let columns = try bench.definition(view, "v1").columns
                for position in positions {
                    let found = try await bench.ledger.pool.run { session in
                        try session.transaction {
                            try session.executeScript("SET LOCAL ROLE alpha_ledger_reader")
                            return try rows(view, "audit.\(view.projection)(\(position))", columns, session)
                        }
                    }
                    try await expectAlike(bench, view, found, at: position)
                }
                let current = try await bench.ledger.pool.run { session in
                    try session.transaction {
                        try session.executeScript("SET LOCAL ROLE alpha_ledger_reader")
                        return try rows(view, "audit.\(view.projection)", columns, session)
                    }
                }
                try await expectAlike(bench, view, current, at: nil)
            }
            try await expectProvenance(bench, at: head)
        }
    }

    /// Every row's own positions are among the events behind it, and each of these is in the log.
    private func expectProvenance(_ bench: TimeTravelBench, at head: Int64) async throws {
        try await bench.ledger.pool.run { session in
            try session.transaction {
                try session.executeScript("SET LOCAL ROLE alpha_ledger_reader")
                let missing = try session.execute(
                    """
                    SELECT count(*) FROM audit.lifecycles l CROSS JOIN LATERAL jsonb_array_elements_text(l.event_positions) e (position)
                    LEFT JOIN audit.provenance p ON p.view = 'lifecycles' AND p.key ->> 'position_id' = l.position_id
                        AND p.event_position = e.position::bigint AND p.named_by_row
                    WHERE p.view IS NULL
                    """)
                #expect(try missing[0].int8(0) == 0)
                let behind = try session.execute(
                    """
                    SELECT count(*), count(e.position), count(DISTINCT p.view) FROM audit.provenance($1) p
                    LEFT JOIN audit.events e ON e.position = p.event_position
                    """, [.int8(head)])
                #expect(try behind[0].int8(0) > 0 && behind[0].int8(0) == behind[0].int8(1))
                let coverage = try session.execute("SELECT first_position, last_position FROM audit.coverage")
                #expect(try coverage.rowCount == 1 && coverage[0].int8(0) == 1 && coverage[0].int8(1) == head)
                let typed = try session.execute(
                    "SELECT count(*) FROM audit.events WHERE payload_price IS DISTINCT FROM (payload ->> 'price')::numeric")
                #expect(try typed[0].int8(0) == 0)
            }
        }
    }

    @Test func `a promotion gives auditors the promoted version in its own transaction`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: 5, trades: 6, events: 60).events)
            try await bench.project()
            let v2 = VersionReference(version: "v2")
            _ = try await bench.ledger.rebuild([("outcomes", v2)], workers: 1)
            func comment() async throws -> String {
                try await bench.ledger.pool.run { session in
                    try session.execute("SELECT obj_description('audit.outcomes'::regclass)")[0].text(0)
                }
            }
            #expect(try await comment().hasPrefix("outcomes v1/"))
            let candidate = try #require(bench.ledger.registry.newestDefinition("outcomes", version: "v2"))
            try await bench.ledger.pool.run { session in
                try session.transaction {
                    let catalog = ProjectionCatalog()
                    let served = try #require(try catalog.served("outcomes", session))
                    let next = try #require(try catalog.version(of: candidate.identity, session))
                    try catalog.serve(next, insteadOf: served, candidate, session)
                    #expect(try session.execute("SELECT obj_description('audit.outcomes'::regclass)")[0].text(0).hasPrefix("outcomes v2/"))
                }
            }
            #expect(try await comment().hasPrefix("outcomes v2/"))
            let columns = candidate.columns
            let view = View.outcomes
            let found = try await bench.ledger.pool.run { session in
                try session.transaction {
                    try session.executeScript("SET LOCAL ROLE alpha_ledger_reader")
                    return try rows(view, "audit.outcomes", columns, session)
                }
            }
            try await expectAlike(bench, view, found, at: nil)
        }
    }

    /// Runs a statement as a login, and returns the error's text; nil if there is none. The login has none of its settings here, so
    /// that privileges alone decide.
    private func refusal(_ statement: String, as login: String, _ bench: TimeTravelBench) async throws -> String? {
        do {
            try await administer(bench, "SET SESSION AUTHORIZATION \(login); \(statement)")
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `an auditor's login reads what is for auditors and nothing else, and writes nothing`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.project()
            let head = Int64(try await bench.events().count)
            let logins = ["auditor_a_\(getpid())", "auditor_b_\(getpid())"]
            try await administer(bench, logins.map { "CREATE ROLE \($0) LOGIN" }.joined(separator: ";"))
            let result: Result<Void, any Error>
            do { result = .success(try await check(bench, logins, head: head)) } catch { result = .failure(error) }
            try await administer(bench, "DROP OWNED BY \(logins.joined(separator: ", ")); DROP ROLE \(logins.joined(separator: ", "))")
            try result.get()
        }
    }

    private func administer(_ bench: TimeTravelBench, _ script: String) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
        do {
            try await connection.run { session in try session.executeScript(script) }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    private func check(_ bench: TimeTravelBench, _ logins: [String], head: Int64) async throws {
        let (login, other) = (logins[0], logins[1])
        #expect(try await refusal("SELECT 1 FROM audit.trades", as: login, bench)?.contains("permission denied") == true)
        try await Ledger.grantAuditor(login, bench.uri)
        try await Ledger.grantAuditor(login, bench.uri)
        let readable =
            View.all.flatMap { ["audit.\($0.projection)", "audit.\($0.projection)(\(head))", "projection.\($0.projection)"] }
            + [
                "audit.events", "audit.provenance", "audit.provenance(\(head), 'trades')", "audit.coverage",
                "audit.trades(\(head), 'alpha_sync', 'x')", "projection.dispatcher_execution",
            ]
        for source in readable {
            let found = try await refusal("SELECT * FROM \(source) LIMIT 1", as: login, bench)
            #expect(found == nil, "\(source)")
        }
        let forbidden =
            ["ledger.events", "ledger.head", "ledger.projection_versions", "ledger.signing_keys", "projection.trades_v1_c1"].map {
                "SELECT * FROM \($0)"
            }
            + [
                "SELECT * FROM audit.served('trades', 0)", "INSERT INTO ledger.events DEFAULT VALUES", "DELETE FROM projection.trades",
                "CREATE TEMP TABLE mine (a int)", "CREATE TABLE public.mine (a int)", "CREATE TABLE audit.mine (a int)",
                "CREATE SCHEMA mine",
                "SET ROLE alpha_ledger_reader", "SET ROLE alpha_ledger_service", "SELECT ledger.start_fork(gen_random_uuid())",
                "COPY (SELECT 1) TO '/tmp/never'", "DROP VIEW audit.trades",
            ]
        for statement in forbidden {
            let found = try await refusal(statement, as: login, bench)
            #expect(found.map { $0.contains("denied") || $0.contains("must be") } == true, "\(statement): \(found ?? "done")")
        }
        for (statement, part) in [
            ("SELECT * FROM audit.trades(\(head + 1))", "position_unknown"), ("SELECT * FROM audit.trades(-1)", "position_unknown"),
            ("SELECT * FROM audit.trades(NULL)", "position_unknown"),
        ] {
            #expect(try await refusal(statement, as: login, bench)?.contains(part) == true, "\(statement)")
        }
        try await bench.append(try RandomHistory(seed: 3, trades: 8, events: 90).events)
        #expect(try await refusal("SELECT * FROM audit.trades(\(head + 5))", as: login, bench)?.contains("projection_behind") == true)
        try await bench.project()
        try await expectQuestions(bench, login)
        try await expectRefusals(bench, other)
    }

    /// The queries of the auditor's guide, each as an auditor's login.
    private func expectQuestions(_ bench: TimeTravelBench, _ login: String) async throws {
        let guide = try #require(projectText("docs/auditor.md"))
        let queries = guide.split(separator: "```sql\n").dropFirst().compactMap { $0.split(separator: "```").first.map(String.init) }
        #expect(queries.count == 10)
        var answered = 0
        for query in queries {
            let problem = try await refusal("SELECT 1 / count(*) FROM (\(query)) q", as: login, bench)
            if problem == nil { answered += 1 }
            #expect(problem == nil || problem?.contains("division by zero") == true, "\(query): \(problem ?? "")")
        }
        #expect(answered >= 8)
    }

    /// Logins that are too powerful, each of which stays what it was.
    private func expectRefusals(_ bench: TimeTravelBench, _ login: String) async throws {
        await #expect(throws: AuditorLoginError.noLogin("nobody_of_this_name")) {
            try await Ledger.grantAuditor("nobody_of_this_name", bench.uri)
        }
        for (before, after, part) in [
            ("ALTER ROLE \(login) SUPERUSER", "ALTER ROLE \(login) NOSUPERUSER", "superuser"),
            ("GRANT alpha_ledger_service TO \(login)", "REVOKE alpha_ledger_service FROM \(login)", "member of alpha_ledger_service"),
            ("GRANT pg_read_all_data TO \(login)", "REVOKE pg_read_all_data FROM \(login)", "may read"),
            ("GRANT CREATE ON SCHEMA public TO \(login)", "REVOKE CREATE ON SCHEMA public FROM \(login)", "may make objects"),
        ] {
            try await administer(bench, before)
            await #expect { try await Ledger.grantAuditor(login, bench.uri) } throws: { "\($0)".contains(part) }
            try await administer(bench, after)
            #expect(try await refusal("SELECT 1 FROM audit.trades", as: login, bench)?.contains("permission denied") == true, "\(part)")
        }
    }
}
