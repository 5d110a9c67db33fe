import LedgerEvents
import LedgerJSON
import LedgerValues

/// The digests of the current versions of one entity's rows and facts during a fold of the log.
struct EntityVersions {
    fileprivate let bucket: Int
    fileprivate var rows: [TalliedVersions.Version] = []
    fileprivate var facts: [TalliedVersions.Version] = []

    init(of entity: RowKey) { bucket = VersionTally.bucket(of: entity) }
}

/// Keeps digests of the current versions, and counts each version in a tally when it ends.
struct TalliedVersions: VersionStrategy {
    struct Version {
        /// The digest of the document; a document with another digest makes a new version.
        let document: Digest32
        let content: Digest32
        /// The hash of a row's key.
        let key: Int
        let origin: VersionOrigin

        fileprivate init(document: Digest32, content: Digest32, key: Int, origin: VersionOrigin) {
            self.document = document
            self.content = content
            self.key = key
            self.origin = origin
        }

        fileprivate init(_ version: StandingEntity.Version) {
            self.init(
                document: version.document, content: version.digest.content, key: version.key.hashValue,
                origin: VersionOrigin(at: version.digest.from, isFirst: version.digest.era != nil))
        }
    }

    /// The versions that ended.
    private(set) var tally: VersionTally
    /// The bucket of the entity in hand.
    private var bucket = 0
    /// The number of its first versions that stay as they are; they are not copied.
    private var kept = 0
    /// Its versions after the event, behind those.
    private var next: [Version] = []
    private var content = VersionContent()
    /// The hash of the row's key that was looked for last.
    private var hash = 0

    init(_ tally: VersionTally) { self.tally = tally }

    /// An entity that starts from versions that the tally already counts as current. They are taken out of the tally: each is
    /// counted again when it ends, or at the end of the fold.
    mutating func entity(_ key: RowKey, _ standing: StandingEntity) -> EntityVersions {
        var entity = EntityVersions(of: key)
        entity.rows = standing.rows.sorted { $0.key < $1.key }.map(Version.init)
        entity.facts = standing.facts.map { [Version($0)] } ?? []
        for version in standing.rows { tally.remove(version.digest, bucket: entity.bucket) }
        if let facts = standing.facts { tally.remove(facts.digest, bucket: entity.bucket) }
        return entity
    }

    /// Replaces an entity's current versions by its documents after an event.
    mutating func replace(_ entity: inout EntityVersions, by documents: EntityDocuments, at position: Int64) {
        bucket = entity.bucket
        let places = documents.places
        documents.withBytes { bytes in
            replace(.row, entity.rows, by: places[.row], in: bytes, at: position)
            take(&entity.rows)
            replace(.facts, entity.facts, by: places[.facts], in: bytes, at: position)
            take(&entity.facts)
        }
    }

    /// Counts an entity's current versions, after the last event.
    mutating func finish(_ entity: EntityVersions) {
        bucket = entity.bucket
        for version in entity.rows { count(version, to: nil) }
        for version in entity.facts { count(version, to: nil) }
    }

    private mutating func take(_ versions: inout [Version]) {
        if kept < versions.count { versions.removeSubrange(kept...) }
        versions.append(contentsOf: next)
        next.removeAll(keepingCapacity: true)
        kept = 0
    }

    private mutating func count(_ version: Version, to position: Int64?) {
        tally.add(VersionDigest(version.content, version.origin, to: position), bucket: bucket)
    }

    func document(_ bytes: UnsafeBufferPointer<UInt8>) -> Digest32 { Digest32(sha256Of: UnsafeRawBufferPointer(bytes)) }

    func count(of versions: [Version]) -> Int { versions.count }

    mutating func find(
        _ kind: DocumentKind, _ key: RowKey, in versions: [Version], from index: Int
    ) -> (index: Int, isThere: Bool) {
        // An entity's facts have one key, which needs no hash.
        if kind == .facts { return (index, index < versions.count) }
        hash = key.hashValue
        return versions[index...].firstIndex { [hash] in $0.key == hash }.map { ($0, true) } ?? (index, false)
    }

    func isCurrent(_ document: Digest32, _ index: Int, of versions: [Version]) -> Bool { versions[index].document == document }

    mutating func keep(_ index: Int, of versions: [Version]) {
        if next.isEmpty, index == kept { kept += 1 } else { next.append(versions[index]) }
    }

    mutating func end(_ kind: DocumentKind, _ index: Int, of versions: [Version], at position: Int64) {
        count(versions[index], to: position)
    }

    mutating func begin(_ kind: DocumentKind, _ row: RowWriter.Place, _ document: Digest32, from origin: VersionOrigin) {
        content.set(kind, key: row.key, stored: row.stored, document: document)
        next.append(Version(document: document, content: content.digest, key: hash, origin: origin))
    }
}
