import API
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

    private func key(_ row: JSONValue, _ view: View) -> String {
        view.key.map { row[$0].map(plain) ?? "" }.joined(separator: "|")
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
            rows[key(document.root, view)] = lines(document.root, columns)
        }
        #expect(rows.count == found.rowCount, "\(view.name): a key comes twice")
        return rows
    }

    private func answered(_ bench: TimeTravelBench, _ view: View, at position: Int64?, _ horizons: String?) async throws -> [String: [String]] {
        var ask = ViewRequest()
        ask.asOfPosition = position
        ask.limit = 1000
        ask.horizons = horizons
        ask.hasAggregates = false
        let columns = try bench.definition(view, "v1").columns
        var rows: [String: [String]] = [:]
        for bytes in try await ViewReader(bench.ledger).page(view, ask).rows {
            let document = try JSONDocument(parsing: bytes)
            rows[key(document.root, view)] = lines(document.root, columns)
        }
        return rows
    }

    /// Compares all rows of SQL with those of HTTP. SQL has outcomes at marked horizons too, so HTTP is asked for these.
    private func expectAlike(_ bench: TimeTravelBench, _ view: View, _ session: [String: [String]], at position: Int64?) async throws {
        var found = session
        let standard = try await answered(bench, view, at: position, nil)
        if view.hasHorizons {
            let horizons = Set(found.keys.map { $0.split(separator: "|").last.map { String($0.hasSuffix("d") ? $0.dropLast() : $0) } ?? "" })
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

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `functions of a position and current views have the rows of HTTP, under the promoted version too`(seed: UInt64) async throws {
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

    @Test func `positions that are not there yet are refused by name`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = Int64(try await bench.events().count)
            for (position, part) in [("\(head + 1)", "position_unknown"), ("-1", "position_unknown"), ("NULL", "position_unknown")] {
                await #expect { try await bench.ledger.pool.run { session in
                    try session.transaction {
                        try session.executeScript("SET LOCAL ROLE alpha_ledger_reader")
                        _ = try session.execute("SELECT * FROM audit.trades(\(position))")
                    }
                } } throws: { "\($0)".contains(part) }
            }
            try await bench.append(try RandomHistory(seed: 3, trades: 2, events: 5).events)
            await #expect { try await bench.ledger.pool.run { session in
                try session.transaction {
                    try session.executeScript("SET LOCAL ROLE alpha_ledger_reader")
                    _ = try session.execute("SELECT * FROM audit.trades($1)", [.int8(head + 5)])
                }
            } } throws: { "\($0)".contains("projection_behind") }
        }
    }
}
