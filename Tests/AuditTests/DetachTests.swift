import Foundation
import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Logging
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Partitions whose payloads are in archives alone, and every answer is the same.
@Suite struct DetachTests {
    /// A ledger in partitions of 512 positions with every view, two archives on different devices, and a signed head.
    private struct Bench {
        let ledger: Ledger
        let uri: String
        let directory: String
        let copies: [String]
        let events: [NewEvent]

        func detach() async throws -> ArchivedRange { try await ledger.detachArchive(1, 512, copies: copies) }

        func asSuperuser<T: Sendable>(_ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
            let result: Result<T, any Error>
            do { result = .success(try await connection.run(body)) } catch { result = .failure(error) }
            await connection.close()
            return try result.get()
        }

        /// Takes a copy away, and puts it back afterwards.
        func without<T>(_ copies: [String], _ body: () async throws -> T) async throws -> T {
            for copy in copies { try FileManager.default.moveItem(atPath: copy, toPath: copy + ".away") }
            let result: Result<T, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            for copy in copies { try FileManager.default.moveItem(atPath: copy + ".away", toPath: copy) }
            return try result.get()
        }

        func expectSound(_ comment: String) async throws {
            let report = try await ledger.audit()
            #expect(report.isVerified, "\(comment): \(report.problems)")
        }
    }

    private static let seed: UInt64 = 42

    /// Whether a folder can be written to and lies on another device.
    private static func isOther(_ folder: String, than directory: String) -> Bool {
        func device(_ path: String) -> Int? {
            ((try? FileManager.default.attributesOfItem(atPath: path))?[.systemNumber] as? NSNumber)?.intValue
        }
        guard let own = device(folder), FileManager.default.isWritableFile(atPath: folder) else { return false }
        return own != device(directory)
    }

    private func withBench(_ body: (Bench) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        // The second copy has to be on another device.
        let root = try #require(
            ["/tmp", "/dev/shm", "/run"].first { Self.isOther($0, than: directory) }, "no second file system to write to")
        let other = "\(root)/alpha-ledger-tests-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        defer { for path in [directory, other] { try? FileManager.default.removeItem(atPath: path) } }
        try await withDatabase { uri in
            let settings = try Settings(environment: ledgerEnvironment(uri, ["ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"]))
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let ledger = try await Ledger.open(settings, Resources(root: TwoVersions.root), migration: .always, logger: logger)
            let result: Result<Void, any Error>
            do {
                let migrator = Migrator(try ledger.resources.files.migrations(), TradeLedger.names)
                #expect(try await Ledger.partition(uri, migrator, size: 512) { _, _ in }.map(\.last) == [512, 1_024])
                let events = [recorded(try sampleRow("P1"))] + (try RandomHistory(seed: Self.seed, trades: 12, events: 1_100).events)
                try await ledger.log.append(events, runID: UniqueID(high: 3, low: 3))
                try await ledger.bringUpToDate(ledger.registry.names)
                _ = try await ledger.signCheckpoint()
                let copies = [directory + "/archive", other + "/archive"]
                for copy in copies { _ = try await ledger.createArchive(until: 1_024, in: copy, program: "test") }
                result = .success(
                    try await body(Bench(ledger: ledger, uri: uri, directory: directory, copies: copies, events: events)))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    /// What readers see.
    private struct Answers: Equatable {
        var root: Digest32
        var pages: [String: [[UInt8]]] = [:]
        var explanations: [[UInt8]] = []
        var events: [RecordedEvent]
        var streams: [RecordedEvent] = []
        /// By every way in which the store reads payloads.
        var payloads: [[UInt8]] = []
        var bundle: [UInt8]
        var digests: [String]
    }

    private func answers(_ bench: Bench) async throws -> Answers {
        let ledger = bench.ledger
        let head = try await ledger.pool.run { session in try LogReader().head(session) }
        let now = try #require(head.recordedAt)
        let tile = try #require(Tile(level: 0, index: 1))
        var answers = Answers(
            root: try await ledger.head().root, events: try await ledger.events(after: 0, limit: 2_000).events,
            bundle: try await ledger.pool.run { session in try LogTiles().entries(of: tile, session).bytes },
            digests: try await ledger.verifyProjections().map { verification in
                #expect(verification.matches, "\(verification.name)")
                return verification.storedDigest
            })
        for view in View.all where view.projection != "sync_state" {
            for position in [400, 700, head.position] {
                var ask = ViewRequest()
                (ask.asOfPosition, ask.asOf) = (position, now)
                answers.pages["\(view.name) \(position)"] = try await ViewReader(ledger).page(view, ask).rows
            }
        }
        for number in 0..<4 {
            var ask = try ExplainRequest(view: "trades", key: ["alpha_sync", "T\(number)"])
            (ask.asOfPosition, ask.asOf) = (head.position, now)
            // A trade that is no row at the moment has no explanation.
            answers.explanations.append((try? await ledger.explain(ask).json()) ?? [])
            answers.streams += try await ledger.stream("execution-alpha_sync:T\(number)", after: 0, limit: 1_000).events
        }
        answers.payloads = try await ledger.pool.run { session in try Self.payloads(upTo: head.position, session) }
        return answers
    }

    private static func payloads(upTo head: Int64, _ session: PostgresSession) throws -> [[UInt8]] {
        let reader = LogReader()
        let types: [EventType] = [.alphaExecutionRecorded, .alphaExecutionUpdated]
        let streams = (0..<12).map { "execution-alpha_sync:T\($0)" }
        var found: [[UInt8]] = []
        for position in [450, head] {
            for stream in streams {
                for type in types {
                    for member in [nil, "fees_usd", "strike", "trade_date"] {
                        let event = try reader.latest(type, inStream: stream, upTo: position, having: member, session)
                        found.append(event?.payload ?? [])
                    }
                }
            }
            try reader.forEachLatest(ofStreamsPrefixed: "execution-alpha_sync:", upTo: position, session) { found.append($1) }
            for set in [StreamSet.named(streams), .prefixed("execution-")] {
                try reader.forEachEvent(in: set, upTo: position, session) { found.append($1.bytes) }
                try reader.forEachLatest(of: types, in: set, upTo: position, session) { found.append($1.bytes) }
            }
        }
        try reader.forEachLatest(of: types, session) { found.append($0.bytes) }
        try reader.forEachLatest(of: types, inEach: streams, session) { found.append($2.bytes) }
        try reader.forEachLast(inEach: streams, session) { found.append($2.bytes) }
        try reader.forEachEvent(inEach: streams, without: UniqueID(high: 0, low: 0), session) { found.append($1.bytes) }
        try reader.forEachBytes(after: 0, upTo: head, session) { found.append(Array($0.payload)) }
        found += try reader.events(at: [1, 100, 512, 513, head], session).map(\.payload)
        return found
    }

    private func expectEqual(_ found: Answers, _ expected: Answers, _ comment: String) {
        #expect(found.root == expected.root, "\(comment)")
        for (name, rows) in expected.pages { #expect(found.pages[name] == rows, "\(comment): \(name)") }
        #expect(found.explanations == expected.explanations, "\(comment)")
        #expect(found.payloads == expected.payloads, "\(comment)")
        #expect(found.events == expected.events && found.streams == expected.streams, "\(comment)")
        #expect(found.bundle == expected.bundle && found.digests == expected.digests, "\(comment)")
    }

    @Test func `every answer over a detached range is what it was, and so it is after the range is attached again`() async throws {
        try await withBench { bench in
            let ledger = bench.ledger
            let before = try await answers(bench)
            #expect(before.payloads.count > 2_000)
            #expect(before.explanations.contains { !$0.isEmpty })
            #expect(!before.streams.isEmpty && before.events.contains { $0.position <= 512 && $0.position > activations })
            let range = try await bench.detach()
            #expect(range.copies.count == 2 && range.first == 1 && range.last == 512)
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.map(\.isDetached).prefix(2) == [true, false])
            // The log's table has no payload of the range, and the table of the partition stays.
            let stored = try await bench.asSuperuser { session in
                (
                    try session.execute("SELECT count(*) FROM ledger.events WHERE position <= 512 AND payload NOT LIKE '@%'")[0].int8(0),
                    try session.execute("SELECT count(*) FROM ledger.detached_1 WHERE payload LIKE '{%'")[0].int8(0)
                )
            }
            #expect(stored.0 == 0 && stored.1 == 512)
            expectEqual(try await answers(bench), before, "detached")
            try await bench.expectSound("detached")
            // A version is built from the first event on.
            _ = try await ledger.rebuild([(name: "lifecycles", version: VersionReference(version: "v2"))])
            try await bench.expectSound("rebuilt")
            // Without the table too.
            try await bench.asSuperuser { try $0.executeScript("DROP TABLE IF EXISTS ledger.detached_1") }
            try await bench.without([bench.copies[0]]) {
                expectEqual(try await answers(bench), before, "one copy, no table")
                try await bench.expectSound("one copy, no table")
            }
            #expect(try await ledger.attachArchive(1, 512))
            expectEqual(try await answers(bench), before, "attached from an archive")
            try await bench.without(bench.copies) {
                expectEqual(try await answers(bench), before, "attached, no archive")
                try await bench.expectSound("attached, no archive")
            }
            _ = try await bench.detach()
            #expect(try await !ledger.attachArchive(1, 512))
            expectEqual(try await answers(bench), before, "attached, the table")
            try await bench.expectSound("attached, the table")
        }
    }

    @Test func `what is in the log is not taken as new, and what differs conflicts, wherever its payload is`() async throws {
        try await withBench { bench in
            let run = UniqueID(high: 4, low: 4)
            let head = try await bench.ledger.head().head.position
            _ = try await bench.detach()
            // An append waits for no archive.
            try await bench.without(bench.copies) {
                let again = try await bench.ledger.log.append(bench.events, runID: run)
                #expect(again.allSatisfy { !$0.isNew } && again.map(\.position) == (1...Int64(bench.events.count)).map { $0 + activations })
                let changed = recorded(try sampleRow("P1", quantity: 99))
                await #expect(
                    throws: LedgerError.identityConflict(
                        eventID: changed.eventID, stream: "execution-alpha_sync:P1", position: activations + 1)
                ) { try await bench.ledger.log.append([changed], runID: run) }
            }
            #expect(try await bench.ledger.head().head.position == head)
        }
    }

    @Test func `an archive that can't be read fails whoever needs a payload, and nobody else`() async throws {
        try await withBench { bench in
            let ledger = bench.ledger
            _ = try await bench.detach()
            try await bench.without(bench.copies) {
                func expectUnreachable(_ comment: String, _ body: () async throws -> Void) async {
                    do {
                        try await body()
                        Issue.record("\(comment): answered")
                    } catch LedgerError.archiveUnreachable(let position, _) {
                        #expect((1...512).contains(position), "\(comment)")
                    } catch {
                        Issue.record("\(comment): \(error)")
                    }
                }
                await expectUnreachable("event") { _ = try await ledger.event(at: 100) }
                await expectUnreachable("events") { _ = try await ledger.events(after: 0, limit: 600) }
                await expectUnreachable("stream") {
                    let event = try #require(bench.events.first)
                    _ = try await ledger.stream(event.stream, after: 0, limit: 9)
                }
                await expectUnreachable("audit") { _ = try await ledger.audit() }
                await expectUnreachable("projections") { _ = try await ledger.verifyProjections() }
                await expectUnreachable("rebuild") {
                    _ = try await ledger.rebuild([(name: "lifecycles", version: VersionReference(version: "v2"))])
                }
                await expectUnreachable("archive") {
                    _ = try await ledger.createArchive(until: 512, in: bench.directory + "/third", program: "test")
                }
                // Payloads are not needed for these.
                #expect(try await ledger.events(after: 512, limit: 10).events.count == 10)
                #expect(try await ledger.proveInclusion(position: 100, size: nil).proof.position == 100)
                let tile = try #require(Tile(level: 0, index: 0))
                #expect(try await ledger.pool.run { session in try LogTiles().hashes(of: tile, session).count } == 256)
                _ = try await ledger.signCheckpoint()
                try await ledger.bringUpToDate(ledger.registry.names)
                // The table that was detached is enough.
                #expect(try await !ledger.attachArchive(1, 512))
                #expect(try await ledger.event(at: 100)?.position == 100)
                _ = try await ledger.rebuild([(name: "lifecycles", version: VersionReference(version: "v2"))])
            }
            try await bench.expectSound("attached")
        }
    }

    @Test func `a changed archive is never answered from, and neither it nor a changed table is attached`() async throws {
        try await withBench { bench in
            let ledger = bench.ledger
            _ = try await bench.detach()
            let before = try #require(try await ledger.event(at: 300))
            let bundles = bench.copies.map { URL(filePath: "\($0)/1-512/tile/entries/001") }
            let good = try Data(contentsOf: bundles[0])
            let place = try #require(good.range(of: Data(before.payload)))
            var bad = good
            bad[place.lowerBound + 3] ^= 1
            try bad.write(to: bundles[0])
            #expect(try await ledger.event(at: 300) == before)
            try bad.write(to: bundles[1])
            await #expect(
                throws: LedgerError.corrupt(position: 300, problem: "none of its archives has the event that was detached")
            ) { _ = try await ledger.event(at: 300) }
            #expect(try await !ledger.audit().isVerified)
            try await bench.asSuperuser { try $0.executeScript("ALTER TABLE ledger.detached_1 RENAME TO kept") }
            await #expect(throws: LedgerError.self) { _ = try await ledger.attachArchive(1, 512) }
            #expect(try await ledger.pool.run { try LogPartition.all($0) }[0].isDetached)
            for bundle in bundles { try good.write(to: bundle) }

            // The table with one payload changed, its leaf hash made to fit.
            try await bench.asSuperuser { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.kept RENAME TO detached_1; ALTER TABLE ledger.detached_1 DISABLE TRIGGER append_only;
                    UPDATE ledger.detached_1 SET run_id = gen_random_uuid() WHERE position = 300
                    """)
            }
            await #expect(
                throws: LedgerError.corrupt(position: 300, problem: "ledger.detached_1 does not have the event of its leaf hash")
            ) { _ = try await ledger.attachArchive(1, 512) }
            try await bench.asSuperuser { session in
                try session.executeScript("DELETE FROM ledger.detached_1 WHERE position = 300")
            }
            await #expect(throws: LedgerError.self) { _ = try await ledger.attachArchive(1, 512) }
            #expect(try await ledger.pool.run { try LogPartition.all($0) }[0].isDetached)
            // Where it is gone, the archive has everything.
            try await bench.asSuperuser { try $0.executeScript("DROP TABLE IF EXISTS ledger.detached_1") }
            #expect(try await ledger.attachArchive(1, 512))
            #expect(try await ledger.event(at: 300) == before)
            try await bench.expectSound("attached")
        }
    }

    @Test func `a range is detached only if it is closed and two devices have it, and each refusal says what is missing`() async throws {
        try await withBench { bench in
            let ledger = bench.ledger
            func refusal(_ first: Int64, _ last: Int64, _ copies: [String]) async -> ArchiveError? {
                do {
                    _ = try await ledger.detachArchive(first, last, copies: copies)
                    return nil
                } catch {
                    return error as? ArchiveError
                }
            }
            #expect(await refusal(1, 511, bench.copies) == .noSuchPartition(first: 1, last: 511))
            let last = try #require(try await ledger.pool.run { try LogPartition.all($0) }.last)
            #expect(await refusal(last.first, last.last, bench.copies) == .open(first: last.first, last: last.last))
            #expect(await refusal(1, 512, [bench.copies[0]]) == .oneCopy)
            #expect(await refusal(1, 512, [bench.copies[0], bench.copies[0]]) == .onePlace(bench.copies[0], bench.copies[0]))
            await #expect(throws: ArchiveSourceError.unreachable(bench.copies[1] + ".gone")) {
                try await ledger.detachArchive(1, 512, copies: [bench.copies[0], bench.copies[1] + ".gone"])
            }
            let manifest = URL(filePath: bench.copies[1] + "/1-512/manifest")
            let bytes = try Data(contentsOf: manifest)
            try FileManager.default.removeItem(at: manifest)
            #expect(
                await refusal(1, 512, bench.copies)
                    == .copy(place: bench.copies[1], problem: "manifest is missing or can't be read"))
            try bytes.write(to: manifest)
            await #expect(throws: ArchiveError.notDetached(first: 1, last: 512)) { _ = try await ledger.attachArchive(1, 512) }
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.allSatisfy { !$0.isDetached })
            _ = try await bench.detach()
            #expect(await refusal(1, 512, bench.copies) == .alreadyDetached(first: 1, last: 512))
            // A second range, and the first one back: in any order.
            _ = try await ledger.detachArchive(513, 1_024, copies: bench.copies)
            #expect(try await !ledger.attachArchive(1, 512))
            try await bench.expectSound("the second detached")
            #expect(try await !ledger.attachArchive(513, 1_024))
            try await bench.expectSound("attached")
        }
    }

    @Test func `a run that is killed anywhere loses no byte, and the next one ends what it began`() async throws {
        try await withBench { bench in
            let ledger = bench.ledger
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededGenerator(seed: seed)
            let before = try await ledger.events(after: 0, limit: 2_000).events
            func isDetached() async throws -> Bool { try await ledger.pool.run { try LogPartition.all($0) }[0].isDetached }
            for round in 0..<10 {
                let wasDetached = try await isDetached()
                let work = Task {
                    if wasDetached { _ = try await ledger.attachArchive(1, 512) } else { _ = try await bench.detach() }
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0..<120_000, using: &random)))
                try await bench.asSuperuser { session in
                    _ = try session.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'alpha-ledger archive'
                        """)
                }
                _ = await work.result
                // The server ends the sessions in its own time.
                for _ in 0..<1_000 {
                    let isOver = try await bench.asSuperuser { session in
                        try session.execute(
                            """
                            SELECT NOT EXISTS (SELECT FROM pg_stat_activity
                                WHERE datname = current_database() AND application_name = 'alpha-ledger archive')
                            """)[0].bool(0)
                    }
                    if isOver { break }
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(try await ledger.events(after: 0, limit: 2_000).events == before, "seed \(seed), round \(round)")
                try await bench.asSuperuser { session in
                    let findings = try PartitionVerifier(TradeLedger.names).findings(session)
                    #expect(findings.isEmpty, "seed \(seed), round \(round): \(findings)")
                }
                if round % 3 == 2, try await isDetached() {
                    // What is left of the table goes too, sometimes.
                    try await bench.asSuperuser { try $0.executeScript("DROP TABLE IF EXISTS ledger.detached_1") }
                }
            }
            if try await isDetached() { _ = try await ledger.attachArchive(1, 512) } else { _ = try await bench.detach() }
            #expect(try await ledger.events(after: 0, limit: 2_000).events == before, "seed \(seed)")
            try await bench.expectSound("seed \(seed)")
        }
    }

    /// Reads in a transaction whose snapshot was taken before an exchange, and which had not touched the log by then.
    private func read(
        _ bench: Bench, before exchange: () async throws -> Void, _ body: @escaping @Sendable (PostgresSession) throws -> Void
    ) async throws {
        let connection = try await PostgresConnection.open(bench.ledger.serviceConfiguration)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let exchanged = Exchanged()
        let reader = Task {
            defer { begin.finish() }
            try await connection.run { session in
                try session.transaction(.snapshot) {
                    _ = try LogReader().head(session)
                    begin.yield()
                    while !exchanged.isSet { usleep(5_000) }
                    try body(session)
                }
            }
        }
        for await _ in begun { break }
        let result: Result<Void, any Error>
        do { result = .success(try await exchange()) } catch { result = .failure(error) }
        exchanged.set()
        let read = await reader.result
        await connection.close()
        try result.get()
        try read.get()
    }

    private final class Exchanged: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    @Test func `a transaction that began before the exchange sees every event after it, or fails, and never reads short`() async throws {
        try await withBench { bench in
            try await read(bench, before: { _ = try await bench.detach() }) { session in
                let count = try session.execute("SELECT count(*) FROM ledger.events WHERE position <= 512")[0].int8(0)
                #expect(count == 512)
                // It does not see where the archives are.
                #expect(throws: LedgerError.self) { _ = try LogReader().events(after: 0, limit: 600, session) }
            }
            try await bench.asSuperuser { try $0.executeScript("DROP TABLE IF EXISTS ledger.detached_1") }
            try await read(bench, before: { _ = try await bench.ledger.attachArchive(1, 512) }) { session in
                let events = try LogReader().events(after: 0, limit: 600, session)
                #expect(events.count == 600)
            }
        }
    }

    @Test func `an audit finds every kind of change of a detached range's headers and digests`() async throws {
        try await withBench { bench in
            let ledger = bench.ledger
            _ = try await bench.detach()
            try await bench.expectSound("unchanged")
            let kept = try await ledger.headsToAudit()
            func changed(_ table: String, _ change: String) -> String {
                """
                ALTER TABLE ledger.\(table) DISABLE TRIGGER append_only;
                UPDATE ledger.\(table) t SET \(change) WHERE t.position = 300;
                ALTER TABLE ledger.\(table) ENABLE ALWAYS TRIGGER append_only
                """
            }
            for change in [
                changed("headers_1", "payload = (SELECT o.payload FROM ledger.headers_1 o WHERE o.position = 301)"),
                changed("headers_1", "payload = '{}'"), changed("headers_1", "payload = '@'"),
                changed("headers_1", "payload = '@300:' || repeat('0', 64)"), changed("headers_1", "run_id = gen_random_uuid()"),
                changed("headers_1", "leaf_hash = sha256('')"), changed("identities", "payload_digest = sha256('')"),
            ] {
                try await bench.asSuperuser { session in
                    struct Undone: Error {}
                    do {
                        try session.transaction(.repeatableRead) {
                            try session.executeScript(change)
                            let report = try ledger.audit(AuditRequest(), kept, session)
                            #expect(report.problems.contains { $0.contains("position 300") }, "\(change): \(report.problems)")
                            throw Undone()
                        }
                    } catch is Undone {}
                }
            }
        }
    }

    @Test func `a log that lost the record of an archive, or its headers, does not start`() async throws {
        try await withBench { bench in
            _ = try await bench.detach()
            for change in [
                "UPDATE ledger.archives SET attached_at = now()", "ALTER TABLE ledger.detached_1 DISABLE TRIGGER append_only",
                "GRANT SELECT ON ledger.detached_1 TO alpha_ledger_service",
                "ALTER TABLE ledger.headers_1 RENAME TO events_1",
            ] {
                try await bench.asSuperuser { session in
                    struct Undone: Error {}
                    do {
                        try session.transaction {
                            try session.executeScript(change)
                            #expect(try !PartitionVerifier(TradeLedger.names).findings(session).isEmpty, "\(change)")
                            throw Undone()
                        }
                    } catch is Undone {}
                }
            }
            // SQL that asks for a payload fails; SQL that does not goes on.
            try await bench.asSuperuser { session in
                let count = try session.execute("SELECT count(*) FROM ledger.events_json")[0].int8(0)
                #expect(count > 1_024)
                #expect(throws: PostgresError.self) { _ = try session.execute("SELECT payload FROM ledger.events_json") }
                let refused = #expect(throws: PostgresError.self) {
                    _ = try session.execute("SELECT payload_source_trade_id FROM audit.events WHERE position <= 512")
                }
                #expect(refused.map { "\($0)" }?.contains("range_detached") == true)
                #expect(throws: PostgresError.self) {
                    _ = try session.execute("SELECT payload::jsonb ->> 'source_trade_id' FROM ledger.events WHERE position <= 512")
                }
            }
        }
    }
}
