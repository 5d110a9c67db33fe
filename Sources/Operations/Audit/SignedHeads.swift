import LedgerEvents
import LedgerMerkle
import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// A ledger's head in the form for comparison with signed heads.
struct AuditedHead {
    let head: LogHead
    let root: Digest32
    /// The public key that the database recorded first.
    let recordedKey: [UInt8]?
    /// The largest head that the database recorded before it was signed; nil without one, as before schema version 13.
    let recordedHead: SignedHead?

    var origin: String { Self.origin(head.ledgerID) }
    var checkpoint: Checkpoint {
        get throws { try Checkpoint(origin: origin, size: head.position, root: root) }
    }

    static func origin(_ id: UniqueID) -> String { TradeLedger.names.origin(of: id) }

    static func read(_ session: PostgresSession) throws -> AuditedHead {
        let head = try LogReader().head(session)
        let key = try SigningKeys().key(of: head.ledgerID, session)
        let recorded = try HeadRecords().largest(of: head.ledgerID, session)
        return AuditedHead(
            head: head, root: try LogReader().root(at: head.position, session), recordedKey: key,
            recordedHead: recorded.map { SignedHead(size: $0.size, root: $0.root) })
    }

    /// The checkpoint of the first `size` events. Their tree is proven to be part of the head's.
    func checkpoint(
        at size: Int64?, root expected: Digest32?, extensions: [String], _ session: PostgresSession
    ) throws -> Checkpoint {
        let size = size ?? head.position
        let proof = try LogProofs().consistency(from: size, to: head.position, session)
        let isContinued = verifyConsistency(
            from: size, to: head.position, oldRoot: expected ?? proof.fromRoot, newRoot: root, path: proof.path)
        guard isContinued else {
            throw LedgerError.corrupt(position: size, problem: "the stored tree nodes are not those of the events")
        }
        return try Checkpoint(origin: origin, size: size, root: expected ?? proof.fromRoot, extensions: extensions)
    }

    /// Throws unless the log continues each of the checkpoints, proven from the stored nodes.
    func requireContinuation(of checkpoints: [Checkpoint], _ session: PostgresSession) throws {
        if let foreign = checkpoints.first(where: { !$0.origin.isBytewiseEqual(to: origin) }) { throw try fork(foreign) }
        try requireContinuation(of: checkpoints.map { SignedHead(size: $0.size, root: $0.root) }, session)
    }

    /// Checks the kept heads in the same way: those not proven before, and the largest, which continues the rest. So does the largest
    /// recorded one, whoever signed it.
    func requireContinuation(of history: SignedHistory, _ session: PostgresSession) throws {
        var heads = [recordedHead].compactMap { $0 }
        if let segment = history.segments.last {
            guard segment.origin.isBytewiseEqual(to: origin) else {
                throw try fork(Checkpoint(origin: segment.origin, size: segment.largest.size, root: segment.largest.root))
            }
            heads += [segment.largest] + history.unproven
        }
        if let replaced = history.replaced, replaced.origin.isBytewiseEqual(to: origin) { heads.append(replaced.head) }
        try requireContinuation(of: heads, session)
    }

    /// Checks every record of a head that was signed, or was about to be. Heads of earlier ids were left behind with their fork.
    func requireContinuation(of records: [HeadRecord], chain: Set<UniqueID>, _ session: PostgresSession) throws {
        if let stray = records.filter({ !chain.contains($0.ledgerID) }).map(\.ledgerID).min() {
            throw AuditError.headRecords(
                problem: "ledger.signed_heads has a row for \(stray), which is neither this ledger nor one that it continues")
        }
        let own = records.filter { $0.ledgerID == head.ledgerID }
        try requireContinuation(of: own.map { SignedHead(size: $0.size, root: $0.root) }, session)
    }

    /// Commits a head that is to be signed, under the signer's lease. Nil if another process holds the lease.
    ///
    /// The transaction is one of a server as it is now: after a failover that lost a tail, what was read before is refused here.
    func record(
        _ signed: SignedHead, as ledger: UniqueID, owner: String, seconds: Double, _ session: PostgresSession
    ) throws -> WorkLease? {
        guard let lease = try WorkLease.take("signer", owner: owner, seconds: seconds, session) else { return nil }
        let now = try LogReader().head(session)
        guard now.ledgerID == ledger, now.position >= signed.size, try LogReader().root(at: signed.size, session) == signed.root else {
            throw LedgerError.historyReplaced(position: signed.size)
        }
        let record = HeadRecord(ledgerID: ledger, size: signed.size, root: signed.root)
        let recorded = try HeadRecords().record(record, epoch: lease.epoch, session)
        guard recorded == record else { throw try fork(SignedHead(size: recorded.size, root: recorded.root)) }
        return lease
    }

    private func fork(_ signed: SignedHead) throws -> AuditError {
        try fork(Checkpoint(origin: origin, size: signed.size, root: signed.root))
    }

    /// Checks heads of this ledger, the largest first, because a fork shows there soonest.
    private func requireContinuation(of heads: [SignedHead], _ session: PostgresSession) throws {
        let size = head.position
        if let largest = heads.max(by: { $0.size < $1.size }), largest.size > size { throw try fork(largest) }
        // The largest head is checked by itself. The others take one statement for every 256 heads, so that neither a
        // statement's parameters nor the number of statements grows without bound.
        for range in [0..<min(1, heads.count)] + stride(from: 1, to: heads.count, by: 256).map({ $0..<min($0 + 256, heads.count) }) {
            let proofs = try LogProofs().consistencies(from: heads[range].map(\.size), to: size, session)
            for (signed, proof) in zip(heads[range], proofs) {
                let isContinued = verifyConsistency(
                    from: signed.size, to: size, oldRoot: signed.root, newRoot: root, path: proof.path)
                if !isContinued { throw try fork(signed) }
            }
        }
    }

    private func fork(_ signed: Checkpoint) throws -> AuditError {
        .forkDetected(signed: signed.label, found: try checkpoint.label)
    }

    /// Records a ledger's key. The first key stays; another key is refused.
    static func recordKey(_ key: NoteVerifier, for id: UniqueID, _ session: PostgresSession) throws {
        let recorded = try SigningKeys().record(key.publicKey, for: id, session)
        guard recorded == key.publicKey else {
            throw AuditError.keyMismatch(recorded: try NoteVerifier(name: key.name, publicKey: recorded).vkey, own: key.vkey)
        }
    }

    /// Throws if the database recorded another key for this ledger.
    func requireKey(_ own: NoteVerifier) throws {
        guard let recordedKey, recordedKey != own.publicKey else { return }
        throw AuditError.keyMismatch(
            recorded: try NoteVerifier(name: origin, publicKey: recordedKey).vkey, own: try own.named(origin).vkey)
    }
}

extension NoteVerifier {
    /// The same key under another name.
    func named(_ name: String) throws(NoteError) -> NoteVerifier { try NoteVerifier(name: name, publicKey: publicKey) }
}

extension Checkpoint {
    /// The name of a head in errors.
    var label: String { "\(origin) at size \(size) with root \(root)" }
}
