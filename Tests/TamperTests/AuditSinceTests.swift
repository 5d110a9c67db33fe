import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@testable import Operations

/// An audit that goes on from a record finds what a full one finds, and names it alike.
@Suite struct AuditSinceTests {
    private static let run = UniqueID(high: 3, low: 3)

    /// A history that is recorded at a random place and goes on with corrections of what was before; a rebuild and a promotion come
    /// before the record or after it. Some versions are behind when it is made.
    private func withRecord(
        _ seed: UInt64, trades: Int, events count: Int, _ body: (TamperBench, AuditRecord) async throws -> Void
    ) async throws {
        try await TamperBench.opened { ledger, uri in
            var random = SeededGenerator(seed: seed)
            let events = try RandomHistory(seed: seed, trades: trades, events: count).events
            let cut = Int.random(in: count / 4...3 * count / 4, using: &random)
            try await ledger.log.append(Array(events.prefix(cut / 2)), runID: Self.run)
            try await ledger.bringUpToDate(ledger.registry.names)
            if seed.isMultiple(of: 2) { try await TamperBench.promoteSecond(ledger) }
            try await ledger.log.append(Array(events[cut / 2..<cut]), runID: Self.run)
            let late = ledger.registry.names.randomElement(using: &random)
            try await ledger.bringUpToDate(ledger.registry.names.filter { $0 != late })
            let report = try await ledger.audit()
            let record = try #require(report.record, "seed \(seed): \(report.problems)")
            #expect(report.reliedOn == nil && record.position == report.log.size)
            try await ledger.log.append(Array(events.dropFirst(cut)), runID: Self.run)
            try await ledger.bringUpToDate(ledger.registry.names)
            _ = try await ledger.rebuild([(name: "trades", version: VersionReference(version: "v1"))])
            if !seed.isMultiple(of: 2) { try await TamperBench.promoteSecond(ledger) }
            try await body(TamperBench(ledger: ledger, uri: uri, kept: try await ledger.headsToAudit()), record)
        }
    }

    private static func since(_ record: AuditRecord) -> AuditRequest {
        var request = AuditRequest()
        request.since = record
        return request
    }

    /// What the two audits say, which must be the same.
    private static func texts(_ findings: [TamperBench.Finding]) -> [String] {
        findings.map { finding in
            switch finding {
            case .none: "nothing"
            case .passed: "passed"
            case .found(let report): report.problems.joined(separator: "\n")
            case .stopped(let error): "stopped: \(error)"
            }
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `It comes to what a full audit comes to, and says what it relied on`(seed: UInt64) async throws {
        try await withRecord(seed, trades: 5, events: 60) { bench, record in
            let ledger = bench.ledger
            let full = try await ledger.audit()
            let since = try await ledger.audit(Self.since(record))
            #expect(full.isVerified && full.reliedOn == nil, "seed \(seed): \(full.problems)")
            #expect(since.isVerified, "seed \(seed): \(since.problems)")
            #expect(since.projections == full.projections && since.log == full.log, "seed \(seed)")
            let relied = try #require(since.reliedOn, "seed \(seed)")
            #expect(relied.projections == record.projections && relied.position == record.position, "seed \(seed)")
            // A version that was not there is folded from zero.
            #expect(
                since.projections.count == Int(activations) + 1
                    && record.projections.count == Int(activations) + (seed.isMultiple(of: 2) ? 1 : 0), "seed \(seed)")
            // What it leaves can be relied on in turn, with nothing new and with all of it.
            let next = try #require(since.record)
            let again = try await ledger.audit(Self.since(next))
            #expect(again.isVerified && again.reliedOn?.projections == next.projections, "seed \(seed): \(again.problems)")
            #expect(again.projections == full.projections, "seed \(seed)")
            #expect(try AuditRecord(decoding: next.encode()) == next, "seed \(seed)")
        }
    }

    /// Changes of one version each, by what the record knows of it.
    private static func changes(_ position: Int64) -> [(name: String, set: String, of: String)] {
        let current = "valid_from <= \(position) AND (valid_to IS NULL OR valid_to > \(position))"
        let changed = "valid_from <= \(position) AND valid_to > \(position)"
        return [
            ("an old version", "document = document || ' '", "valid_to <= \(position)"),
            ("an old end", "valid_to = NULL", "valid_to <= \(position)"),
            ("a document that was current, unreadable", "document = '{}'", current),
            ("a document that was current", "document = document || ' '", current),
            ("an end since then", "valid_to = valid_to + 1", changed),
            ("an end since then, taken away", "valid_to = NULL", changed),
            ("a new version", "document = document || ' '", "valid_from > \(position)"),
            ("a new begin", "valid_from = \(position)", "valid_from > \(position)"),
            ("an old era", "era = era + 1", "era IS NOT NULL AND valid_from <= \(position)"),
            ("a new era", "era = NULL", "era IS NOT NULL AND valid_from > \(position)"),
        ]
    }

    @Test func `Old and new versions, facts, ends and eras that were altered are named as by a full audit`() async throws {
        try await withRecord(2, trades: 4, events: 48) { bench, record in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
            let missed = try await connection.run { session in
                let tables = Set(try TamperedColumn.all(session).filter { $0.schema == "projection" && $0.name == "era" }.map(\.place))
                var missed: [String] = []
                for change in Self.changes(record.position) {
                    var found = 0
                    for table in tables.sorted() {
                        let findings = Self.texts(
                            try bench.findings(of: [AuditRequest(), Self.since(record)], session) { session in
                                try session.execute(
                                    """
                                    UPDATE \(table) SET \(change.set) WHERE ctid =
                                        (SELECT ctid FROM \(table) WHERE \(change.of) ORDER BY valid_to NULLS LAST, ctid LIMIT 1)
                                    """
                                ).affectedRows > 0
                            })
                        if findings[0] == "nothing" { continue }
                        found += 1
                        #expect(findings[0] == findings[1] && findings[0] != "passed", "\(change.name) of \(table)")
                    }
                    if found == 0 { missed.append(change.name) }
                }
                return missed
            }
            await connection.close()
            #expect(missed.isEmpty, "never done: \(missed)")
        }
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `Whatever is changed in tables is named as by a full audit`(seed: UInt64) async throws {
        try await withRecord(seed, trades: 3, events: 30) { bench, record in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
            let found = try await connection.run { session in
                var random = SeededGenerator(seed: seed)
                // Most tables are empty after so few events, and nothing can be changed there.
                let columns = try TamperedColumn.all(session).filter { column in
                    try column.schema == "projection" && session.execute("SELECT 1 FROM \(column.place) LIMIT 1").count > 0
                }
                var found = 0
                for _ in 0..<40 {
                    guard let column = columns.randomElement(using: &random),
                        let kind = Mutation.Kind.allCases.randomElement(using: &random)
                    else { break }
                    let mutation = Mutation(kind, column, rows: 12, &random)
                    let findings = Self.texts(
                        try bench.findings(of: [AuditRequest(), Self.since(record)], session, after: mutation.apply))
                    #expect(findings[0] == findings[1], "seed \(seed): \(mutation)")
                    if findings[0] != "nothing" && findings[0] != "passed" { found += 1 }
                }
                return found
            }
            await connection.close()
            #expect(found > 12, "seed \(seed): \(found) found")
        }
    }

    @Test func `A record with other sums, another root or more events than the log is a fault, and named`() async throws {
        try await withRecord(6, trades: 3, events: 30) { bench, record in
            func problems(_ altered: AuditRecord) async throws -> [String] {
                let report = try await bench.ledger.audit(Self.since(altered))
                #expect(report.record == nil)
                return report.problems
            }
            func text(_ change: (String) -> String) throws -> AuditRecord {
                try AuditRecord(decoding: Array(change(String(decoding: record.encode(), as: UTF8.self)).utf8))
            }
            // Those of versions without rows are alike.
            let all = record.projections.map(\.tally.sumsText)
            let place = try #require(all.indices.first { index in all.count { $0 == all[index] } == 1 })
            let sums = all[place]
            let other = String(sums.dropLast()) + (sums.hasSuffix("0") ? "1" : "0")
            let changed = try text { $0.replacing(sums, with: other) }
            let name = record.projections[place].name
            let found = try await problems(changed)
            #expect(found.count == 1 && found[0].hasPrefix("record of \(name) "), "\(found)")
            let root = record.root.description
            let forked = try await problems(try text { $0.replacing(root, with: String(root.reversed())) })
            #expect(forked.count == 1 && forked[0].contains(root) && forked[0].contains("have the root"), "\(forked)")
            let longer = try await problems(
                try text { $0.replacing("\"position\":\(record.position),", with: "\"position\":\(record.position + 1_000),") })
            #expect(longer.count >= 1 && longer[0].contains("events only"), "\(longer)")
        }
    }
}
