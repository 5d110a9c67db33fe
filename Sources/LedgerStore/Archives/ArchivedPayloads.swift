import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerPostgres
import LedgerValues

/// The payloads of a read, from the log's table or, where the table refers to an archive, from there.
///
/// Each leaf that an archive gives is hashed, and taken only if it is the one that the table refers to. So a changed archive is found at
/// the event that is read, and an answer never differs from the one that the table gave. A copy that can't be read or has another leaf
/// is passed over while another one has the right leaf.
///
/// Made for one read, on the thread of its session.
final class ArchivedPayloads {
    private struct Place: Hashable {
        let copy: String
        let index: Int64
    }

    private enum Found {
        case bundle(EntryBundle)
        /// The file is no bundle.
        case other
        /// There is no file, or it can't be read.
        case nothing
    }

    /// The largest number of files that are kept. One is a few hundred kilobytes, and at most 16 MiB.
    private static let mostFiles = 16
    /// The depth of a leaf: a payload's and one more.
    private static let depth = 65

    private let session: PostgresSession
    private var ranges: [ArchivedRange]?
    private var kept: [Place: Found] = [:]
    /// The copies that could not be read.
    private var silent: Set<String> = []

    /// Asks the session for the archives as soon as a payload is in one. The session must be idle then.
    init(_ session: PostgresSession) { self.session = session }

    /// For a COPY, which keeps the session busy: asks it for the archives beforehand.
    static func forCopy(_ session: PostgresSession) throws -> ArchivedPayloads {
        let payloads = ArchivedPayloads(session)
        payloads.ranges = try ArchivedRange.all(session)
        return payloads
    }

    /// A payload by what is stored.
    func payload(_ stored: [UInt8]) throws -> [UInt8] { try stored.withUnsafeBytes { try referred(by: $0) } ?? stored }

    /// The payload that is referred to. Nil if the payload itself is stored.
    func referred(by stored: UnsafeRawBufferPointer, at position: Int64? = nil) throws -> [UInt8]? {
        guard PayloadReference.isOne(stored) else { return nil }
        guard let reference = PayloadReference(stored), position == nil || position == reference.position else {
            throw LedgerError.corrupt(position: position ?? 0, problem: "the payload is neither JSON nor a reference to an archive")
        }
        return try read(reference)
    }

    private func read(_ reference: PayloadReference) throws -> [UInt8] {
        let position = reference.position
        let ranges = try self.ranges ?? ArchivedRange.all(session)
        self.ranges = ranges
        guard let range = ranges.first(where: { $0.first...$0.last ~= position }) else {
            throw LedgerError.archiveUnreachable(
                position: position, problem: "no archive of it is recorded; if its range was just detached or attached, ask again")
        }
        let width = Int64(Tile.fullWidth)
        let (index, place) = (position - 1).quotientAndRemainder(dividingBy: width)
        guard let tile = Tile(level: 0, index: index) else {
            throw LedgerError.corrupt(position: position, problem: "no log has this position")
        }
        var unread: [String] = []
        for copy in order(of: range.copies) {
            let path = ArchivedRange.entries(tile, range.first, range.last)
            switch found(path, Place(copy: copy, index: index)) {
            case .bundle(let bundle):
                let leaf = bundle.leaf(Int(place))
                if MerkleHash.leaf(leaf) == reference.leafHash { return try payload(ofLeaf: leaf, position) }
            case .other: continue
            case .nothing:
                unread.append("\(copy)/\(path)")
                silent.insert(copy)
            }
        }
        if unread.isEmpty {
            throw LedgerError.corrupt(position: position, problem: "none of its archives has the event that was detached")
        }
        throw LedgerError.archiveUnreachable(position: position, problem: "\(unread.joined(separator: " and ")) can't be read")
    }

    /// A copy that could not be read before is asked last, because its silence may take seconds.
    private func order(of copies: [String]) -> [String] {
        silent.isEmpty ? copies : copies.filter { !silent.contains($0) } + copies.filter(silent.contains)
    }

    private func found(_ path: String, _ place: Place) -> Found {
        if let known = kept[place] { return known }
        guard let bytes = bytes(path, of: place.copy) else { return .nothing }
        if kept.count >= Self.mostFiles { kept.removeAll(keepingCapacity: true) }
        let found = EntryBundle(bytes).map(Found.bundle) ?? .other
        kept[place] = found
        return found
    }

    private func bytes(_ path: String, of copy: String) -> [UInt8]? {
        if ArchivedRange.isDirectory(copy) { return readFile("\(copy)/\(path)") }
        return (session.context as? any RemoteArchives)?.read(path, of: copy)
    }

    private func payload(ofLeaf leaf: [UInt8], _ position: Int64) throws -> [UInt8] {
        guard let document = try? JSONDocument(parsing: leaf, maximumDepth: Self.depth), let payload = document.root["payload"] else {
            throw LedgerError.corrupt(position: position, problem: "the leaf has no payload")
        }
        return Array(leaf[payload.sourceRange])
    }
}

extension ArchivedPayloads {
    /// Reads a row of ``LogReader/columns``.
    func event(_ row: PostgresRow) throws -> RecordedEvent {
        let stored = try row.utf8(9)
        let position = try row.int8(0)
        let payload = try stored.withUnsafeBytes { try referred(by: $0, at: position) } ?? stored
        return RecordedEvent(header: try EventHeader(row), payload: payload, leafHash: try Digest32(stored: try row.bytea(10)))
    }

    /// Reads type, schema version and payload from a column on.
    func stored(_ row: some PostgresFields, from column: Int) throws -> StoredPayload {
        StoredPayload(
            type: try row.text(column), schemaVersion: Int(try row.int4(column + 1)), bytes: try payload(try row.utf8(column + 2)))
    }
}
