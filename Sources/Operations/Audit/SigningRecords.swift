import Postgres
import PostgresStore
import Values

/// The database's records of keys and acknowledged forks.
struct SigningRecords {
    private struct Fork {
        let old: UniqueID
        let position: Int64
    }

    private let head: UniqueID
    private let keys: [UniqueID: [UInt8]]
    /// By the new id.
    private let forks: [UniqueID: Fork]

    static func read(_ head: UniqueID, _ session: PostgresSession) throws -> SigningRecords {
        func id(_ pair: (high: UInt64, low: UInt64)) -> UniqueID { UniqueID(high: pair.high, low: pair.low) }
        let keys = try session.execute("SELECT ledger_id, public_key FROM ledger.signing_keys").map {
            (id(try $0.uuid(0)), try $0.bytea(1))
        }
        let forks = try session.execute("SELECT new_ledger_id, old_ledger_id, position FROM ledger.forks").map {
            (id(try $0.uuid(0)), Fork(old: id(try $0.uuid(1)), position: try $0.int8(2)))
        }
        return SigningRecords(
            head: head, keys: Dictionary(keys) { first, _ in first }, forks: Dictionary(forks) { first, _ in first })
    }

    /// Throws unless the forks are a chain that ends in this ledger, each key belongs to a ledger in the chain, and
    /// both agree with the heads signed with `key`. Heads and key may be kept elsewhere.
    func check(_ history: SignedHistory?, key: [UInt8]?) throws(AuditError) {
        var chain = [head]
        while let last = chain.last, let fork = forks[last] {
            if chain.contains(fork.old) { throw .forkRecords(problem: "ledger.forks leads from \(fork.old) back to itself") }
            chain.append(fork.old)
        }
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
