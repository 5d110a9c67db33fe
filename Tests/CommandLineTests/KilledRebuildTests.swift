import Foundation
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import TestSupport
import Testing

/// `projection rebuild` as a process that is killed or interrupted.
@Suite struct KilledRebuildTests {
    private let run = UniqueID(high: 6, low: 6)

    /// A ledger with a history, folded, and the program on it.
    private func withHistory(
        events: Int, _ body: (Program, LedgerDatabase, [String]) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
                try await ledger.log.append(try RandomHistory(seed: 4, trades: 120, events: events).events, runID: run)
                for definition in ledger.registry.firstDefinitions {
                    _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "test").catchUp()
                }
                try await body(program, ledger, ledger.registry.names)
                await ledger.close()
            }
        }
    }

    /// Names and identities of all tables and indexes, with the catalog.
    private func catalog(_ ledger: LedgerDatabase) async throws -> [String] {
        try await ledger.pool.run { session in
            try session.execute(
                """
                SELECT concat_ws(' ', oid, relname) FROM pg_class WHERE relnamespace = 'projection'::regnamespace
                UNION ALL
                SELECT concat_ws(' ', name, version, code_version, table_name, position, state, lease_owner, rebuild_table,
                                 rebuild_position) FROM ledger.projection_versions
                ORDER BY 1
                """
            ).map { try $0.text(0) }
        }
    }

    /// As if the killed program's leases had run out.
    private func endLeases(_ ledger: LedgerDatabase) async throws {
        try await ledger.asSuperuser { session in
            try session.executeScript("UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp()")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a rebuild killed at ten random points and run again gives the same rows history and facts`() async throws {
        try await withHistory(events: 1_500) { program, ledger, names in
            let live = try await storedContents(ledger)
            let start = ContinuousClock.now
            let undisturbed = try await program.run(["projection", "rebuild", "--workers", "2", "--json"] + names)
            let duration = ContinuousClock.now - start
            #expect(undisturbed.code == 0, "\(undisturbed.errors)")
            #expect(try await storedContents(ledger) == live)

            var random = SeededGenerator(seed: 20_261_121)
            var (killed, left, resumed, filled) = (0, 0, false, false)
            while killed < 10 {
                let workers = "\(Int.random(in: 1...3, using: &random))"
                let (process, _, errors) = try program.start(["projection", "rebuild", "--workers", workers] + names)
                try await Task.sleep(for: duration * Double.random(in: 0.1...1, using: &random))
                let isRunning = process.isRunning
                kill(process.processIdentifier, SIGKILL)
                await Program.waitForExit(process)
                if isRunning { killed += 1 } else { #expect([0, 3].contains(process.terminationStatus), "\(Program.text(errors))") }
                try await endLeases(ledger)
                let positions = try await ledger.pool.run { try ProjectionCatalog().versions($0) }.compactMap(\.rebuild?.position)
                if !positions.isEmpty { left += 1 }
                filled = positions.contains { $0 > 0 }
                // What is read is as it was, whatever is half built beside it.
                if killed == 5 {
                    let verified = try await program.run("projection", "verify")
                    #expect(verified.code == 0, "\(verified.errors)")
                    try await endLeases(ledger)
                }
            }
            // What the last killed program had begun in the database may end a moment later.
            var last = try await program.run(["projection", "rebuild", "--json"] + names)
            for _ in 0..<40 where last.code == 3 {
                try await Task.sleep(for: .milliseconds(250))
                last = try await program.run(["projection", "rebuild", "--json"] + names)
            }
            #expect(last.code == 0, "\(last.errors)")
            let versions = try JSONDocument(parsing: Array(last.output.utf8)).root["versions"]?.elements.map { $0 } ?? []
            resumed = versions.contains { ($0["resumed_from"]?.integer ?? 0) > 0 }
            #expect(left >= 3 && (!filled || resumed), "\(left) rebuilds were left half done")
            let digests = try JSONDocument(parsing: Array(undisturbed.output.utf8)).root["versions"]?.elements.map { $0 } ?? []
            #expect(versions.map { $0["digest"]?.string } == digests.map { $0["digest"]?.string } && versions.count == names.count)
            #expect(try await storedContents(ledger) == live)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `an interrupted rebuild leaves no trace`() async throws {
        try await withHistory(events: 1_500) { program, ledger, names in
            let (before, live) = (try await catalog(ledger), try await storedContents(ledger))
            for signal in [SIGINT, SIGTERM] {
                let (process, _, errors) = try program.start(["projection", "rebuild"] + names)
                while process.isRunning,
                    try await ledger.pool.run({ try ProjectionCatalog().versions($0) }).allSatisfy({ $0.rebuild == nil })
                {
                    try await Task.sleep(for: .milliseconds(20))
                }
                kill(process.processIdentifier, signal)
                await Program.waitForExit(process)
                #expect(process.terminationStatus != 0, "\(Program.text(errors))")
                #expect(try await catalog(ledger) == before)
            }
            #expect(try await storedContents(ledger) == live)
            let rebuilt = try await program.run(["projection", "rebuild"] + names)
            #expect(rebuilt.code == 0, "\(rebuilt.errors)")
            #expect(try await storedContents(ledger) == live)
        }
    }
}
