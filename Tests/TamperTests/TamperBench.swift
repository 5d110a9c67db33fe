import Foundation
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Logging
import TestSupport

@testable import Operations

/// A small ledger that has everything a reader can see: all views, two versions of one of them, a promotion, signed heads.
struct TamperBench {
    let ledger: Ledger
    let uri: String
    let kept: Result<KeptHeads, AuditError>

    static func with(_ seed: UInt64, _ body: (TamperBench) async throws -> Void) async throws {
        try await opened { ledger, uri in
            try await fill(ledger, seed)
            try await body(TamperBench(ledger: ledger, uri: uri, kept: try await ledger.headsToAudit()))
        }
    }

    /// Runs on a ledger with nothing in it.
    static func opened(_ body: (Ledger, _ uri: String) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withDatabase { uri in
            let settings = try Settings(environment: ledgerEnvironment(uri, ["ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"]))
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let ledger = try await Ledger.open(settings, Resources(root: TwoVersions.root), migration: .always, logger: logger)
            let result: Result<Void, any Error>
            do { result = .success(try await body(ledger, uri)) } catch { result = .failure(error) }
            await ledger.close()
            try result.get()
        }
    }

    private static func fill(_ ledger: Ledger, _ seed: UInt64) async throws {
        let history = try RandomHistory(seed: seed, trades: 3, events: 24).events
        let run = UniqueID(high: 3, low: 3)
        try await ledger.log.append(Array(history.prefix(16)), runID: run)
        _ = try await ledger.signCheckpoint()
        try await ledger.bringUpToDate(ledger.registry.names)
        try await promoteSecond(ledger)
        try await ledger.log.append(Array(history.dropFirst(16)), runID: run)
        try await ledger.bringUpToDate(ledger.registry.names)
        _ = try await ledger.signCheckpoint()
    }

    /// A second version beside the first, which it replaces.
    static func promoteSecond(_ ledger: Ledger) async throws {
        let second = VersionReference(version: "v2")
        _ = try await ledger.rebuild([(name: "lifecycles", version: second)])
        let diff = try await ledger.diff("lifecycles", from: VersionReference(version: "v1"), to: second)
        _ = try await ledger.promote("lifecycles", second, position: diff.position, digest: diff.digest)
    }

    private struct RolledBack: Error {}

    /// What came of a change.
    enum Finding {
        /// The database does not take it, or it changes nothing.
        case none
        /// The audit says that all is well.
        case passed
        case found(AuditReport)
        /// The audit can't go on.
        case stopped(any Error)
    }

    /// What an audit says after a change by whoever owns the database. The change is taken back.
    func finding(after change: Mutation, _ session: PostgresSession) throws -> Finding {
        try findings(of: [AuditRequest()], session, after: change.apply)[0]
    }

    /// What several audits say after the same change.
    ///
    /// - Parameter change: gives false if it changes nothing.
    func findings(
        of requests: [AuditRequest], _ session: PostgresSession, after change: (PostgresSession) throws -> Bool
    ) throws -> [Finding] {
        var findings = requests.map { _ in Finding.none }
        do {
            try session.transaction {
                if try change(session) {
                    for (index, request) in requests.enumerated() {
                        do {
                            let report = try ledger.audit(request, kept, session)
                            findings[index] = report.isVerified ? .passed : .found(report)
                        } catch {
                            findings[index] = .stopped(error)
                        }
                    }
                }
                throw RolledBack()
            }
        } catch is RolledBack {
        } catch let error as PostgresError where error.isRefusal {}
        return findings
    }
}

extension PostgresError {
    /// Whether a constraint or a type makes the value impossible.
    fileprivate var isRefusal: Bool {
        guard let state = sqlState?.rawValue else { return false }
        return state.hasPrefix("23") || state.hasPrefix("22")
    }
}
