import LedgerValues

/// What the log's table has instead of a payload in a detached range: the leaf that the payload is a part of.
///
/// The text is `@<position>:<leaf hash>`. It is no JSON, so nobody takes it for a payload: whoever does not read the archive fails.
struct PayloadReference: Equatable {
    let position: Int64
    let leafHash: Digest32

    /// The SQL expression of the reference to an event of an alias of the log.
    static func ofRow(_ alias: String) -> String { "('@' || \(alias).position || ':' || encode(\(alias).leaf_hash, 'hex'))" }

    /// Whether a stored payload is a reference, perhaps a malformed one.
    static func isOne(_ stored: UnsafeRawBufferPointer) -> Bool { stored.first == UInt8(ascii: "@") }

    init(position: Int64, leafHash: Digest32) {
        self.position = position
        self.leafHash = leafHash
    }

    /// Nil for anything but the exact text that ``text`` gives.
    init?(_ stored: UnsafeRawBufferPointer) {
        guard Self.isOne(stored), let string = String(validating: stored.dropFirst(), as: UTF8.self) else { return nil }
        let parts = string.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let position = Int64(parts[0]), let hash = Digest32(hex: String(parts[1])) else { return nil }
        self.init(position: position, leafHash: hash)
        guard text.utf8.elementsEqual(stored) else { return nil }
    }

    var text: String { "@\(position):\(leafHash)" }
}
