import Glibc
import LedgerAnalyses
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerProjections
package import LedgerStore
import LedgerValues
import OptionTrades

/// The options of `audit verify`.
package struct AuditRequest: Sendable {
    /// Checkpoints kept by others. The log must continue them.
    package var others: [[UInt8]] = []
    /// The subjects, as findings name them, whose checks are impossible here and knowingly skipped.
    package var waivers: [String] = []
    /// The result of an earlier audit. The audit relies on it instead of folding the log from the start.
    package var since: AuditRecord?

    package init() {}
}

/// The result of an audit of a whole ledger.
package struct AuditReport: Sendable {
    package let log: LogVerification
    /// Every stored version that this program can fold, served or not, because each of them can be requested.
    package let projections: [ProjectionVerifier.Verification]
    /// The number of signed heads that the log was proven to continue.
    package let signedCheckpoints: Int
    /// The faults, and the failures to check.
    package let findings: [AuditFinding]
    /// The failures to check that were waived by name.
    package let waived: [AuditFinding]
    /// The waivers that matched no finding.
    package let idleWaivers: [String]
    /// The earlier audit's record, with the versions for which it was believed instead of a new fold. Nil if everything
    /// was folded from the first event.
    package let reliedOn: AuditRecord?
    /// The results, correct or not.
    fileprivate let found: AuditRecord?

    package var isVerified: Bool {
        log.fault == nil && findings.isEmpty && idleWaivers.isEmpty && projections.allSatisfy(\.matches)
    }

    /// The record for a later audit to rely on. Nil if anything is wrong.
    package var record: AuditRecord? { isVerified ? found : nil }

    /// Every problem as a sentence, the gravest first.
    package var problems: [String] {
        var problems: [String] = []
        if let fault = log.fault { problems.append("position \(fault.position): \(fault.problem)") }
        problems += findings.filter { $0.kind == .fault }.map(\.description)
        for projection in projections {
            guard let problem = projection.problem else { continue }
            problems.append("projection \(projection.name) \(projection.label) \(problem)")
        }
        problems += findings.filter { $0.kind == .unchecked }.map(\.description)
        problems += idleWaivers.map { "--waive \($0): there is nothing to waive by that name" }
        return problems
    }
}

extension AuditReport {
    /// The report on a log with a fault. Nothing else was checked.
    fileprivate init(ofAltered log: LogVerification) {
        self.init(
            log: log, projections: [], signedCheckpoints: 0, findings: [], waived: [], idleWaivers: [], reliedOn: nil, found: nil)
    }
}

extension Ledger {
    /// The progress of an audit.
    package enum AuditProgress: Sendable {
        case log(done: Int64, of: Int64)
        case projections(ProjectionVerifier.Progress)
    }

    /// Verifies everything that an answer can depend on: the log, the catalog, every version's tables at every
    /// position, and the signed heads.
    ///
    /// The whole database is read in one snapshot. A check that is impossible counts as a fault unless it is waived by
    /// name.
    package func audit(
        _ request: AuditRequest = AuditRequest(), progress: @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws -> AuditReport {
        let kept = try await headsToAudit()
        let views = try await CatalogVerifier(registry).settledViews(pool, patience: Self.patience)
        var isRepeated = false
        return try await withFreshCatalog {
            defer { isRepeated = true }
            return try await SnapshotReaders.with(Self.readers, of: pool) { [registry, isRepeated] readers, session in
                // A read that ends at a fault rolls back its transaction, because there is nothing to commit.
                var report: AuditReport?
                do {
                    return try session.transaction(.snapshot) {
                        try CatalogVerifier(registry).holdTables(skipsMissing: isRepeated, session)
                        report = try self.audit(request, kept, session, readers: readers, views: views, progress)
                        guard let report, report.log.fault == nil else { throw FaultFound() }
                        return report
                    }
                } catch let found as FaultFound {
                    guard let report else { throw found }
                    return report
                }
            }
        }
    }

    private struct FaultFound: Error {}

    /// The number of sessions that read tables for an audit beside its own: one for each further processor, and at most three.
    private static var readers: Int { min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 4) - 1 }

    func headsToAudit() async throws -> Result<KeptHeads, AuditError> {
        do {
            return .success(try await keptHeads())
        } catch let error as AuditError {
            return .failure(error)
        }
    }

    /// Audits within a transaction whose snapshot was taken after `kept` was read.
    ///
    /// - Parameters:
    ///   - readers: sessions that read tables beside the given one
    ///   - views: the findings about the views; nil to check the views in this transaction
    func audit(
        _ request: AuditRequest, _ kept: Result<KeptHeads, AuditError>, _ session: PostgresSession,
        readers: SnapshotReaders = SnapshotReaders(), views: [AuditFinding]? = nil, _ progress: (AuditProgress) -> Void = { _ in }
    ) throws -> AuditReport {
        let head = try LogReader().head(session)
        if let since = request.since, since.ledgerID != head.ledgerID {
            throw AuditError.record(
                problem: "`ledger_id`: the record is of the ledger \(since.ledgerID), and this is \(head.ledgerID)")
        }
        let log = try LogVerifier().verify(session) { progress(.log(done: $0, of: $1)) }
        // The contents of an altered log prove nothing.
        guard log.fault == nil, let root = log.root else { return AuditReport(ofAltered: log) }
        var findings = try SchemaVerifier(Migrator(resources.files.migrations(), TradeLedger.names)).findings(session)
        // A missing or broken file of captures is found where its digest was recorded.
        let ofCaptures = (try? fundingIntervals().file).map { [$0] } ?? []
        let catalog = CatalogVerifier(registry, otherRules: analyses.installedFiles.union(ofCaptures))
        findings += try catalog.findings(session) + (views ?? catalog.viewFindings(session))
        let fork = try request.since.flatMap { try $0.fork(from: log, session) }
        if let fork { findings.append(fork) }
        let since = fork == nil ? request.since : nil
        var random = SystemRandomNumberGenerator()
        let key = since?.key ?? TallyKey(using: &random)
        let comparisons = try ProjectionVerifier.compare(
            catalog.comparable(session), since: since?.projections ?? [], key: key, session, readers: readers
        ) { progress(.projections($0)) }
        findings += comparisons.compactMap(\.contradiction)
        var signed = 0
        do {
            let heads = try verifyCheckpoints(kept.get(), others: request.others, waiving: [.signedHeads], session)
            signed = heads.count
            findings += heads.waived.map { AuditFinding(.unchecked, AuditWaiver.signedHeads.rawValue, "\($0)") }
        } catch let error as AuditError {
            findings.append(AuditFinding(.fault, "signed heads", "\(error)"))
        }
        let waivers = request.waivers
        func isWaived(_ finding: AuditFinding) -> Bool {
            finding.kind == .unchecked && waivers.contains { $0.isBytewiseEqual(to: finding.subject) }
        }
        let believed = comparisons.compactMap(\.believed)
        return AuditReport(
            log: log, projections: comparisons.map(\.verification), signedCheckpoints: signed, findings: findings.filter { !isWaived($0) },
            waived: findings.filter(isWaived),
            idleWaivers: waivers.filter { waiver in
                !findings.contains { $0.kind == .unchecked && $0.subject.isBytewiseEqual(to: waiver) }
            },
            reliedOn: believed.isEmpty ? nil : since?.with(believed),
            found: AuditRecord(
                ledgerID: head.ledgerID, position: log.size, root: root, recordedAt: head.recordedAt, key: key,
                projections: comparisons.map(\.found)))
    }
}

extension AuditRecord {
    /// The finding if the log does not continue the audited one. Stored nodes are trusted at this point.
    fileprivate func fork(from log: LogVerification, _ session: PostgresSession) throws -> AuditFinding? {
        let subject = "record of \(head)"
        if position > log.size { return AuditFinding(.fault, subject, "the log has \(log.size) events only") }
        let now = try LogReader().root(at: position, session)
        if now == root { return nil }
        return AuditFinding(
            .fault, subject,
            "the log's first \(position) events have the root \(now), and had the root \(root) then: another history took their place")
    }
}

extension ProjectionVerifier.Comparison {
    /// The record that the fold started from.
    fileprivate var believed: RecordedVersion? {
        if case .record(let recorded) = start { recorded } else { nil }
    }

    /// The finding if the tables match the events but the record does not.
    fileprivate var contradiction: AuditFinding? {
        guard case .zeroInsteadOf(let recorded) = start, verification.matches else { return nil }
        return AuditFinding(
            .fault, "record of \(recorded.name) \(recorded.label)",
            "the tables hold what the events say, but not what follows from its sums as of position \(recorded.position)")
    }
}
