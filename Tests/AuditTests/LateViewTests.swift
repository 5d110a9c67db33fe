import Foundation
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import Synchronization
import TestSupport
import Testing

/// Audits while a rebuild's tables take the place of others.
@Suite struct LateViewTests {
    private let subject = "view projection.trades"

    private func withTrades(_ body: (Ledger, _ uri: String) async throws -> Void) async throws {
        try await SignedHeadTests().withAudited { ledger, uri, _ in
            try await SignedHeadTests.append(ledger, 0..<3)
            try await ledger.bringUpToDate(ledger.registry.names)
            let sound = try await ledger.audit()
            #expect(sound.isVerified, "\(sound.problems)")
            try await body(ledger, uri)
        }
    }

    private func rebuild(_ ledger: Ledger) async throws {
        _ = try await ledger.rebuild([("trades", VersionReference(version: "v1"))], workers: 1)
    }

    @Test(.timeLimit(.minutes(2)))
    func `a view that a reader keeps over the tables before is named as late, not as a fault, and follows`() async throws {
        try await withTrades { ledger, _ in
            let reader = try await OpenTransaction(ledger.serviceConfiguration, "SELECT count(*) FROM projection.trades")
            try await rebuild(ledger)
            let late = try await ledger.audit()
            #expect(late.findings.map(\.subject) == [subject] && late.findings.allSatisfy { $0.kind == .unchecked }, "\(late.problems)")
            #expect(late.problems.contains { $0.contains("being finished") }, "\(late.problems)")
            var request = AuditRequest()
            request.waivers = [subject]
            #expect(try await ledger.audit(request).isVerified)
            // An audit waits a moment for a reader that ends.
            let audit = Task { try await ledger.audit() }
            try await Task.sleep(for: .milliseconds(300))
            try await reader.end()
            _ = try await ledger.pool.run { try VersionUpkeep(ledger.registry.definitions).attempt($0) }
            let after = try await audit.value
            #expect(after.isVerified, "\(after.problems)")
        }
    }

    @Test func `a view that shows something else is a fault`() async throws {
        try await withTrades { ledger, uri in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
            try await connection.run { session in
                let text = try session.execute("SELECT pg_get_viewdef('projection.trades'::regclass)")[0].text(0)
                let forged = text.replacing("valid_from,", with: "valid_from + 1 AS valid_from,")
                #expect(forged != text)
                try session.executeScript("CREATE OR REPLACE VIEW projection.trades AS \(forged)")
            }
            await connection.close()
            let found = try await ledger.audit()
            #expect(found.findings.map(\.subject) == [subject] && found.findings.allSatisfy { $0.kind == .fault }, "\(found.problems)")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an audit that a rebuild overtakes reads the tables of its snapshot`() async throws {
        try await withTrades { ledger, _ in
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let goOn = DispatchSemaphore(value: 0)
            let isFirst = Mutex(true)
            let audit = Task {
                try await ledger.audit { _ in
                    // The audit has its snapshot, and has read no projection yet.
                    guard
                        isFirst.withLock({ first in
                            defer { first = false }; return first
                        })
                    else { return }
                    begin.yield()
                    goOn.wait()
                }
            }
            for await _ in begun { break }
            try await rebuild(ledger)
            goOn.signal()
            let found = try await audit.value
            #expect(found.isVerified, "\(found.problems)")
            #expect(found.projections.contains { $0.name == "trades" && $0.matches })
        }
    }
}
