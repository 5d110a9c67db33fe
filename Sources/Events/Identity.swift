public import Values

/// Identity strings: what makes two appends the same event (spec 1, section 3).
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

    /// `execution|source|id|recorded`
    public static func executionRecorded(source: String, id: String) -> String {
        join(["execution", source, id, "recorded"])
    }

    /// `execution|source|id|updated|prev|digest`; `previous` is the stream's previous version, the digest that
    /// of the new content.
    public static func executionUpdated(source: String, id: String, previous: Int64, digest: Digest32) -> String {
        join(["execution", source, id, "updated", "\(previous)", "\(digest)"])
    }

    /// `execution|source|id|missing|prev`
    public static func missing(source: String, id: String, previous: Int64) -> String {
        join(["execution", source, id, "missing", "\(previous)"])
    }

    /// `execution|source|id|reappeared|prev`
    public static func reappeared(source: String, id: String, previous: Int64) -> String {
        join(["execution", source, id, "reappeared", "\(previous)"])
    }

    /// `rejected|source|raw digest|reasons digest`
    public static func rejected(source: String, rawDigest: Digest32, reasonsDigest: Digest32) -> String {
        join(["rejected", source, "\(rawDigest)", "\(reasonsDigest)"])
    }

    /// `sync|run_id`
    public static func syncCompleted(runID: UniqueID) -> String {
        join(["sync", "\(runID)"])
    }

    /// `syncfailed|run_id`
    public static func syncFailed(runID: UniqueID) -> String {
        join(["syncfailed", "\(runID)"])
    }

    /// `context|source|id|context_key|prev|digest`
    public static func contextStamped(
        source: String, id: String, contextKey: String, previous: Int64, digest: Digest32
    ) -> String {
        join(["context", source, id, contextKey, "\(previous)", "\(digest)"])
    }

    /// `benchmark|source|id|prev|digest`
    public static func benchmarkRecorded(source: String, id: String, previous: Int64, digest: Digest32) -> String {
        join(["benchmark", source, id, "\(previous)", "\(digest)"])
    }

    /// `mark|source|id|horizon|prev|digest`
    public static func markRecorded(
        source: String, id: String, horizonKey: String, previous: Int64, digest: Digest32
    ) -> String {
        join(["mark", source, id, horizonKey, "\(previous)", "\(digest)"])
    }

    /// `market|kind|identifying digest|prev|digest`
    public static func marketObserved(
        kind: String, identifyingDigest: Digest32, previous: Int64, digest: Digest32
    ) -> String {
        join(["market", kind, "\(identifyingDigest)", "\(previous)", "\(digest)"])
    }

    /// `promoted|name|run_id`
    public static func projectionPromoted(name: String, runID: UniqueID) -> String {
        join(["promoted", name, "\(runID)"])
    }
}
