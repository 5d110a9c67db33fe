import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Whatever the owner of a database can change, `audit verify` finds, or no answer depends on it. The catalog of changes is made
/// from `information_schema`: a table or a column is covered the day it is added.
@Suite struct TamperTests {
    /// Columns that no answer depends on, and why.
    private static let free: [String: String] = [
        "ledger.migrations.applied_at": "when a migration was applied is shown nowhere",
        "ledger.projection_versions.position":
            "below what its tables hold it is found; elsewhere the rows as of it are right, and followers fold the same events again",
        "ledger.projection_versions.epoch": "a fence between writers; a writer that it shuts out takes the lease anew",
        "ledger.projection_versions.lease_owner": "who may write, not what is written",
        "ledger.projection_versions.lease_expires_at": "who may write, not what is written",
        "ledger.projection_versions.created_at": "when a version was begun is shown nowhere",
        "ledger.projection_versions.state": "of a version that was promoted it is found; another one counts as not built and is not read",
        "ledger.projection_versions.rebuild_table": "what a rebuild has written so far is not read; its end is compared like all else",
        "ledger.projection_versions.rebuild_position": "see rebuild_table",
        "ledger.projection_versions.rebuild_until": "see rebuild_table",
        "ledger.rule_files.recorded_at": "when a digest was recorded is shown nowhere",
        "ledger.served_projections.previous_version": "without it there is no way back; another one is found",
        "ledger.served_projections.previous_code_version": "see previous_version",
        "ledger.signing_keys.recorded_at": "when a key was recorded is shown nowhere",
        "ledger.signed_heads.epoch": "which lease a head was signed under is shown nowhere",
        "ledger.signed_heads.recorded_at": "when a head was recorded is shown nowhere",
        "ledger.forks.acknowledged_at": "when a fork was acknowledged is shown nowhere",
        "ledger.work_leases.name": "who may work, not what is written; without its row a lease is taken anew",
        "ledger.work_leases.owner": "see name",
        "ledger.work_leases.epoch": "see name",
        "ledger.work_leases.expires_at": "see name",
        "ledger.leftover_tables.table_name": "tables that nobody reads any more",
        "ledger.leftover_tables.left_at": "tables that nobody reads any more",
    ]

    /// Tables whose rows may go, and why.
    private static let expendable: [String: String] = [
        "ledger.projection_versions": "the served versions can't go; without its row nobody reads another one",
        "ledger.rule_files": "a promoted file's can't go unnoticed; another one is recorded again at the next start",
        "ledger.leftover_tables": "tables that nobody reads any more",
        "ledger.work_leases": "a lease that is gone is taken anew",
        "ledger.signed_heads": "the heads are in the file beside the key, which is verified; a ledger from before the table has no rows",
    ]

    private static func isFree(_ mutation: Mutation) -> Bool {
        let place = "\(mutation.column.schema).\(mutation.column.table)"
        if mutation.kind == .delete { return expendable[place] != nil }
        return free["\(place).\(mutation.column.name)"] != nil
    }

    /// Of each seed. One round goes through every column with every kind of change; TAMPER_MUTATIONS asks for more.
    private static let mutationsAtLeast = ProcessInfo.processInfo.environment["TAMPER_MUTATIONS"].flatMap { Int($0) } ?? 500

    @Test(arguments: [1, 2] as [UInt64])
    func `Every change of every column of every table is found, refused by the database, or without effect on any answer`(
        seed: UInt64
    ) async throws {
        try await TamperBench.with(seed) { bench in
            try await Self.tamper(bench, seed, atLeast: Self.mutationsAtLeast) { _ in true }
        }
    }

    @Test func `In a log of partitions every change of a partition, an identity or a stream's place is found`() async throws {
        let seed: UInt64 = 3
        try await TamperBench.with(seed) { bench in
            let migrator = Migrator(try bench.ledger.resources.files.migrations(), TradeLedger.names)
            let partitions = try await Ledger.partition(bench.uri, migrator, size: 16) { _, _ in }
            #expect(partitions.count == 2)
            let history = try RandomHistory(seed: seed, trades: 3, events: 60).events
            try await bench.ledger.log.append(Array(history.dropFirst(24)), runID: UniqueID(high: 3, low: 3))
            try await bench.ledger.bringUpToDate(bench.ledger.registry.names)
            try await Self.tamper(bench, seed, atLeast: 1) { column in
                column.schema == "ledger"
                    && (column.table.hasPrefix("events") || ["identities", "stream_positions", "head"].contains(column.table))
            }
        }
    }

    /// Goes through the chosen columns with every kind of change until there were enough.
    private static func tamper(
        _ bench: TamperBench, _ seed: UInt64, atLeast least: Int, _ isChosen: @Sendable (TamperedColumn) -> Bool
    ) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
        let (tried, found) = try await connection.run { session in
            let sound = try session.transaction(.snapshot) { try bench.ledger.audit(AuditRequest(), bench.kept, session) }
            #expect(sound.isVerified && sound.projections.count == Int(activations) + 1, "\(sound.problems)")
            var random = SeededGenerator(seed: seed)
            var counts: [String: Int] = [:]
            let columns = try TamperedColumn.all(session).filter(isChosen)
            for column in columns where counts[column.place] == nil {
                counts[column.place] = Int(try session.execute("SELECT count(*) FROM \(column.place)")[0].int8(0))
            }
            let filled = columns.filter { counts[$0.place, default: 0] > 0 }
            var (tried, found) = (0, 0)
            while tried < least {
                for column in filled {
                    for kind in Mutation.Kind.allCases {
                        let mutation = Mutation(kind, column, rows: counts[column.place] ?? 1, &random)
                        tried += 1
                        switch try bench.finding(after: mutation, session) {
                        case .none: continue
                        case .passed: #expect(Self.isFree(mutation), "seed \(seed): nothing was found after \(mutation)")
                        case .stopped: found += 1
                        case .found(let report):
                            found += 1
                            Self.expectNamed(report, mutation, seed)
                        }
                    }
                }
            }
            let after = try session.transaction(.snapshot) { try bench.ledger.audit(AuditRequest(), bench.kept, session) }
            #expect(after.isVerified, "\(after.problems)")
            return (tried, found)
        }
        await connection.close()
        #expect(tried >= least && found > tried / 3, "\(tried) changes, \(found) found")
    }

    /// What is wrong is named: the position, the version's row, or the subject.
    private static func expectNamed(_ report: AuditReport, _ mutation: Mutation, _ seed: UInt64) {
        guard mutation.column.schema == "projection" else {
            #expect(!report.problems.isEmpty, "seed \(seed): \(mutation)")
            return
        }
        let faults = report.projections.filter { !$0.matches }
        #expect(faults.count == 1 && faults.allSatisfy { !$0.faults.isEmpty }, "seed \(seed): \(mutation): \(report.problems)")
        #expect(report.findings.isEmpty, "seed \(seed): \(mutation): \(report.findings)")
    }
}
