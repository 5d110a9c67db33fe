import LedgerAnalyses
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues
package import OptionTrades

extension ProjectionRegistry {
    /// The rules that a ledger can use: all except the versions whose files differ from those that it recorded.
    ///
    /// Files of versions that are not served may be broken or changed, because a version in preparation must not stop
    /// the others. Throws the problem if it concerns rules that are served, or that a new ledger would serve first.
    func usable(_ pool: PostgresPool) async throws -> ProjectionRegistry {
        let (changed, served) = try await pool.run { session in
            let catalog = ProjectionCatalog()
            return (try catalog.changedRules(of: self, session), try catalog.versions(session).filter(\.isServed))
        }
        let usable = try leavingOut(changed)
        for broken in usable.unusable {
            if let version = served.first(where: { $0.name.isBytewiseEqual(to: broken.name) }) {
                if version.version.isBytewiseEqual(to: broken.version) { throw broken.problem }
            } else if usable.isFirst(broken) {
                throw broken.problem
            }
        }
        return usable
    }

    private func isFirst(_ broken: UnusableRules) -> Bool {
        func number(_ version: String) -> Int { Int(version.dropFirst()) ?? .max }
        let others = definitions.filter { $0.identity.name.isBytewiseEqual(to: broken.name) }
        return others.allSatisfy { number(broken.version) < number($0.identity.version) }
    }
}

extension AnalysisRegistry {
    /// What of these rules a ledger can use: without the versions whose files are not those that it recorded.
    func usable(_ pool: PostgresPool) async throws -> AnalysisRegistry {
        let files = usedFiles
        return leavingOut(try await pool.run { session in try ProjectionCatalog().changedRules(among: files, session) })
    }
}

extension Ledger {
    /// The clock of New York by the newest installed rules.
    package func newYork() throws -> NewYorkRules {
        let (prefix, suffix) = ("shared/new_york.v", ".yaml")
        let versions = try resources.files.projectionFiles().filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
            .compactMap { Int($0.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)) }
        // Without a file, the first one is what is missing.
        return try NewYorkRules(path: "\(prefix)\(versions.max() ?? 1)\(suffix)") { try resources.files.projectionFile($0) }
    }
}
