import Postgres
import PostgresStore
import Projections
import Rules
import Values

extension Ledger {
    /// Throws what is wrong with rules that are served, or that a new ledger would serve first.
    ///
    /// Files that nobody serves may be broken: a version that is being written must not stop the others.
    func requireServedRules() async throws {
        if registry.unusable.isEmpty { return }
        let served = try await pool.run { [catalog] session in try catalog.versions(session).filter(\.isServed) }
        for broken in registry.unusable {
            if let version = served.first(where: { $0.name.isBytewiseEqual(to: broken.name) }) {
                if version.version.isBytewiseEqual(to: broken.version) { throw broken.problem }
            } else if isFirst(broken) {
                throw broken.problem
            }
        }
    }

    private func isFirst(_ broken: UnusableRules) -> Bool {
        func number(_ version: String) -> Int { Int(version.dropFirst()) ?? .max }
        let others = registry.definitions.filter { $0.identity.name.isBytewiseEqual(to: broken.name) }
        return others.allSatisfy { number(broken.version) < number($0.identity.version) }
    }
}
