public import LedgerValues

/// Identity strings: what makes two appends the same event (docs/contract/event-log.md, "Identity").
///
/// The components are joined with `|`; inside each, `%` is written `%25` and `|` `%7C`. An event's id is the
/// name-based UUID of its identity under ``namespace``.
public enum Identity {
    /// The fixed namespace of event ids, the same as in `schema/namespace`.
    public static let namespace = UniqueID(high: 0x33d9_e430_a992_4335, low: 0x83f5_0ec1_55eb_dad2)

    /// The event id of an identity string: its UUIDv5 under ``namespace``.
    public static func eventID(of identity: String) -> UniqueID {
        UniqueID(nameBased: identity, in: namespace)
    }

    /// Joins components with `|`, escaping `%` and `|` inside them.
    public static func join(_ parts: [String]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(parts.count) { $0 + $1.utf8.count } + 8)
        for (index, part) in parts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "|")) }
            for byte in part.utf8 {
                switch byte {
                case UInt8(ascii: "%"): bytes.append(contentsOf: [0x25, 0x32, 0x35])
                case UInt8(ascii: "|"): bytes.append(contentsOf: [0x25, 0x37, 0x43])
                default: bytes.append(byte)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
