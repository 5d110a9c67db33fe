import Synchronization

/// Rules that this program reads as it runs, each version once.
///
/// The files of a version never change: their digests were checked when the ledger was opened. Reading them takes longer than most
/// questions that need them.
final class ReadRules: Sendable {
    private struct Key: Hashable {
        let rules: ObjectIdentifier
        let version: Int
    }

    private let known = Mutex<[Key: any Sendable]>([:])

    /// The rules of a version.
    ///
    /// - Parameter read: reads them if nobody has yet. Rules that can't be read are not kept.
    func rules<Rules: Sendable>(_ version: Int, _ read: (Int) throws -> Rules) throws -> Rules {
        let key = Key(rules: ObjectIdentifier(Rules.self), version: version)
        if let rules = known.withLock({ $0[key] }) as? Rules { return rules }
        let rules = try read(version)
        known.withLock { $0[key] = rules }
        return rules
    }
}
