import LedgerEvents
public import LedgerPostgres
public import LedgerProjections
public import LedgerRules
import LedgerValues

/// Compares the catalog's record of projections and rule files with the promotions in the log and with the installed
/// files.
///
/// It trusts the log, so `LogVerifier` must run first.
public struct CatalogVerifier: Sendable {
    private let registry: ProjectionRegistry
    private let otherRules: Set<RuleFile>
    private let catalog = ProjectionCatalog()

    /// - Parameters:
    ///   - registry: the versions that this program can fold.
    ///   - otherRules: installed rule files that no projection reads: those of analyses.
    public init(_ registry: ProjectionRegistry, otherRules: Set<RuleFile> = []) {
        self.registry = registry
        self.otherRules = otherRules
    }

    /// The faults, and the checks that could not be made, by subject.
    public func findings(_ session: PostgresSession) throws -> [AuditFinding] {
        let promotions = try promotions(session)
        let versions = try catalog.versions(session)
        return try served(promotions, session) + versionFindings(versions, promotions, session)
            + ruleFindings(promotions, session)
    }

    // MARK: Promotions

    /// A promotion with its position in the log.
    private struct Promotion {
        let position: Int64
        let payload: ProjectionPromotedPayload

        var reference: VersionReference { VersionReference(version: payload.newVersion, codeVersion: payload.codeVersion) }
    }

    /// Every promotion in the log by projection, oldest first.
    private func promotions(_ session: PostgresSession) throws -> [ByteKey: [Promotion]] {
        var found: [ByteKey: [Promotion]] = [:]
        for event in try LogReader().events(inStreamsFrom: "projection-", to: "projection.", session) {
            guard let promotion = try registry.events.payload(of: event).payload(as: ProjectionPromotedPayload.self) else {
                throw LedgerError.corrupt(position: event.position, problem: "a stream of promotions holds a \(event.type)")
            }
            found[ByteKey(promotion.projection), default: []].append(Promotion(position: event.position, payload: promotion))
        }
        return found
    }

    // MARK: Served versions

    private func served(
        _ promotions: [ByteKey: [Promotion]], _ session: PostgresSession
    ) throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        var pointers: [ByteKey: (served: VersionReference, previous: VersionReference?)] = [:]
        for row in try session.execute(
            "SELECT name, version, code_version, previous_version, previous_code_version FROM ledger.served_projections")
        {
            let previousCode = try row.optionalInt4(4)
            pointers[ByteKey(try row.text(0))] = (
                VersionReference(version: try row.text(1), codeVersion: Int(try row.int4(2))),
                try row.optionalText(3).map { VersionReference(version: $0, codeVersion: previousCode.map(Int.init)) }
            )
        }
        for name in Set(promotions.keys).union(pointers.keys).sorted() {
            let subject = "served version of \(name)"
            guard let pointer = pointers[name] else {
                findings.append(AuditFinding(.fault, subject, "none is served, though the log has promotions"))
                continue
            }
            guard let last = promotions[name]?.last else {
                findings.append(AuditFinding(.fault, subject, "\(pointer.served) is served, but the log has no promotion"))
                continue
            }
            if pointer.served != last.reference {
                findings.append(
                    AuditFinding(
                        .fault, subject,
                        "\(pointer.served) is served, but event \(last.position) promoted \(last.reference)"))
            }
            // The previous version may have been dropped; then the pointer has none.
            let replaced = promotions[name]?.dropLast().last?.reference
            if let previous = pointer.previous, previous != replaced {
                findings.append(
                    AuditFinding(
                        .fault, subject,
                        "a rollback would serve \(previous), but event \(last.position) replaced \(replaced.map { "\($0)" } ?? "none")"))
            }
        }
        return findings
    }

    // MARK: Versions

    private func versionFindings(
        _ versions: [ProjectionVersion], _ promotions: [ByteKey: [Promotion]], _ session: PostgresSession
    ) throws -> [AuditFinding] {
        var findings = try session.execute(
            """
            SELECT name, version, code_version FROM ledger.projection_versions
            WHERE poison_position IS NULL AND poison_error IS NOT NULL
            """
        ).map {
            AuditFinding(
                .fault, "projection \(try $0.text(0)) \(try $0.text(1))/c\(try $0.int4(2))",
                "an error is recorded that stopped it, but no event")
        }
        let head = try LogReader().head(session).position
        var tables: Set<ByteKey> = []
        for version in versions {
            let subject = "projection \(version.name) \(version.reference)"
            func fault(_ problem: String) { findings.append(AuditFinding(.fault, subject, problem)) }
            let wasPromoted = promotions[ByteKey(version.name)]?.last { $0.reference == version.reference }
            let definition = registry.definition(of: version)
            if let wasPromoted, !version.rules.isBytewiseEqual(to: ProjectionCatalog.rulesText(wasPromoted.payload.rules)) {
                fault("its rules are not those of event \(wasPromoted.position), which promoted it")
            } else if let definition, !version.rules.isBytewiseEqual(to: ProjectionCatalog.rulesText(definition.identity)) {
                fault("its rules are not those that are installed")
            }
            if wasPromoted != nil, version.state != .ready { fault("it was promoted, but counts as not built yet") }
            if version.position > head { fault("it stands at position \(version.position), beyond the head, \(head)") }
            if !tables.insert(ByteKey(version.tableName)).inserted {
                fault("another version has the same tables, \(version.tableName)")
            }
            if version.state != .ready { continue }
            guard let definition else {
                findings.append(
                    AuditFinding(
                        .unchecked, subject,
                        "this program lacks its code or its rules, so that its rows can't be folded again"))
                continue
            }
            guard try hasTables(version, definition, session) else {
                fault("its tables, \(version.tableName), are not there")
                continue
            }
            if let problem = try poisonProblem(version, definition, session) { fault(problem) }
        }
        return findings
    }

    // MARK: Views

    /// The findings about views `projection.<name>` that do not show the served version, by subject.
    ///
    /// A view follows a swap of tables once no open transaction has read it. A view that shows an earlier version is
    /// reported as unchecked; a view that shows anything else is a fault. The server describes views as they are now,
    /// so a swap after the transaction's snapshot looks like a fault. A caller that can should ask again in a new
    /// transaction.
    public func viewFindings(_ session: PostgresSession) throws -> [AuditFinding] {
        let versions = try catalog.versions(session)
        let leftovers = try LeftoverTables.names(session)
        let served = versions.filter { $0.isServed && $0.state == .ready }
        let seconds = try served.flatMap { version in
            try (registry.definition(of: version).map(SecondServedView.all) ?? []).compactMap { try $0.finding(session) }
        }
        return try seconds
            + served.compactMap { version in
                guard let definition = registry.definition(of: version), try isTable(version.tableName, session) else { return nil }
                let view = ServedView(definition)
                if try view.stands(over: version.tableName, session) { return nil }
                let subject = "view projection.\(version.name)"
                let earlier = versions.filter { $0.name.isBytewiseEqual(to: version.name) }.map(\.tableName) + leftovers
                let shown = try earlier.first { try isTable($0, session) && view.stands(over: $0, session) }
                guard let shown else {
                    return AuditFinding(.fault, subject, "it does not show the current rows of \(version.tableName)")
                }
                return AuditFinding(
                    .unchecked, subject,
                    "it shows \(shown), which was served before: a rebuild or a promotion is being finished, and the view follows once no open transaction has read it"
                )
            }
    }

    /// The findings about views, after a moment for late views to catch up.
    public func settledViews(_ pool: PostgresPool, patience: Duration) async throws -> [AuditFinding] {
        let deadline = ContinuousClock.now + patience
        while true {
            let findings = try await withFreshCatalog {
                try await pool.run { session in try session.transaction(.snapshot) { try viewFindings(session) } }
            }
            if findings.isEmpty || ContinuousClock.now >= deadline { return findings }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func isTable(_ name: String, _ session: PostgresSession) throws -> Bool {
        try session.execute("SELECT to_regclass($1) IS NOT NULL", [.text("projection.\(quoteIdentifier(name))")])[0].bool(0)
    }

    // MARK: Tables

    /// Keeps the tables of all stored versions from being dropped until the transaction ends. A rebuild may replace
    /// them by then, but the transaction's snapshot does not know the new ones.
    ///
    /// - Parameters:
    ///   - skipsMissing: whether absent tables are skipped; otherwise an absent table throws an undefined-table error.
    ///     A table may have been dropped since the snapshot.
    ///   - session: a session in the transaction.
    public func holdTables(skipsMissing: Bool, _ session: PostgresSession) throws {
        for version in try catalog.versions(session) where version.state == .ready {
            guard let definition = registry.definition(of: version) else { continue }
            if try skipsMissing && !hasTables(version, definition, session) { continue }
            let tables = VersionTables(definition, tableName: version.tableName)
            for table in [tables.rows, tables.facts].compactMap({ $0?.name }) {
                try session.executeScript("LOCK TABLE \(table) IN ACCESS SHARE MODE")
            }
        }
    }

    /// The versions whose tables can be compared with a fold: they are ready, this program has their code, and the
    /// tables exist.
    public func comparable(
        _ session: PostgresSession
    ) throws -> [(definition: ProjectionDefinition, version: ProjectionVersion)] {
        try catalog.versions(session).compactMap { version in
            guard version.state == .ready, let definition = registry.definition(of: version),
                try hasTables(version, definition, session)
            else { return nil }
            return (definition, version)
        }
    }

    private func hasTables(
        _ version: ProjectionVersion, _ definition: ProjectionDefinition, _ session: PostgresSession
    ) throws -> Bool {
        let tables = VersionTables(definition, tableName: version.tableName)
        return try [tables.rows, tables.facts].compactMap { $0?.name }.allSatisfy { name in
            try session.execute("SELECT to_regclass($1) IS NOT NULL", [.text(name)])[0].bool(0)
        }
    }

    /// Why the recorded poison of a version is wrong; nil if it has none, or if the recorded event really stops it.
    private func poisonProblem(
        _ version: ProjectionVersion, _ definition: ProjectionDefinition, _ session: PostgresSession
    ) throws -> String? {
        guard let recorded = version.poison else { return nil }
        let folded = try ProjectionVerifier.fold([(definition, recorded.position)], session)[0].poison
        if folded == recorded, version.position < recorded.position { return nil }
        return "it counts as stopped (\(recorded)), but \(folded.map { "folded anew it stops at \($0)" } ?? "that event can be folded")"
    }

    // MARK: Rule files

    private func ruleFindings(
        _ promotions: [ByteKey: [Promotion]], _ session: PostgresSession
    ) throws -> [AuditFinding] {
        var installed: [ByteKey: String] = [:]
        for file in registry.installedFiles.union(otherRules) {
            installed[Self.key(file.path, file.version)] = file.digest
        }
        var promoted: [ByteKey: (digest: String, position: Int64)] = [:]
        for promotion in promotions.values.joined() {
            for rule in promotion.payload.rules {
                promoted[Self.key(rule.file, rule.version)] = (rule.digest, promotion.position)
            }
        }
        var findings: [AuditFinding] = []
        var recorded: Set<ByteKey> = []
        for row in try session.execute("SELECT file, version, digest FROM ledger.rule_files ORDER BY file, version") {
            let key = Self.key(try row.text(0), Int(try row.int4(1)))
            let digest = try row.text(2)
            recorded.insert(key)
            let subject = "rule file \(key)"
            if let event = promoted[key], !event.digest.isBytewiseEqual(to: digest) {
                findings.append(
                    AuditFinding(.fault, subject, "its recorded digest is not that of event \(event.position)"))
            } else if let file = installed[key], !file.isBytewiseEqual(to: digest) {
                findings.append(AuditFinding(.fault, subject, "its recorded digest is not that of the installed file"))
            } else if promoted[key] == nil, installed[key] == nil {
                findings.append(
                    AuditFinding(.unchecked, subject, "a digest is recorded for it, but it is not installed and no promotion names it"))
            }
        }
        for (key, event) in promoted.sorted(by: { $0.key < $1.key }) where !recorded.contains(key) {
            findings.append(
                AuditFinding(
                    .fault, "rule file \(key)", "event \(event.position) promoted a version that reads it, but no digest is recorded"))
        }
        return findings
    }

    private static func key(_ file: String, _ version: Int) -> ByteKey { ByteKey("\(file) v\(version)") }
}
