import LedgerEvents
import LedgerJSON
import LedgerValues

/// The current versions of one entity's rows and facts during a fold of the log. It tells which versions an event ends
/// and makes, and counts each version in a tally when the version ends.
struct EntityVersions {
    private struct Current {
        /// The digest of the document; a document with another digest makes a new version.
        let document: Digest32
        let content: Digest32
        /// The hash of the key.
        let key: Int
        let origin: VersionOrigin

        init(document: Digest32, content: Digest32, key: Int, origin: VersionOrigin) {
            self.document = document
            self.content = content
            self.key = key
            self.origin = origin
        }

        init(_ version: StandingEntity.Version) {
            self.init(
                document: version.document, content: version.digest.content, key: version.key.hashValue,
                origin: VersionOrigin(at: version.digest.from, isFirst: version.digest.era != nil))
        }
    }

    private let bucket: Int
    /// The current rows, in key order.
    private var rows: [Current] = []
    private var facts: Current?

    init(of entity: RowKey) { bucket = VersionTally.bucket(of: entity) }

    /// Starts from versions that the tally already counts as current, and takes them out of the tally: each is counted
    /// again when it ends, or at the end of the fold.
    init(of entity: RowKey, _ standing: StandingEntity, from tally: inout VersionTally) {
        bucket = VersionTally.bucket(of: entity)
        rows = standing.rows.sorted { $0.key < $1.key }.map(Current.init)
        facts = standing.facts.map(Current.init)
        for version in standing.rows + (standing.facts.map { [$0] } ?? []) { tally.remove(version.digest, bucket: bucket) }
    }

    /// Replaces the current versions by the ones that follow from the entity's facts after an event.
    ///
    /// - Parameters:
    ///   - written: the rows.
    ///   - document: the range of the facts' own document in the writer's bytes, after the rows; empty if the facts are
    ///     not stored apart.
    ///   - entity: the key of the entity.
    ///   - position: the position of the event.
    ///   - content: storage for the contents to digest.
    ///   - tally: counts the versions that end.
    mutating func replace(
        by written: borrowing RowWriter, facts document: Range<Int>, of entity: RowKey, at position: Int64,
        _ content: inout VersionContent, into tally: inout VersionTally
    ) {
        written.out.withBytes { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            replaceRows(by: written.rows, bytes, at: position, &content, into: &tally)
            replaceFacts(
                by: UnsafeRawBufferPointer(rebasing: bytes[document]), of: entity, at: position, &content, into: &tally)
        }
    }

    private mutating func replaceFacts(
        by document: UnsafeRawBufferPointer, of entity: RowKey, at position: Int64, _ content: inout VersionContent,
        into tally: inout VersionTally
    ) {
        let digest = document.isEmpty ? nil : Digest32(sha256Of: document)
        if facts?.document == digest { return }
        let isFirst = facts == nil
        if let facts { end(facts, at: position, into: &tally) }
        facts = digest.map { digest in
            content.set(.facts, key: entity, stored: [], document: digest)
            return Current(
                document: digest, content: content.digest, key: entity.hashValue,
                origin: VersionOrigin(at: position, isFirst: isFirst))
        }
    }

    private mutating func replaceRows(
        by new: [RowWriter.Row], _ bytes: UnsafeRawBufferPointer, at position: Int64, _ content: inout VersionContent,
        into tally: inout VersionTally
    ) {
        for (index, row) in new.enumerated() {
            let key = row.key.hashValue
            let document = Digest32(sha256Of: UnsafeRawBufferPointer(rebasing: bytes[row.document]))
            // Both lists are in key order, so the current rows between the last match and this one have ended.
            let known = rows[index...].firstIndex { $0.key == key }
            if let known {
                end(index..<known, at: position, into: &tally)
                if rows[index].document == document { continue }
                end(rows[index], at: position, into: &tally)
            }
            content.set(.row, key: row.key, stored: row.stored, document: document)
            let current = Current(
                document: document, content: content.digest, key: key,
                origin: VersionOrigin(at: position, isFirst: known == nil))
            if known == nil { rows.insert(current, at: index) } else { rows[index] = current }
        }
        end(new.count..<rows.count, at: position, into: &tally)
    }

    /// Ends and removes some current rows.
    private mutating func end(_ gone: Range<Int>, at position: Int64, into tally: inout VersionTally) {
        if gone.isEmpty { return }
        for index in gone { end(rows[index], at: position, into: &tally) }
        rows.removeSubrange(gone)
    }

    private func end(_ version: Current, at position: Int64?, into tally: inout VersionTally) {
        tally.add(VersionDigest(version.content, version.origin, to: position), bucket: bucket)
    }

    /// Counts the current versions, after the last event.
    func addCurrent(to tally: inout VersionTally) {
        for row in rows { end(row, at: nil, into: &tally) }
        if let facts { end(facts, at: nil, into: &tally) }
    }
}
