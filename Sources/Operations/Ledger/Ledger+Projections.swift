import LedgerEvents
import LedgerPostgres
import LedgerProjections
package import LedgerStore

extension Ledger {
    /// Folds the served versions of some projections up to the current head, in case no service does.
    ///
    /// If another process holds a lease, this waits up to two seconds for that process's checkpoint. It then leaves the
    /// rest to the reader, who pins the position to read. A version that this program cannot fold stays frozen.
    package func bringUpToDate(_ names: [String]) async throws {
        for name in names {
            guard let version = try await pool.run({ session in try catalog.served(name, session) }),
                let definition = registry.definition(of: version)
            else { continue }
            let head = try await pool.run { session in try LogReader().head(session).position }
            if version.position >= head { continue }
            let deadline = ContinuousClock.now + .seconds(2)
            let follower = ProjectionFollower(definition, pool: projectorPool, owner: owner)
            while try await !follower.hasCaughtUp(), ContinuousClock.now < deadline {
                let position = try await pool.run { session in try catalog.served(name, session)?.position ?? 0 }
                if position >= head { break }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Folds the served versions again from zero, in one pass over the log, and compares digests. Versions without
    /// installed code are skipped.
    package func verifyProjections(
        _ name: String? = nil, progress: @Sendable (ProjectionVerifier.Progress) -> Void = { _ in }
    ) async throws -> [ProjectionVerifier.Verification] {
        try await withFreshCatalog { try await verifyProjectionsOnce(name, progress) }
    }

    private func verifyProjectionsOnce(
        _ name: String?, _ progress: @Sendable (ProjectionVerifier.Progress) -> Void
    ) async throws -> [ProjectionVerifier.Verification] {
        var versions: [(definition: ProjectionDefinition, version: ProjectionVersion)] = []
        for version in try await pool.run({ session in try catalog.versions(session) }) where version.isServed {
            if let name, name != version.name { continue }
            guard let definition = registry.definition(of: version) else { continue }
            versions.append((definition, version))
        }
        let verified = versions
        return try await pool.run { session in
            try ProjectionVerifier.verify(verified, session) { progress($0) }
        }
    }
}

extension ProjectionFollower {
    /// Catches up; false if somebody else holds the lease, or took it meanwhile, and does the same.
    fileprivate func hasCaughtUp() async throws -> Bool {
        do {
            return try await catchUp() != nil
        } catch LedgerError.leaseLost {
            return false
        }
    }
}
