import EmbeddedPostgres
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Synchronization
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Two services and what they serve while everything happens to them at once.
@Suite struct LiveFailoverTests {
    private static let run = UniqueID(high: 7, low: 3)

    /// What the load has seen so far.
    private final class Load: Sendable {
        struct Seen {
            var isStopping = false
            var acknowledged: [(id: UniqueID, position: Int64)] = []
            /// Files whose import said that it was done.
            var imported: [String] = []
            /// Answers of each service that were what was asked for.
            var answers: [String: Int] = [:]
        }

        private let state = Mutex(Seen())

        var seen: Seen { state.withLock { $0 } }
        var isStopping: Bool { Task.isCancelled || seen.isStopping }
        func note(_ change: (inout Seen) -> Void) { state.withLock { change(&$0) } }

        /// Waits until so many more appends were acknowledged.
        func goOn(by appends: Int, _ what: String) async throws {
            let goal = seen.acknowledged.count + appends
            try await until("\(appends) more appends, \(what)") { seen.acknowledged.count >= goal }
        }
    }

    /// Appends one event after the other, each until it is acknowledged.
    private static func append(_ events: [NewEvent], _ ledger: LedgerDatabase, _ load: Load) async throws {
        for event in events {
            while !load.isStopping {
                do {
                    let position = try await ledger.log.append([event], runID: run)[0].position
                    load.note { $0.acknowledged.append((event.eventID, position)) }
                    break
                } catch is PostgresError {
                    // No server takes writes.
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            if load.isStopping { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the load is too short")
    }

    /// Imports one file after the other, each until the program says that it is done.
    private static func importFiles(_ program: Program, _ load: Load) async throws {
        var observations = 0
        while !load.isStopping {
            let path = "\(program.directory)/spot-\(observations).ndjson"
            var lines = ""
            for _ in 0..<5 {
                let instant = try #require(Instant(microseconds: 1_769_000_000_000_000 + Int64(observations) * 1_000_000))
                observations += 1
                lines += #"{"kind":"spot","currency":"BTC","timestamp":"\#(instant)","price":\#(observations)}"# + "\n"
            }
            try lines.write(toFile: path, atomically: true, encoding: .utf8)
            var ended = try await program.run("observe", "import", "--apply", path)
            while ended.code != 0, !load.isStopping {
                #expect([1, 3, 4].contains(ended.code), "\(ended.errors)")
                ended = try await program.run("observe", "import", "--apply", path)
            }
            if ended.code == 0 { load.note { $0.imported.append(path) } }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Asks a service again and again. It may have no answer, and what it shows never goes back.
    private static func read(_ address: String, _ load: Load) async throws {
        var head: Int64 = 0
        while !load.isStopping {
            for path in ["/api/ledger/head", "/api/internal/trades?limit=20", "/api/internal/trades/outcomes?limit=20"] {
                var request = URLRequest(url: try #require(URL(string: address + path)))
                request.timeoutInterval = 10
                // One that is stopped has none.
                guard let (data, response) = try? await URLSession.shared.data(for: request) else { continue }
                let status = (response as? HTTPURLResponse)?.statusCode
                #expect(status == 200 || status == 503, "\(path): \(String(decoding: data, as: UTF8.self))")
                if status != 200 { continue }
                let root = try JSONDocument(parsing: [UInt8](data)).root
                if path == "/api/ledger/head" {
                    let position = try #require(root["position"]?.integer)
                    #expect(position >= head)
                    head = position
                } else {
                    #expect(root["rows"] != nil)
                }
                load.note { $0.answers[address, default: 0] += 1 }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func withLoad(
        _ program: Program, _ ledger: LedgerDatabase, _ addresses: [String], _ body: (Load) async throws -> Void
    ) async throws -> Load.Seen {
        let load = Load()
        let events = try RandomHistory(seed: 15, trades: 60, events: 8_000).events
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.append(events, ledger, load) }
            group.addTask { try await Self.importFiles(program, load) }
            for address in addresses { group.addTask { try await Self.read(address, load) } }
            try await body(load)
            load.note { $0.isStopping = true }
            try await group.waitForAll()
        }
        return load.seen
    }

    /// Starts a service; gives its process, its address and its log.
    private func serve(_ program: Program) async throws -> (process: Process, address: String, log: FileHandle) {
        let (process, _, errors) = try program.start(["serve", "--port", "0"])
        var address: String?
        try await until("the service listens") {
            try #require(process.isRunning, "\(Program.text(errors))")
            address = Program.text(errors).split(separator: "\n").first { $0.hasPrefix("serving on ") }
                .map { String($0.dropFirst("serving on ".count)) }
            return address != nil
        }
        return (process, try #require(address), errors)
    }

    /// Runs a command until it is done: on the way the database may go, and what it held there is held for a while.
    private static func insist(_ program: Program, _ arguments: [String]) async throws {
        while true {
            let ended = try await program.run(arguments)
            if ended.code == 0 { return }
            try #require([1, 3, 4].contains(ended.code), "\(arguments): \(ended.errors)")
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func makeSynchronous(_ ledger: LedgerDatabase) async throws {
        try await ledger.asSuperuser { session in
            try session.executeScript("ALTER SYSTEM SET synchronous_standby_names = '*'")
            try session.executeScript("SELECT pg_reload_conf()")
        }
        try await until("appends wait for the standby") {
            try await ledger.asSuperuser { session in
                try session.execute("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")[0].int8(0) == 1
            }
        }
    }

    /// Under load, in this order: a rebuild; a service is stopped; another rebuild; the primary is killed in the midst of it
    /// and its synchronous standby takes its place; the service goes on.
    @Test(.timeLimit(.minutes(10)))
    func `no acknowledged append is lost and every projection is sound after rebuilds, a stopped service and a failover under load`()
        async throws
    {
        try await withDirectory { directory in
            try await withServer { primary in
                try await withReplica(of: primary.uri) { standby in
                    let uri = writableURI(primary.uri, standby)
                    let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                    #expect(try await program.run("db", "migrate").code == 0)
                    let ledger = try LedgerDatabase(uri: uri)
                    try await makeSynchronous(ledger)
                    let (first, firstAddress, firstLog) = try await serve(program)
                    defer { kill(first.processIdentifier, SIGKILL) }
                    try await until("the first holds all leases") { try await holdsAll(first, ledger) }
                    let (second, secondAddress, secondLog) = try await serve(program)
                    defer { kill(second.processIdentifier, SIGKILL) }

                    let seen = try await withLoad(program, ledger, [firstAddress, secondAddress]) { load in
                        try await load.goOn(by: 50, "at first")
                        // The code before, beside what is served: services follow it once it is whole.
                        try await Self.insist(program, ["projection", "rebuild", "execution_quality", "--rules", "v1/c1"])
                        try await load.goOn(by: 20, "after a rebuild")
                        kill(first.processIdentifier, SIGSTOP)
                        try await load.goOn(by: 20, "with a service stopped")
                        async let rebuilt: Void = Self.insist(program, ["projection", "rebuild", "outcomes", "--rules", "v1/c1"])
                        try await until("a rebuild is under way") {
                            try await ledger.pool.run { try ProjectionCatalog().versions($0) }
                                .contains { $0.name == "outcomes" && $0.codeVersion == 1 }
                        }
                        kill(primary.processID, SIGQUIT)
                        let isPromoted = try await LedgerDatabase(uri: standby).asSuperuser { session in
                            try session.execute("SELECT pg_promote()")[0].bool(0)
                        }
                        #expect(isPromoted)
                        try await load.goOn(by: 50, "after the failover")
                        try await rebuilt
                        // What the service that is stopped holds ends by itself.
                        try await until("the second holds all leases") { try await holdsAll(second, ledger) }
                        kill(first.processIdentifier, SIGCONT)
                        let answers = load.seen.answers[firstAddress] ?? 0
                        try await until("the first answers again") { load.seen.answers[firstAddress] ?? 0 > answers }
                        try await load.goOn(by: 50, "with both services again")
                    }

                    let head = try await ledger.pool.run { try LogReader().head($0).position }
                    try await until("all is folded") {
                        try await ledger.pool.run { try ProjectionCatalog().versions($0) }.allSatisfy { $0.position == head }
                    }
                    for (service, log) in [(first, firstLog), (second, secondLog)] {
                        kill(service.processIdentifier, SIGTERM)
                        await Program.waitForExit(service)
                        #expect(service.terminationReason == .exit && service.terminationStatus == 0)
                        let failures = Program.text(log).split(separator: "\n").filter { $0.contains("request failed") }
                        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
                    }
                    #expect(try await owners(ledger) == ["nobody"])
                    try await expectKept(seen, program, ledger)
                    try await expectSound(program, ledger)
                    await ledger.close()
                }
            }
        }
    }

    /// Every append and every import that was acknowledged is in the log, where it was said to be.
    private func expectKept(_ seen: Load.Seen, _ program: Program, _ ledger: LedgerDatabase) async throws {
        let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1_000_000, $0) }
        let positions = Dictionary(uniqueKeysWithValues: events.map { ($0.eventID, $0.position) })
        let lost = seen.acknowledged.filter { positions[$0.id] != $0.position }
        #expect(lost.isEmpty && seen.acknowledged.count >= 190 && !seen.imported.isEmpty)
        let again = try await program.run(["observe", "import", "--json"] + seen.imported)
        let summary = try JSONDocument(parsing: Array(again.output.utf8)).root
        #expect(again.code == 0 && summary["inserted"]?.integer == 0 && summary["superseding"]?.integer == 0, "\(again.errors)")
        #expect(summary["unchanged"]?.integer == Int64(5 * seen.imported.count))
    }

    /// The audit finds nothing, and tables built anew are what they were.
    private func expectSound(_ program: Program, _ ledger: LedgerDatabase) async throws {
        let audit = try await program.run("audit", "verify")
        #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        let folded = try await storedContents(ledger)
        for arguments in [ledger.registry.names, ["execution_quality", "outcomes", "--rules", "v1/c1"]] {
            let rebuilt = try await program.run(["projection", "rebuild"] + arguments)
            #expect(rebuilt.code == 0, "\(rebuilt.errors)")
        }
        #expect(try await storedContents(ledger) == folded)
    }
}
