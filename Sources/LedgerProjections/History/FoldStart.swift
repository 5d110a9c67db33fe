public import LedgerEvents
public import LedgerValues

/// The start of a ``WholeFold`` with a tally: empty at position 0, or with the tally so far at a later position.
public struct FoldStart: Sendable {
    /// The position up to which the tally counts everything.
    let position: Int64
    /// The tally of every version made up to the position; versions valid at the position count as current.
    let tally: VersionTally
    /// The entities that later events touch; an absent entity has no versions at the position.
    let entities: [RowKey: StandingEntity]

    /// The start before the first event.
    public init(_ key: TallyKey) { self.init(after: 0, VersionTally(key), [:]) }

    public init(after position: Int64, _ tally: VersionTally, _ entities: [RowKey: StandingEntity]) {
        self.position = position
        self.tally = tally
        self.entities = entities
    }
}

/// An entity as of a position, as its tables hold it: all that a fold needs to continue from there.
public struct StandingEntity: Sendable {
    /// A version that is valid at the position.
    struct Version: Sendable {
        let key: RowKey
        /// The digest of its document.
        let document: Digest32
        let digest: VersionDigest
    }

    private(set) var rows: [Version] = []
    private(set) var facts: Version?
    /// The document of the entity's facts, or nil if it has no facts.
    public var factsDocument: [UInt8]?
    /// The events that the facts refer to.
    public var referred = ReferredEvents.none

    public init() {}

    /// Adds a version that is valid at the position.
    ///
    /// - Parameters:
    ///   - kind: whether it is a row or facts.
    ///   - key: its key.
    ///   - document: the digest of its document.
    ///   - digest: the digest of the version.
    public mutating func add(_ kind: DocumentKind, _ key: RowKey, document: Digest32, _ digest: VersionDigest) {
        let version = Version(key: key, document: document, digest: digest)
        switch kind {
        case .row: rows.append(version)
        case .facts: facts = version
        }
    }
}
