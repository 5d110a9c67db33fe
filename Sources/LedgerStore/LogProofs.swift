import LedgerEvents
import LedgerMerkle
public import LedgerPostgres
public import LedgerValues

/// A proof that an event's leaf is in the tree of the first `size` events.
public struct InclusionProof: Sendable, Equatable {
    /// The position from 1, as in the log; the leaf's index in the tree is one less.
    public let position: Int64
    /// The number of events in the tree.
    public let size: Int64
    public let leaf: Digest32
    public let root: Digest32
    /// The audit path of RFC 6962 section 2.1.1, lowest node first.
    public let path: [Digest32]
}

/// A proof that the tree of the first `to` events starts with the tree of the first `from` events.
public struct ConsistencyProof: Sendable, Equatable {
    /// The size of the old tree.
    public let from: Int64
    /// The size of the new tree.
    public let to: Int64
    public let fromRoot: Digest32
    public let toRoot: Digest32
    /// The consistency proof of RFC 6962 section 2.1.2.
    public let path: [Digest32]
}

/// Proofs from the stored tree nodes. A proof reads O(log² n) nodes in one statement.
///
/// The needed nodes are found by making each proof twice: the first pass collects the places, the second uses the nodes.
public struct LogProofs: Sendable {
    struct Place: Hashable {
        let level: Int
        let index: Int64
    }

    public init() {}

    /// Proves that an event is in the tree of the first `size` events. Throws `positionUnknown`, `positionBeyondSize`.
    ///
    /// - Parameters:
    ///   - position: from 1 to `size`.
    ///   - size: the number of events in the tree, which must not exceed the head.
    ///   - session: a session on the ledger's database.
    public func inclusion(position: Int64, size: Int64, _ session: PostgresSession) throws -> InclusionProof {
        try require(position, in: size, from: 1, session)
        return try reading(session) { node in
            InclusionProof(
                position: position, size: size, leaf: try node(0, position - 1),
                root: try treeRoot(size: size, node: node),
                path: try inclusionPath(position: position - 1, size: size, node: node))
        }
    }

    /// Proves that the tree of `to` events starts with the tree of `from` events. Throws `positionUnknown`,
    /// `positionBeyondSize`.
    ///
    /// - Parameters:
    ///   - from: the size of the old tree, from 0 to `to`.
    ///   - to: the size of the new tree, which must not exceed the head.
    ///   - session: a session on the ledger's database.
    public func consistency(from: Int64, to: Int64, _ session: PostgresSession) throws -> ConsistencyProof {
        try require(from, in: to, from: 0, session)
        return try consistencies(from: [from], to: to, session)[0]
    }

    /// Proofs from many sizes to one, in one statement. No size may exceed `to`, and `to` must not exceed the head.
    public func consistencies(from sizes: [Int64], to: Int64, _ session: PostgresSession) throws -> [ConsistencyProof] {
        try reading(session) { node in
            let toRoot = try treeRoot(size: to, node: node)
            return try sizes.map { from in
                ConsistencyProof(
                    from: from, to: to, fromRoot: try treeRoot(size: from, node: node), toRoot: toRoot,
                    path: try consistencyPath(from: from, to: to, node: node))
            }
        }
    }

    /// Refuses a size that the log does not have, and a position outside `least...size`.
    private func require(_ position: Int64, in size: Int64, from least: Int64, _ session: PostgresSession) throws {
        let head = try LogReader().head(session).position
        guard 0...head ~= size else { throw LedgerError.positionUnknown(position: size, head: head) }
        if position < least || position > size && size == head {
            throw LedgerError.positionUnknown(position: position, head: head)
        }
        if position > size { throw LedgerError.positionBeyondSize(position: position, size: size) }
    }

    private func reading<T>(
        _ session: PostgresSession, _ make: ((_ level: Int, _ index: Int64) throws -> Digest32) throws -> T
    ) throws -> T {
        var needed: Set<Place> = []
        _ = try make { level, index in
            needed.insert(Place(level: level, index: index))
            return MerkleHash.emptyRoot
        }
        let nodes = try read(Array(needed), session)
        return try make { level, index in
            guard let node = nodes[Place(level: level, index: index)] else {
                throw LedgerError.corrupt(
                    position: (index << Int64(level)) + 1,
                    problem: "the tree node at level \(level), index \(index) is missing")
            }
            return node
        }
    }

    private func read(_ places: [Place], _ session: PostgresSession) throws -> [Place: Digest32] {
        if places.isEmpty { return [:] }
        let found = try session.execute(
            """
            SELECT p.level, p.index, coalesce(n.hash, e.leaf_hash)
            FROM unnest($1::int[], $2::bigint[]) AS p (level, index)
            LEFT JOIN ledger.merkle_nodes n ON n.level = p.level AND n.index = p.index
            LEFT JOIN ledger.events e ON p.level = 0 AND e.position = p.index + 1
            """, [.int4Array(places.map { Int32($0.level) }), .int8Array(places.map(\.index))])
        var nodes: [Place: Digest32] = [:]
        for row in found {
            guard let hash = try row.optionalBytea(2) else { continue }
            nodes[Place(level: Int(try row.int4(0)), index: try row.int8(1))] = try Digest32(stored: hash)
        }
        return nodes
    }
}
