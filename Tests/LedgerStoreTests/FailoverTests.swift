import EmbeddedPostgres
import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// A primary that is lost, and its streaming standby that takes its place.
@Suite(.serialized) struct FailoverTests {
    private let run = UniqueID(high: 7, low: 7)

    private func asSuperuser<T: Sendable>(_ uri: String, _ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
        try await LedgerDatabase(uri: uri).asSuperuser(body)
    }

    private func until(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<3_000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("never: \(what)")
    }

    /// Stops what the standby receives; what it has it keeps.
    private func cutOff(_ standby: String) async throws {
        try await asSuperuser(standby) { session in
            try session.executeScript("ALTER SYSTEM SET primary_conninfo = ''")
            try session.executeScript("SELECT pg_reload_conf()")
        }
        try await until("the standby is cut off") {
            try await asSuperuser(standby) { try $0.execute("SELECT count(*) FROM pg_stat_wal_receiver")[0].int8(0) == 0 }
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a program that comes back to a promoted standby without its last events goes on with the standby's tree`() async throws {
        try await withServer { primary in
            try await withLedger(at: primary.uri) { _ in
                try await withReplica(of: primary.uri) { standby in
                    let first = try LedgerDatabase(uri: writableURI(primary.uri, standby))
                    for index in 0..<21 { try await first.log.append([recorded(try sampleRow("A\(index)"))], runID: run) }
                    try await until("the standby has all") {
                        try await asSuperuser(standby) { try LogReader().head($0).position == 21 }
                    }
                    try await cutOff(standby)
                    for index in 21..<28 { try await first.log.append([recorded(try sampleRow("A\(index)"))], runID: run) }

                    kill(primary.processID, SIGQUIT)
                    _ = try await asSuperuser(standby) { try $0.execute("SELECT pg_promote()") }
                    let second = try LedgerDatabase(uri: standby)
                    for index in 0..<7 { try await second.log.append([recorded(try sampleRow("B\(index)"))], runID: run) }
                    // The log is as long as the first program left it, and is another.
                    let answer = try await first.log.append([recorded(try sampleRow("C"))], runID: run)
                    #expect(answer == [AppendedEvent(position: 29, streamVersion: 1, isNew: true)])
                    try await second.log.append([recorded(try sampleRow("D"))], runID: run)
                    try await first.log.append(try (0..<300).map { recorded(try sampleRow("E\($0)")) }, runID: run)
                    let found = try await second.pool.run { try LogVerifier().verify($0) }
                    #expect(found.fault == nil && found.size == 330, "\(found.fault?.problem ?? "")")
                    await first.close()
                    await second.close()
                }
            }
        }
    }

    /// The processes of a server, the children first.
    private func processes(of postmaster: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = names.compactMap { pid_t($0) }.filter { process in
            guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let name = status.lastIndex(of: ")")
            else { return false }
            // After the name in parentheses: the state, and the parent.
            let fields = status[status.index(after: name)...].split(separator: " ")
            return fields.count > 1 && pid_t(fields[1]) == postmaster
        }
        return children + [postmaster]
    }

    /// Its kernel keeps the connections of a stopped server alive, and it answers nothing.
    @Test(.timeLimit(.minutes(3)))
    func `an append that waits for a stopped server goes on with the standby that took its place`() async throws {
        try await withServer { primary in
            try await withLedger(at: primary.uri) { _ in
                try await withReplica(of: primary.uri) { standby in
                    let writable = writableURI(primary.uri, standby)
                    let ledger = try LedgerDatabase(uri: "\(writable)&connect_timeout=2")
                    try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
                    try await until("the standby has all") {
                        try await asSuperuser(standby) { try LogReader().head($0).position == 1 }
                    }
                    let stopped = processes(of: primary.processID)
                    for process in stopped { kill(process, SIGSTOP) }
                    defer { for process in stopped.reversed() { kill(process, SIGCONT) } }
                    let waiting = Task { try await ledger.log.append([recorded(try sampleRow("B"))], runID: run) }
                    try await Task.sleep(for: .milliseconds(500))
                    _ = try await asSuperuser(standby) { try $0.execute("SELECT pg_promote()") }
                    #expect(try await waiting.value.map(\.position) == [2])
                    let other = try LedgerDatabase(uri: standby)
                    #expect(try await other.pool.run { try LogReader().head($0).position } == 2)
                    await ledger.close()
                    await other.close()
                }
            }
        }
    }

    /// The program was stopped, say, between reading and writing. Its pool finds the old server's sessions dead and opens others.
    @Test(.timeLimit(.minutes(3))) func `what a projector folded from events that the standby lacks is not written there`() async throws {
        try await withServer { primary in
            try await withLedger(at: primary.uri) { owner in
                let catalog = ProjectionCatalog()
                try await catalog.activate(owner.registry, log: owner.log, pool: owner.pool, runID: run)
                try await withReplica(of: primary.uri) { standby in
                    let ledger = try LedgerDatabase(uri: writableURI(primary.uri, standby))
                    let other = try LedgerDatabase(uri: standby)
                    func `group`() async throws -> FoldingGroup {
                        let members = try await ledger.pool.run { session in
                            try ledger.registry.firstDefinitions.compactMap {
                                try ProjectionMember.acquire($0, owner: "g", cachedBytes: 1 << 20, session)
                            }
                        }
                        let group = FoldingGroup(at: try #require(members.first).position, ledger.pool, batchSize: 100)
                        await group.join(members.map(\.member))
                        return group
                    }
                    let first = try await group()
                    for index in 0..<5 { try await ledger.log.append([recorded(try sampleRow("A\(index)"))], runID: run) }
                    try await first.advance()
                    let kept = await first.position
                    try await until("the standby has rows and checkpoints") {
                        try await asSuperuser(standby) { try catalog.versions($0) }.allSatisfy { $0.position == kept }
                    }
                    try await cutOff(standby)
                    for index in 5..<9 { try await ledger.log.append([recorded(try sampleRow("A\(index)"))], runID: run) }

                    let isFirst = Atomic<Bool>(true)
                    await #expect(throws: LedgerError.historyReplaced(position: kept + 4)) {
                        try await first.advance { _, _ in
                            if !isFirst.exchange(false, ordering: .relaxed) { return }
                            kill(primary.processID, SIGQUIT)
                            runAtOnce(PostgresConfiguration(uri: standby)) { _ = try $0.execute("SELECT pg_promote()") }
                            runAtOnce(other.configuration) { session in
                                for index in 0..<6 {
                                    let event = recorded(try sampleRow("B\(index)", quantity: 7))
                                    _ = try AppendTransaction(TradeLedger.names)
                                        .run([AppendRequest(events: [event], runID: run)], on: session)
                                }
                            }
                        }
                    }
                    #expect(try await other.pool.run { try catalog.versions($0) }.allSatisfy { $0.position == kept })
                    await first.release()
                    let second = try await group()
                    try await second.advance()
                    for version in try await other.pool.run({ try catalog.versions($0) }) {
                        let definition = try #require(ledger.registry.definition(of: version))
                        let verification = try await other.pool.run {
                            try ProjectionVerifier(definition, version: version).verify($0)
                        }
                        #expect(version.position == kept + 6 && verification.matches, "\(version.name)")
                    }
                    await second.release()
                    await ledger.close()
                    await other.close()
                }
            }
        }
    }
}
