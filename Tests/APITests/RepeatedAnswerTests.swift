import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import Synchronization
import TestSupport
import Testing

/// An answer that is pinned to a position is the same bytes for ever, wherever it comes from.
@Suite struct RepeatedAnswerTests {
    private struct Asked: Sendable {
        let target: String
        let body: [UInt8]
        let tag: String?
    }

    private func withService(
        _ uri: String, _ home: String, replica: String? = nil, projectors: Bool = true,
        _ body: @Sendable (RunningService) async throws -> Void
    ) async throws {
        let settings = ledgerEnvironment(uri, replica.map { ["DATABASE_READ_URL": $0] } ?? [:])
        let ledger = try await Ledger.open(
            try Settings(environment: settings), Resources(root: home), migration: .always, logger: quiet)
        let result: Result<Void, any Error>
        do {
            let service = try LedgerService(ledger, host: "127.0.0.1", port: 0, runsProjectors: projectors, logger: quiet)
            result = .success(
                try await run(service) { port in try await body(RunningService(ledger: ledger, port: port)) })
        } catch {
            result = .failure(error)
        }
        await ledger.close()
        try result.get()
    }

    /// Asks all views at some positions, in several ways each.
    private func ask(_ service: RunningService, positions: [Int64]) async throws -> [Asked] {
        var asked: [Asked] = []
        for view in someViews(seed: 1, of: 7) {
            for position in positions {
                for more in [
                    "", "&limit=2&receipt=true", "&limit=2&receipt=full", "&effective_at=2026-01-20T00:00:00Z",
                    "&as_of=2026-02-03T04:05:06Z",
                ] where view.hasValidTime || !more.contains("effective_at") {
                    let target = "\(view.path)?as_of_position=\(position)\(more)"
                    let answer = try await service.askSettled(target)
                    #expect(answer.status == 200, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
                    asked.append(Asked(target: target, body: answer.body, tag: answer.headers["etag"]))
                    guard let cursor = try answer.json()["next_cursor"]?.string else { continue }
                    let next = "\(target)&cursor=\(cursor)"
                    let page = try await service.askSettled(next)
                    #expect(page.status == 200, "\(next): \(String(decoding: page.body, as: UTF8.self))")
                    asked.append(Asked(target: next, body: page.body, tag: page.headers["etag"]))
                }
            }
        }
        return asked
    }

    private func expectSame(_ asked: [Asked], _ service: RunningService, _ when: String) async throws {
        for one in asked {
            let answer = try await service.askSettled(one.target)
            #expect(
                answer.body == one.body && answer.headers["etag"] == one.tag,
                "\(when): \(one.target)\n\(String(decoding: one.body, as: UTF8.self))\n\(String(decoding: answer.body, as: UTF8.self))")
        }
    }

    private func append(_ history: ArraySlice<NewEvent>, _ ledger: Ledger) async throws -> Int64 {
        try await ledger.log.append(Array(history), runID: UniqueID(high: 4, low: 4))
        return try await ledger.pool.run { try LogReader().head($0).position }
    }

    @Test func `pinned answers stay the same bytes through appends rebuilds promotions restarts and on a replica`() async throws {
        let history = try RandomHistory(seed: 71, trades: 8, events: 160).events
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await withDatabase { uri in
            let asked = Kept<[Asked]>([])
            try await withService(uri, home) { service in
                let head = try await append(history[..<80], service.ledger)
                let answers = try await ask(service, positions: [head, head - 17, head / 2, 9])
                // Other answers at other positions, or nothing would be shown.
                #expect(Set(answers.map(\.body)).count > answers.count / 2)
                asked.keep(answers)
                _ = try await append(history[80..<120], service.ledger)
                try await expectSame(answers, service, "after later appends")
            }
            let answers = asked.value
            #expect(answers.count > 110)
            try await withService(uri, home) { service in try await expectSame(answers, service, "after a restart") }

            // Every version is built anew from the log; alignment under other rules is served, and then v1 again, made of
            // nothing but the log.
            try await withService(uri, home, projectors: false) { service in
                let ledger = service.ledger
                let (v1, v2) = (VersionReference(version: "v1"), VersionReference(version: "v2"))
                _ = try await ledger.rebuild(ledger.registry.names.map { ($0, v1) } + [("alignment", v2)], workers: 2)
                try await expectSame(answers, service, "after a rebuild")
                for (from, to) in [(v1, v2), (v2, v1)] {
                    let diff = try await ledger.diff("alignment", from: from, to: to)
                    _ = try await ledger.promote("alignment", to, position: diff.position, digest: diff.digest)
                    if to == v2 {
                        _ = try await ledger.drop("alignment", v1, includingPrevious: true)
                        _ = try await ledger.rebuild([("alignment", v1)], workers: 1)
                    }
                }
                try await expectSame(answers, service, "after promotions")
                let others = answers.filter {
                    $0.target.hasPrefix("/api/internal/trades/opportunity-alignment?as_of") && !$0.target.contains("cursor")
                }
                for one in others.prefix(3) {
                    let under = try await service.askSettled("\(one.target)&rules=alignment@v2")
                    #expect(under.status == 200 && under.body != one.body)
                }
                _ = try await append(history[120...], ledger)
            }

            try await withReplica(of: uri) { replica in
                let before = try await reads(of: replica)
                try await withService(uri, home, replica: replica) { service in
                    for _ in 0..<1500 {
                        if await service.ledger.replica?.current() != nil { break }
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    try await expectSame(answers, service, "on a replica")
                }
                // It was the replica that was read.
                let after = try await reads(of: replica)
                #expect(after > before)
            }
        }
    }

    /// How often tables of projections were read in a database, by those that have disconnected.
    private func reads(of uri: String) async throws -> Int64 {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        let count = try await connection.run { session in
            try session.execute(
                """
                SELECT coalesce(sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0)), 0)::bigint
                FROM pg_stat_user_tables WHERE schemaname = 'projection'
                """)[0].int8(0)
        }
        await connection.close()
        return count
    }
}

/// What a closure leaves for later.
private final class Kept<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }

    func keep(_ value: Value) { state.withLock { $0 = value } }
}
