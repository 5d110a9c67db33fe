package import LedgerJSON
package import LedgerStore
package import LedgerValues

extension InclusionProof {
    /// The answer of the command line and HTTP. Hashes are in hex; `path` starts with the lowest node.
    package func node(_ ledgerID: UniqueID) -> JSONNode {
        .object([
            ("position", .integer(position)), ("size", .integer(size)), ("leaf_hash", .string(leaf.description)),
            ("root_hash", .string(root.description)), ("path", .array(path.map { .string($0.description) })),
            ("ledger_id", .string(ledgerID.description)),
        ])
    }
}

extension ConsistencyProof {
    package func node(_ ledgerID: UniqueID) -> JSONNode {
        .object([
            ("from", .integer(from)), ("to", .integer(to)), ("from_root_hash", .string(fromRoot.description)),
            ("to_root_hash", .string(toRoot.description)), ("path", .array(path.map { .string($0.description) })),
            ("ledger_id", .string(ledgerID.description)),
        ])
    }
}
