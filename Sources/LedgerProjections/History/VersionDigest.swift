public import LedgerEvents
public import LedgerValues

/// The kinds of documents that a projection version stores.
public enum DocumentKind: UInt8, Sendable, CaseIterable {
    case row = 0
    /// The facts of an entity, from which its rows follow, if they are stored apart.
    case facts = 1
}

/// The content of one version of a document in a table, without the positions between which it is valid: the kind, the
/// key, the columns beside the document, and the document.
///
/// Its digest is SHA-256 over the kind's byte (0 for a row, 1 for facts) and the fields in the encoding of PostgreSQL's
/// binary COPY: the columns of the key, the `stored` columns of `columns.json`, and SHA-256 of the document. A field is
/// its length in bytes as a big-endian 32-bit integer, followed by its bytes; a null is the length −1 alone. Texts are
/// UTF-8. An instant is a big-endian 64-bit number of microseconds since 2000-01-01T00:00:00Z.
///
/// A value can be used for one version after the other, which saves an allocation for each.
public struct VersionContent: Sendable {
    private var fields: [UInt8] = []

    public init() {}

    /// The content of a version that a fold made.
    public init(_ kind: DocumentKind, key: RowKey, stored: [StoredValue], document: Digest32) {
        set(kind, key: key, stored: stored, document: document)
    }

    /// Begins the content of the next version.
    public mutating func begin(_ kind: DocumentKind) {
        fields.removeAll(keepingCapacity: true)
        fields.append(kind.rawValue)
    }

    /// Becomes the content of a version that a fold made.
    mutating func set(_ kind: DocumentKind, key: RowKey, stored: [StoredValue], document: Digest32) {
        begin(kind)
        for part in key.parts { add(part.text) }
        for value in stored {
            switch value {
            case .text(let text?): add(text)
            case .instant(let instant?): add(instant)
            case .text(nil), .instant(nil): add(nil)
            }
        }
        addDocument(document)
    }

    /// Adds a field by its bytes in the server's encoding; nil for null.
    public mutating func add(_ bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return addLength(-1) }
        addLength(Int32(bytes.count))
        fields.append(contentsOf: bytes)
    }

    /// Adds the document by its SHA-256.
    public mutating func addDocument(_ digest: Digest32) {
        addLength(32)
        digest.append(to: &fields)
    }

    private mutating func add(_ text: String) {
        addLength(Int32(text.utf8.count))
        fields.append(contentsOf: text.utf8)
    }

    private mutating func add(_ instant: Instant) {
        withUnsafeBytes(of: (instant.microseconds - microsecondsTo2000).bigEndian) { add($0) }
    }

    private mutating func addLength(_ length: Int32) {
        withUnsafeBytes(of: length.bigEndian) { fields.append(contentsOf: $0) }
    }

    /// The SHA-256 of the content; see ``VersionContent``.
    public var digest: Digest32 { fields.withUnsafeBytes { Digest32(sha256Of: $0) } }
}

/// A version in a table: its content, and the positions between which it is valid.
public struct VersionDigest: Sendable, Equatable {
    public let content: Digest32
    /// The position that made the version.
    public let from: Int64
    /// The position that ended the version; nil while it is current.
    public let to: Int64?
    /// The era of a key's first version; nil for later versions.
    public let era: Int16?

    public init(content: Digest32, from: Int64, to: Int64?, era: Int16?) {
        self.content = content
        self.from = from
        self.to = to
        self.era = era
    }

    init(_ content: Digest32, _ origin: VersionOrigin, to: Int64?) {
        self.init(content: content, from: origin.position, to: to, era: Era(of: origin)?.number)
    }

    /// The version as of a position at which it was valid: an end after the position is not yet known.
    public func asOf(_ position: Int64) -> VersionDigest {
        VersionDigest(content: content, from: from, to: to.flatMap { $0 > position ? nil : $0 }, era: era)
    }

    /// SHA-256 over the content's digest, `valid_from` and `valid_to` as big-endian 64-bit integers and `era` as a 16-bit
    /// integer; −1 stands for null.
    public var digest: Digest32 {
        withBytes { Digest32(sha256Of: $0) }
    }

    /// Calls `body` with the bytes to hash, after an optional prefix.
    func withBytes<Result>(
        after prefix: Digest32? = nil, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 82, alignment: 8) { bytes in
            guard var at = bytes.baseAddress else { preconditionFailure("82 bytes have an address") }
            let start = at
            if let prefix {
                prefix.store(to: at)
                at += 32
            }
            content.store(to: at)
            at.storeBytes(of: from.bigEndian, toByteOffset: 32, as: Int64.self)
            at.storeBytes(of: (to ?? -1).bigEndian, toByteOffset: 40, as: Int64.self)
            at.storeBytes(of: (era ?? -1).bigEndian, toByteOffset: 48, as: Int16.self)
            return body(UnsafeRawBufferPointer(start: start, count: at - start + 50))
        }
    }
}

/// The microseconds from 1970 to the server's own epoch.
private let microsecondsTo2000: Int64 = 946_684_800_000_000

extension StoredValue {
    /// The column's bytes in the server's encoding; nil for null.
    public var fieldBytes: [UInt8]? {
        switch self {
        case .text(let text): text.map { Array($0.utf8) }
        case .instant(let instant):
            instant.map { withUnsafeBytes(of: ($0.microseconds - microsecondsTo2000).bigEndian) { Array($0) } }
        }
    }
}
