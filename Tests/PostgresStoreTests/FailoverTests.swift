import Events
import Foundation
import Postgres
import TestSupport
import Testing
import Values

@testable import PostgresStore

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

    @Test(.timeLimit(.minutes(3))) func `a program that comes back to a promoted standby without its last events goes on with the standby's tree`() async throws {
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
}
