import Crypto
import LedgerJSON
import LedgerValues

/// The point at which a list continues: its position and moment, the projection's version, and the last key. In any other
/// order than that of the keys, the last key's row tells where the list continues. A digest of the row selection and its
/// order ensures that a page never mixes with another list's.
struct ViewCursor: Sendable {
    let position: Int64
    let asOf: Instant
    let version: String
    let key: [String]

    init(position: Int64, asOf: Instant, version: String, key: [String]) {
        self.position = position
        self.asOf = asOf
        self.version = version
        self.key = key
    }

    /// Throws `badCursor` for any text that was not issued by this list with these filters in this order.
    init(parsing text: String, list: String) throws(ViewError) {
        guard text.utf8.count <= 4096, let bytes = Self.decode(text),
            let root = (try? JSONDocument(parsing: bytes))?.root,
            let position = root["p"]?.integer, position >= 0, let asOf = root["n"]?.string.flatMap({ Instant($0) }),
            let version = root["v"]?.string, let key = root["k"]?.elements.map(\.string),
            root["f"]?.string?.isBytewiseEqual(to: Self.digest(list)) == true
        else { throw .badCursor }
        let parts = key.compactMap { $0 }
        // The key of a stored row contains no U+0000, which cannot be sent to the database.
        guard !parts.isEmpty, parts.count == key.count, parts.allSatisfy({ !$0.utf8.contains(0) }) else { throw .badCursor }
        self.init(position: position, asOf: asOf, version: version, key: parts)
    }

    /// Whether the position and the moment in a request equal the cursor's own. A list has one of each.
    func stands(on request: ViewRequest) -> Bool {
        if let pinned = request.asOfPosition, pinned != position { return false }
        guard let instant = request.asOf else { return true }
        return asOf == request.effectiveAt.map { min($0, instant) } ?? instant
    }

    func text(list: String) -> String {
        Self.encode(
            JSONNode.object([
                ("f", .string(Self.digest(list))), ("k", .array(key.map(JSONNode.string))),
                ("n", .string(asOf.description)), ("p", .integer(position)), ("v", .string(version)),
            ]).canonicalBytes())
    }

    private static func digest(_ list: String) -> String {
        SHA256.hash(data: Array(list.utf8)).prefix(12).map { byte in
            byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }.joined()
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// base64url without padding (RFC 4648, section 5).
    private static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for index in 0...group.count { out.append(alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 63)]) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return out
    }
}
