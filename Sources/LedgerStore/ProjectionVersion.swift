import LedgerPostgres
public import LedgerProjections
public import LedgerValues

/// A projection version as recorded in the database.
public struct ProjectionVersion: Sendable {
    /// Whether the version can be read and followed.
    public enum State: String, Sendable {
        /// Its first rebuild has not ended: nobody reads or follows it.
        case building
        case ready
    }

    /// The progress of an unfinished rebuild.
    public struct Rebuild: Sendable {
        public let tableName: String
        /// The position up to and including which every version that ended or became final is in the rebuild's tables.
        public let position: Int64
        /// The position up to which the rebuild folds; nil before it is known.
        public let until: Int64?
    }

    public let name: String
    public let version: String
    public let codeVersion: Int
    /// Rule file path → (version, digest), canonical JSON.
    public let rules: String
    public let tableName: String
    /// The checkpoint: every event up to and including this position is folded in.
    public let position: Int64
    /// The epoch of the version's latest lease.
    public let epoch: Int64
    public let leaseOwner: String?
    public let leaseExpiresAt: Instant?
    /// The event that stopped the version; nil if nothing has.
    public let poison: PoisonEvent?
    public let state: State
    /// Set while a rebuild is in progress or can be resumed.
    public let rebuild: Rebuild?
    public let isServed: Bool
    /// Whether this version was served before the current one. It is kept so that a rollback is instant.
    public let isPrevious: Bool
    /// For a served version, the version that it replaced, if any.
    public let previous: VersionReference?

    /// The version's rules and code, for example `v2/c1`.
    public var reference: VersionReference { VersionReference(version: version, codeVersion: codeVersion) }
}

extension ProjectionVersion {
    init(row: PostgresRow) throws {
        let expires = try row.optionalTimestamptz(8)
        let poisonPosition = try row.optionalInt8(9)
        let poisonError = try row.optionalText(10)
        let rebuildPosition = try row.optionalInt8(13)
        let rebuildUntil = try row.optionalInt8(14)
        let isServed = try row.bool(15)
        let previousCode = try row.optionalInt4(18)
        let state = try row.text(11)
        guard let state = State(rawValue: state) else {
            throw LedgerError.corrupt(position: 0, problem: "a projection version is in the unknown state \(state)")
        }
        self.init(
            name: try row.text(0), version: try row.text(1), codeVersion: Int(try row.int4(2)),
            rules: try row.text(3), tableName: try row.text(4), position: try row.int8(5), epoch: try row.int8(6),
            leaseOwner: try row.optionalText(7), leaseExpiresAt: try expires.map { try Instant(stored: $0) },
            poison: poisonPosition.map { PoisonEvent(position: $0, problem: poisonError ?? "") }, state: state,
            rebuild: try row.optionalText(12).map {
                Rebuild(tableName: $0, position: rebuildPosition ?? 0, until: rebuildUntil)
            },
            isServed: isServed, isPrevious: try row.bool(16),
            previous: isServed
                ? try row.optionalText(17).map {
                    VersionReference(version: $0, codeVersion: previousCode.map(Int.init))
                } : nil)
    }

    /// The parameters of the catalog's key.
    var keyParameters: [PostgresValue] { [.text(name), .text(version), .int4(Int32(codeVersion))] }

    /// The quoted name of the version's table of rows.
    var table: String { "projection.\(quoteIdentifier(tableName))" }

    /// The quoted name of the table of facts behind its rows.
    var factsTable: String { "projection.\(quoteIdentifier("\(tableName)_facts"))" }
}

extension ProjectionIdentity {
    /// The version's rules and code, for example `v2/c1`.
    public var reference: VersionReference { VersionReference(version: version, codeVersion: codeVersion) }
}

extension ProjectionRegistry {
    /// The definition that folds a version, or nil if this program lacks its rules or its code.
    public func definition(of version: ProjectionVersion) -> ProjectionDefinition? {
        definition(version.name, version: version.version, codeVersion: version.codeVersion)
    }
}
