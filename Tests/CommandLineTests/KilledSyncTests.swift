import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import SampleScope
import TestSupport
import Testing

@Suite struct KilledSyncTests {
    /// What an event says, apart from when this ledger heard of it.
    struct Said: Sendable, Equatable {
        let id: UniqueID
        let stream: String
        let version: Int64
        let type: String
        let payload: [UInt8]
    }

    private func sync(_ uri: String, _ server: SampleFeedServer, in directory: String) -> Program {
        Program(
            directory: directory,
            environment: [
                "DATABASE_URL": uri, "ALPHA_TRADE_FEED_URL": server.url, "ALPHA_TRADE_FEED_API_KEY": "k",
                "ALPHA_TRADE_FEED_PORTFOLIOS": "IMST,ICOI",
            ])
    }

    /// The run's own events and the first activations aside, in order; and the digests.
    private func outcome(_ uri: String) async throws -> (events: [Said], digests: [String]) {
        let ledger = try LedgerDatabase(uri: uri)
        let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1_000_000, $0) }
        #expect(events.map(\.position) == Array(1...Int64(events.count)))
        var digests: [String] = []
        for definition in ledger.registry.firstDefinitions {
            _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "test").catchUp()
            let digest = try await ledger.pool.run { session in
                let version = try #require(try ProjectionCatalog().served(definition.identity.name, session))
                let verification = try ProjectionVerifier(definition, version: version).verify(session)
                #expect(verification.matches)
                return verification.storedDigest
            }
            digests.append(digest)
        }
        let verification = try await ledger.pool.run { try LogVerifier().verify($0) }
        #expect(verification.fault == nil)
        await ledger.close()
        let said = events.filter { !$0.stream.hasPrefix("sync-") && !$0.stream.hasPrefix("projection-") }.map {
            Said(id: $0.eventID, stream: $0.stream, version: $0.streamVersion, type: $0.type, payload: $0.payload)
        }
        return (said, digests)
    }

    @Test func `a sync killed at fifty random points and run again gives the same events and digests`() async throws {
        // More than a sync appends at a time.
        let server = try await SampleFeedServer.start(feed: .generated(count: 2_400), apiKey: "k")
        try await withDirectory { directory in
            let (expected, duration) = try await withDatabase { uri in
                let program = sync(uri, server, in: directory)
                let migrated = try await program.run("db", "migrate")
                #expect(migrated.code == 0, "\(migrated.errors)")
                let start = ContinuousClock.now
                let run = try await program.run("sync", "--full-scope", "--apply", "--json")
                #expect(run.code == 0, "\(run.errors)")
                let duration = ContinuousClock.now - start
                return (try await outcome(uri), duration)
            }
            #expect(expected.events.count == 2_400)
            let milliseconds = Int(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)
            // Two ledgers at a time: each waits for its program most of the time.
            let killed = try await withThrowingTaskGroup(of: Int.self) { group in
                for lane in 0..<2 {
                    group.addTask {
                        var killed = 0
                        for database in stride(from: lane, to: 5, by: 2) {
                            killed += try await killTenTimes(
                                server, in: directory, within: milliseconds, seed: UInt64(database), expected)
                        }
                        return killed
                    }
                }
                return try await group.reduce(0, +)
            }
            // At least one a database in its midst; how many is up to the machine.
            #expect(killed >= 5)
        }
        await server.stop()
    }

    /// Kills ten syncs of one ledger at random moments, and compares what an undisturbed one then leaves. Returns how many were
    /// killed in their midst.
    private func killTenTimes(
        _ server: SampleFeedServer, in directory: String, within milliseconds: Int, seed: UInt64,
        _ expected: (events: [Said], digests: [String])
    ) async throws -> Int {
        var random = SeededGenerator(seed: 20_260_203 + seed)
        return try await withDatabase { uri in
            let program = sync(uri, server, in: directory)
            #expect(try await program.run("db", "migrate").code == 0)
            var killed = 0
            for _ in 0..<10 {
                let (process, _, _) = try program.start(["sync", "--full-scope", "--apply"])
                let end = ContinuousClock.now + .milliseconds(Int.random(in: 0...milliseconds, using: &random))
                while process.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
                if process.isRunning { killed += 1 }
                kill(process.processIdentifier, SIGKILL)
                await Program.waitForExit(process)
            }
            // The scope's lock goes with the killed program's session, which the server ends on its own time.
            var last = try await program.run("sync", "--full-scope", "--apply", "--json")
            for _ in 0..<20 where last.code == 3 {
                try await Task.sleep(for: .milliseconds(250))
                last = try await program.run("sync", "--full-scope", "--apply", "--json")
            }
            #expect(last.code == 0, "\(last.errors)")
            let found = try await outcome(uri)
            #expect(found.events == expected.events)
            #expect(found.digests == expected.digests)
            return killed
        }
    }
}
