import Analyses
import Events
import Postgres
public import PostgresStore
import Projections
import SignedNotes
import Values

/// What `audit verify` is asked.
public struct AuditRequest: Sendable {
    /// Checkpoints that others kept, which the log must continue.
    public var others: [[UInt8]] = []
    /// Subjects of what can't be checked here and is passed over knowingly, as the findings name them.
    public var waivers: [String] = []
    /// What an earlier audit found, which is relied on instead of folding the log from the start.
    public var since: AuditRecord?

    public init() {}
}

/// What an audit of a whole ledger came to.
public struct AuditReport: Sendable {
    public let log: LogVerification
    /// Every stored version that this program can fold, served or not: any of them can be asked for.
    public let projections: [ProjectionVerifier.Verification]
    /// Signed heads that the log was proven to continue.
    public let signedCheckpoints: Int
    /// What is wrong or could not be checked.
    public let findings: [AuditFinding]
    /// What could not be checked, and was waived by name.
    public let waived: [AuditFinding]
    /// Waivers that named nothing.
    public let idleWaivers: [String]
    /// What was believed instead of being folded again: an earlier audit's record, with the versions that it was relied on for;
    /// nil if everything was folded from the first event.
    public let reliedOn: AuditRecord?
    /// What was found, right or wrong.
    fileprivate let found: AuditRecord?

    public var isVerified: Bool {
        log.fault == nil && findings.isEmpty && idleWaivers.isEmpty && projections.allSatisfy(\.matches)
    }

    /// What a later audit may rely on; nil if anything is wrong.
    public var record: AuditRecord? { isVerified ? found : nil }

    /// Everything that is wrong, a sentence each, the gravest first.
    public var problems: [String] {
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
    /// Of a log with a fault: nothing else was looked at.
    fileprivate init(ofAltered log: LogVerification) {
        self.init(
            log: log, projections: [], signedCheckpoints: 0, findings: [], waived: [], idleWaivers: [], reliedOn: nil, found: nil)
    }
}

extension Ledger {
    /// How far an audit is.
    public enum AuditProgress: Sendable {
        case log(done: Int64, of: Int64)
        case projections(ProjectionVerifier.Progress)
    }

    /// Verifies everything that an answer can depend on: the log, the catalog, every version's tables at every position, and
    /// the heads that were signed.
    ///
    /// All of the database is read in one snapshot. What could not be checked counts as a fault unless it is waived by name.
    public func audit(
        _ request: AuditRequest = AuditRequest(), progress: @Sendable (AuditProgress) -> Void = { _ in }
    ) async throws -> AuditReport {
        let kept = try await headsToAudit()
        let views = try await settledViews()
        var isRepeated = false
        return try await withFreshCatalog {
            defer { isRepeated = true }
            return try await pool.run { [registry, isRepeated] session in
                // A read that ends at a fault takes its transaction along: there is nothing to commit.
                var report: AuditReport?
                do {
                    return try session.transaction(.snapshot) {
                        try CatalogVerifier(registry).holdTables(skipsMissing: isRepeated, session)
                        report = try self.audit(request, kept, session, views: views, progress)
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

    /// What views do not show of what is served, after a moment in which those that are late may follow.
    private func settledViews() async throws -> [AuditFinding] {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let findings = try await withFreshCatalog {
                try await pool.run { [registry] session in
                    try session.transaction(.snapshot) { try CatalogVerifier(registry).viewFindings(session) }
                }
            }
            if findings.isEmpty || ContinuousClock.now >= deadline { return findings }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What is kept beside the database, or why it can't be believed.
    func headsToAudit() async throws -> Result<KeptHeads, AuditError> {
        do {
            return .success(try await keptHeads())
        } catch let error as AuditError {
            return .failure(error)
        }
    }

    /// The same within a transaction whose snapshot was taken after `kept` was read.
    ///
    /// - Parameter views: what was found of the views; nil to look at them in the transaction.
    func audit(
        _ request: AuditRequest, _ kept: Result<KeptHeads, AuditError>, _ session: PostgresSession,
        views: [AuditFinding]? = nil, _ progress: (AuditProgress) -> Void = { _ in }
    ) throws -> AuditReport {
        let head = try LogReader().head(session)
        if let since = request.since, since.ledgerID != head.ledgerID {
            throw AuditError.record(
                problem: "`ledger_id`: the record is of the ledger \(since.ledgerID), and this is \(head.ledgerID)")
        }
        let log = try LogVerifier().verify(session) { progress(.log(done: $0, of: $1)) }
        // What an altered log says proves nothing.
        guard log.fault == nil, let root = log.root else { return AuditReport(ofAltered: log) }
        var findings = try SchemaVerifier(Migrator(resources.files.migrations())).findings(session)
        let catalog = CatalogVerifier(registry, otherRules: analyses.installedFiles)
        findings += try catalog.findings(session) + (views ?? catalog.viewFindings(session))
        let fork = try request.since.flatMap { try $0.fork(from: log, session) }
        if let fork { findings.append(fork) }
        let since = fork == nil ? request.since : nil
        var random = SystemRandomNumberGenerator()
        let key = since?.key ?? TallyKey(using: &random)
        let comparisons = try ProjectionVerifier.compare(
            catalog.comparable(session), since: since?.projections ?? [], key: key, session
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
    /// What is wrong if the log does not continue the one that was audited; its stored nodes are believed by now.
    fileprivate func fork(from log: LogVerification, _ session: PostgresSession) throws -> AuditFinding? {
        let subject = "record of \(head)"
        if position > log.size { return AuditFinding(.fault, subject, "the log has \(log.size) events only") }
        let now = try LogReader().root(at: position, session)
        if now == root { return nil }
        return AuditFinding(
            .fault, subject, "the log's first \(position) events have the root \(now), and had the root \(root) then: another history took their place")
    }
}

extension ProjectionVerifier.Comparison {
    /// The record from which the fold went on.
    fileprivate var believed: RecordedVersion? {
        if case .record(let recorded) = start { recorded } else { nil }
    }

    /// What is wrong if the tables hold what the events say, and the record says something else.
    fileprivate var contradiction: AuditFinding? {
        guard case .zeroInsteadOf(let recorded) = start, verification.matches else { return nil }
        return AuditFinding(
            .fault, "record of \(recorded.name) \(recorded.label)",
            "the tables hold what the events say, but not what follows from its sums as of position \(recorded.position)")
    }
}
