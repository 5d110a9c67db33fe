import LedgerPostgres
import LedgerStore
import LedgerValues

/// The database's records of keys and acknowledged forks.
struct SigningRecords {
    private let head: UniqueID
    private let keys: [UniqueID: [UInt8]]
    /// By the new id.
    private let forks: [UniqueID: LedgerFork]
    let heads: [HeadRecord]

    static func read(_ head: UniqueID, _ session: PostgresSession) throws -> SigningRecords {
        let keys = try SigningKeys().all(session).map { ($0.ledgerID, $0.publicKey) }
        let forks = try LedgerFork.all(session).map { ($0.newID, $0) }
        return SigningRecords(
            head: head, keys: Dictionary(keys) { first, _ in first }, forks: Dictionary(forks) { first, _ in first },
            heads: try HeadRecords().all(session))
    }

    /// The ledger's id and those that it continues, the newest first. Throws if the forks lead back to one of them.
    func chain() throws(AuditError) -> [UniqueID] {
        var chain = [head]
        while let last = chain.last, let fork = forks[last] {
            if chain.contains(fork.oldID) { throw .forkRecords(problem: "ledger.forks leads from \(fork.oldID) back to itself") }
            chain.append(fork.oldID)
        }
        return chain
    }

    /// Throws unless the forks are a chain that ends in this ledger, each key belongs to a ledger in the chain, and
    /// both agree with the heads signed with `key`. Heads and key may be kept elsewhere.
    func check(_ history: SignedHistory?, key: [UInt8]?) throws(AuditError) {
        let chain = try chain()
        if let stray = forks.keys.filter({ !chain.contains($0) }).min() {
            throw .forkRecords(problem: "ledger.forks has a row for \(stray), which is neither this ledger nor one that it continues")
        }
        if let stray = keys.keys.filter({ !chain.contains($0) }).min() {
            throw .keyRecords(problem: "ledger.signing_keys has a row for \(stray), which is neither this ledger nor one that it continues")
        }
        for id in chain {
            let origin = AuditedHead.origin(id)
            let segment = history?.segments.first { $0.origin.isBytewiseEqual(to: origin) }
            guard let recorded = keys[id] else {
                if segment == nil && forks[id] == nil { continue }
                throw .keyRecords(
                    problem:
                        "heads of \(origin) were signed, but ledger.signing_keys has no row for it; `alpha-ledger audit checkpoint` records the key of this ledger again"
                )
            }
            if segment != nil, let key, key != recorded {
                throw .keyRecords(problem: "ledger.signing_keys has another key for \(id) than the one that signed its heads")
            }
            // Heads signed with another key are kept beside that key.
            guard let history, !history.segments.isEmpty, key == recorded else { continue }
            guard let segment else {
                throw .keyRecords(problem: "ledger.signing_keys has the key for \(id), but no head of it is kept")
            }
            if let fork = forks[id], fork.position != segment.first.size {
                throw .forkRecords(
                    problem:
                        "ledger.forks has \(id) begin at position \(fork.position), but its first signed head has size \(segment.first.size)"
                )
            }
        }
    }
}
