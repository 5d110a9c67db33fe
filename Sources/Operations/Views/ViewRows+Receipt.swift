import LedgerPostgres
import LedgerStore
import LedgerValues

extension ViewRows {
    /// The receipt of all rows at the standing, whatever is selected. It is worked out once for all who ask for it.
    ///
    /// - Parameters:
    ///   - isFull: whether the receipt names the digest of everything in the tables.
    ///   - isBounded: whether the work has a service's bounds.
    func receipt(isFull: Bool, isBounded: Bool, _ folds: FoldGate, _ database: ReadDatabase) async throws -> ViewReceipt {
        let standing = standing
        let version = standing.source.version
        let name = "receipt|\(isFull)|\(version.name)/\(version.label)|\(standing.position)"
        let result = try await folds.result(name, isBounded: isBounded) { deadline in
            try await deadline.read(database, standing.point) { session in
                .receipt(
                    ViewReceipt(
                        rootHash: try LogReader().root(at: standing.position, session).description,
                        digest: try digest(deadline, session), full: isFull ? try fullDigest(session) : nil))
            }
        }
        guard case .receipt(let receipt) = result else { preconditionFailure("a fold of a receipt gives one") }
        return receipt
    }
}
