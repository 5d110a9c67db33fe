import LedgerRules
import OptionTrades
import Synchronization

/// The rules of orders by their version, each read once: the file of a version does not change.
final class ReadDispatchRules: Sendable {
    private let known = Mutex<[Int: DispatchRules]>([:])

    /// The rules of a version, from `read` if they are asked for the first time.
    func rules(version: Int, read: RuleFileReader) throws -> DispatchRules {
        if let rules = known.withLock({ $0[version] }) { return rules }
        let rules = try DispatchRules(version: version, read: read)
        known.withLock { $0[version] = rules }
        return rules
    }
}
