import Crypto
import Events
public import Postgres
public import Projections

/// `digest(projection, P)`: SHA-256 over the digested columns of the rows as of P, a canonical JSON line each,
/// in primary-key order.
public struct RowDigest {
    private var hash = SHA256()
    private var line: [UInt8] = []
    private let columns: ColumnSet
    public private(set) var rows = 0

    public init(_ columns: ColumnSet) { self.columns = columns }

    /// Adds a row's document; rows come in key order.
    public mutating func add(_ document: [UInt8]) throws {
        line.removeAll(keepingCapacity: true)
        try columns.appendDigestLine(document, to: &line)
        hash.update(data: line)
        rows += 1
    }

    /// Lower-case hex.
    public func finish() -> String { hash.finalize().hex }
}

/// Compares a version's stored rows with a fold of the log from zero.
public struct ProjectionVerifier: Sendable {
    public struct Verification: Sendable, Equatable {
        public let name: String
        public let version: String
        public let position: Int64
        public let rows: Int
        /// Of the stored rows.
        public let storedDigest: String
        /// Of the rows folded anew.
        public let foldedDigest: String
        public var matches: Bool { storedDigest == foldedDigest }
    }

    private let definition: ProjectionDefinition
    private let version: ProjectionVersion

    public init(_ definition: ProjectionDefinition, version: ProjectionVersion) {
        self.definition = definition
        self.version = version
    }

    /// Folds from zero to the version's checkpoint, writing nothing, and compares the digests at that position.
    public func verify(_ session: PostgresSession, progress: (Int64, Int64) -> Void = { _, _ in }) throws -> Verification {
        let position = version.position
        let fold = definition.completeFold()
        var seen: Int64 = 0
        try LogReader().forEach(after: 0, upTo: position, session) { record in
            if let event = try definition.decode(record) {
                try fold.apply(event)
            }
            seen = record.position
            if seen % 50_000 == 0 { progress(seen, position) }
        }
        var folded = RowDigest(definition.columns)
        try fold.forEachRow { _, document in try folded.add(document) }
        let stored = try Self.digest(of: version, definition.columns, at: position, session)
        return Verification(
            name: version.name, version: version.version, position: position, rows: stored.rows,
            storedDigest: stored.digest, foldedDigest: folded.finish())
    }

    /// The digest of the stored rows as of a position.
    public static func digest(
        of version: ProjectionVersion, _ columns: ColumnSet, at position: Int64, _ session: PostgresSession
    ) throws -> (digest: String, rows: Int) {
        var digest = RowDigest(columns)
        let order = columns.key.map(quoteIdentifier).joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT document FROM \(version.table)
                  WHERE valid_from <= \(position) AND (valid_to IS NULL OR valid_to > \(position))
                  ORDER BY \(order))
            TO STDOUT (FORMAT binary)
            """
        ) { row in try digest.add(try row.utf8(0)) }
        return (digest.finish(), digest.rows)
    }
}
