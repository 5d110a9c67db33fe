import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Reads that have seen the catalog, and wait for a table that is gone when they come to it.
@Suite struct SwappedTablesTests {
    /// Runs a read that finds the tables of a version gone after it has seen the catalog: a rebuild's transaction that puts
    /// other tables in their place commits while the read waits for the old one.
    private func whileTablesGo<T: Sendable>(
        _ names: [String], _ bench: TimeTravelBench, _ read: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
        let (locked, lock) = AsyncStream.makeStream(of: Void.self)
        let swapping = Task {
            defer { lock.finish() }
            return try await connection.run { session in
                try session.transaction {
                    for name in names { try replaceTables(of: name, session) }
                    lock.yield()
                    for _ in 0..<500 {
                        let waiting = try session.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL")
                        if try waiting[0].int8(0) > 0 { return true }
                        _ = try session.execute("SELECT pg_sleep(0.01)")
                    }
                    return false
                }
            }
        }
        for await _ in locked { break }
        let reading = Task { try await read() }
        #expect(try await swapping.value, "nothing waited for \(names)")
        await connection.close()
        return try await reading.value
    }

    /// Gives a served version's tables other names, which is what replacing them is to a reader.
    private func replaceTables(of name: String, _ session: PostgresSession) throws {
        let found = try session.execute(
            """
            SELECT v.table_name FROM ledger.projection_versions v JOIN ledger.served_projections s
            ON (s.name, s.version, s.code_version) = (v.name, v.version, v.code_version) WHERE s.name = $1
            """, [.text(name)])
        let old = try found[0].text(0)
        let tables = try session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'projection' AND tablename IN ($1, $1 || '_facts')", [.text(old)])
        #expect(tables.rowCount > 0)
        for table in tables {
            let suffix = try table.text(0).dropFirst(old.count)
            try session.executeScript(
                "ALTER TABLE projection.\(quoteIdentifier("\(old)\(suffix)")) RENAME TO \(quoteIdentifier("\(old)x\(suffix)"))")
        }
        _ = try session.execute(
            "UPDATE ledger.projection_versions SET table_name = $1 WHERE name = $2 AND table_name = $3",
            [.text("\(old)x"), .text(name), .text(old)])
    }

    @Test func `a read whose table is replaced reads the new one`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: 61, trades: 6, events: 60).events)
            try await bench.project()
            let ledger = bench.ledger
            for view in someViews(seed: 61, of: 7) {
                for rules in [RulesChoice.served, .version(VersionReference(version: "v2"))] {
                    var request = ViewRequest()
                    request.asOfPosition = 60
                    request.rules = rules
                    let ask = request
                    let expected = try await ViewReader(ledger).page(view, ask).json()
                    let found = try await whileTablesGo([view.projection], bench) {
                        try await ViewReader(ledger, folds: FoldGate()).page(view, ask).json()
                    }
                    #expect(found == expected, "\(view.name) \(rules)")
                }
            }
            let names = ledger.registry.names
            let impact = try await ledger.impact(ofEventAt: 40).json()
            let impactFound = try await whileTablesGo(names, bench) { try await ledger.impact(ofEventAt: 40).json() }
            #expect(impactFound == impact)
            let verified = try await ledger.verifyProjections()
            let verifiedFound = try await whileTablesGo(names, bench) { try await ledger.verifyProjections() }
            #expect(verifiedFound == verified && verified.allSatisfy(\.matches))
        }
    }

    @Test func `a diff whose table is replaced reads the new one and tells each row once`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: 62, trades: 6, events: 60).events)
            try await bench.project()
            let ledger = bench.ledger
            _ = try await ledger.rebuild([("alignment", VersionReference(version: "v2"))], workers: 1)
            let (v1, v2) = (VersionReference(version: "v1"), VersionReference(version: "v2"))
            let expected = try await ledger.diff("alignment", from: v1, to: v2)
            #expect(expected.changedRows > 0)
            let found = try await whileTablesGo(["alignment"], bench) {
                let heard = Counter()
                let diff = try await ledger.diff("alignment", from: v1, to: v2) { _ in heard.add() }
                #expect(heard.count == diff.changedRows)
                return diff.json()
            }
            #expect(found == expected.json())
            let promoted = try await whileTablesGo(["alignment"], bench) {
                try await ledger.promote("alignment", v2, position: expected.position, digest: expected.digest)
            }
            #expect(promoted.promoted.version == "v2")
        }
    }

    /// Its events are written by then, and some of its views.
    @Test func `a bundle whose table is replaced is written once more`() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withTimeTravel(environment: ["ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"]) {
            (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: 63, trades: 6, events: 60).events)
            try await bench.project()
            let ledger = bench.ledger
            let expected = directory + "/undisturbed"
            _ = try await ledger.exportBundle(asOf: 60, to: expected) { _, _, _ in }
            for name in ["alignment", "sync_state"] {
                let found = "\(directory)/\(name)"
                _ = try await whileTablesGo([name], bench) {
                    try await ledger.exportBundle(asOf: 60, to: found) { _, _, _ in }
                }
                #expect(FileManager.default.contentsEqual(atPath: found, andPath: expected))
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            #expect(names == ["alignment", "key", "key.checkpoints", "sync_state", "undisturbed"])
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex<Int64>(0)

    var count: Int64 { value.withLock { $0 } }

    func add() { value.withLock { $0 += 1 } }
}
