import Crypto
import LedgerJSON
import LedgerMerkle
public import LedgerProjections
public import LedgerValues

/// What a view's rows add up to, row by row in key order: the digest (docs/contract/projections.md, "Digest"), and the root of an RFC 6962
/// tree whose leaves are the same lines, each with its newline.
///
/// Digest and root follow from the same bytes. The digest identifies all rows together; the root also allows a proof
/// that a single row is among them.
public struct RowTree {
    /// The published summary of the tree.
    public struct Summary: Sendable, Equatable {
        public let rows: Int64
        /// The digest as lower-case hex SHA-256.
        public let digest: String
        public let root: Digest32

        public init(rows: Int64, digest: String, root: Digest32) {
            self.rows = rows
            self.digest = digest
            self.root = root
        }
    }

    private let columns: ColumnSet
    private var hash = SHA256()
    private var frontier = MerkleFrontier()
    /// The digest line of the last added row.
    public private(set) var line: [UInt8] = []

    public init(_ columns: ColumnSet) { self.columns = columns }

    /// Adds a row's document, and returns the leaf hash of its digest line. Rows must come in key order.
    @discardableResult
    public mutating func add(_ document: [UInt8]) throws -> Digest32 {
        line.removeAll(keepingCapacity: true)
        try columns.appendDigestLine(document, to: &line)
        hash.update(data: line)
        let leaf = MerkleHash.leaf(line)
        frontier.append(leaf)
        return leaf
    }

    public var summary: Summary {
        Summary(rows: frontier.size, digest: hexadecimal(hash.finalize()), root: frontier.root)
    }

    /// The audit path (RFC 6962 section 2.1.1) of a row, given all rows' leaf hashes, lowest node first. Linear in the
    /// rows.
    public static func path(of index: Int, in leaves: [Digest32]) -> [Digest32] {
        func node(_ level: Int, _ place: Int64) -> Digest32 {
            if level == 0 { return leaves[Int(place)] }
            return MerkleHash.node(node(level - 1, place * 2), node(level - 1, place * 2 + 1))
        }
        return inclusionPath(position: Int64(index), size: Int64(leaves.count), node: node)
    }
}

/// A digest in lower-case hex.
func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
