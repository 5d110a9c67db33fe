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
    struct Said: Equatable {
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
        var random = SeededGenerator(seed: 20_260_203)
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
            var killed = 0
            for _ in 0..<5 {
                try await withDatabase { uri in
                    let program = sync(uri, server, in: directory)
                    #expect(try await program.run("db", "migrate").code == 0)
                    for _ in 0..<10 {
                        let (process, _, _) = try program.start(["sync", "--full-scope", "--apply"])
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...milliseconds, using: &random)))
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
                }
            }
            // At least one a database in its midst; how many is up to the machine.
            #expect(killed >= 5)
        }
        await server.stop()
    }
}
