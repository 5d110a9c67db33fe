import LedgerJSON
import LedgerMerkle
public import LedgerValues

/// An event as recorded in the log.
public struct RecordedEvent: Sendable, Equatable {
    /// Its columns without the payload and the hash.
    public let header: EventHeader
    /// The payload in canonical JSON, exactly the hashed bytes.
    public let payload: [UInt8]
    /// The stored leaf hash; ``computedLeafHash()`` computes it afresh.
    public let leafHash: Digest32

    public init(header: EventHeader, payload: [UInt8], leafHash: Digest32) {
        self.header = header
        self.payload = payload
        self.leafHash = leafHash
    }

    public init(
        position: Int64, eventID: UniqueID, stream: String, streamVersion: Int64, type: String, schemaVersion: Int,
        recordedAt: Instant, effectiveAt: Instant?, runID: UniqueID, payload: [UInt8], leafHash: Digest32
    ) {
        self.init(
            header: EventHeader(
                position: position, eventID: eventID, stream: stream, streamVersion: streamVersion, type: type,
                schemaVersion: schemaVersion, recordedAt: recordedAt, effectiveAt: effectiveAt, runID: runID),
            payload: payload, leafHash: leafHash)
    }
}

extension RecordedEvent {
    public var position: Int64 { header.position }
    public var eventID: UniqueID { header.eventID }
    public var stream: String { header.stream }
    public var streamVersion: Int64 { header.streamVersion }
    /// The stored name of the type, which this program may not know.
    public var type: String { header.type }
    public var schemaVersion: Int { header.schemaVersion }
    public var recordedAt: Instant { header.recordedAt }
    public var effectiveAt: Instant? { header.effectiveAt }
    public var runID: UniqueID { header.runID }
}

// MARK: - The leaf

extension RecordedEvent {
    /// Appends an event's leaf (docs/contract/event-log.md, "Leaf bytes"): the canonical JSON object of its columns but the hash,
    /// the payload as an object. The payload must be canonical JSON; it is copied unchanged.
    ///
    /// Linear in the payload, without allocation if `out` has room (the payload's length + about 450 bytes).
    public static func appendLeaf(
        to out: inout [UInt8], position: Int64, eventID: UniqueID, stream: String, streamVersion: Int64,
        type: String, schemaVersion: Int, recordedAt: Instant, effectiveAt: Instant?, runID: UniqueID,
        payload: [UInt8]
    ) {
        out.reserveCapacity(out.count + payload.count + stream.utf8.count + type.utf8.count + 384)
        append("{\"effective_at\":", to: &out)
        if let effectiveAt {
            append("\"", to: &out)
            effectiveAt.write(to: &out)
            append("\"", to: &out)
        } else {
            append("null", to: &out)
        }
        append(",\"event_id\":\"", to: &out)
        eventID.write(to: &out)
        append("\",\"payload\":", to: &out)
        out.append(contentsOf: payload)
        append(",\"position\":", to: &out)
        append(position, to: &out)
        append(",\"recorded_at\":\"", to: &out)
        recordedAt.write(to: &out)
        append("\",\"run_id\":\"", to: &out)
        runID.write(to: &out)
        append("\",\"schema_version\":", to: &out)
        append(Int64(schemaVersion), to: &out)
        append(",\"stream\":", to: &out)
        append(string: stream, to: &out)
        append(",\"stream_version\":", to: &out)
        append(streamVersion, to: &out)
        append(",\"type\":", to: &out)
        append(string: type, to: &out)
        append("}", to: &out)
    }

    /// The bytes that `appendLeaf` appends.
    public static func leafBytes(
        position: Int64, eventID: UniqueID, stream: String, streamVersion: Int64, type: String, schemaVersion: Int,
        recordedAt: Instant, effectiveAt: Instant?, runID: UniqueID, payload: [UInt8]
    ) -> [UInt8] {
        var out: [UInt8] = []
        appendLeaf(
            to: &out, position: position, eventID: eventID, stream: stream, streamVersion: streamVersion, type: type,
            schemaVersion: schemaVersion, recordedAt: recordedAt, effectiveAt: effectiveAt, runID: runID,
            payload: payload)
        return out
    }

    /// Appends this event's leaf.
    public func appendLeaf(to out: inout [UInt8]) {
        Self.appendLeaf(
            to: &out, position: position, eventID: eventID, stream: stream, streamVersion: streamVersion, type: type,
            schemaVersion: schemaVersion, recordedAt: recordedAt, effectiveAt: effectiveAt, runID: runID,
            payload: payload)
    }

    /// The leaf hash computed from this event's columns, whatever ``leafHash`` says.
    public func computedLeafHash() -> Digest32 {
        var leaf: [UInt8] = []
        appendLeaf(to: &leaf)
        return MerkleHash.leaf(leaf)
    }

    /// Computes the leaf hash in a buffer that the caller keeps between events.
    public func computedLeafHash(reusing buffer: inout [UInt8]) -> Digest32 {
        buffer.removeAll(keepingCapacity: true)
        appendLeaf(to: &buffer)
        return MerkleHash.leaf(buffer)
    }

    @inline(__always)
    private static func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(_ number: Int64, to out: inout [UInt8]) {
        var rest = number.magnitude
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = 20
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { out.append(UInt8(ascii: "-")) }
        for index in start..<20 { out.append(digits[index]) }
    }

    /// Appends a JSON string. Nearly all names need no escaping, and are copied as they are.
    private static func append(string: String, to out: inout [UInt8]) {
        var string = string
        let isCopied = string.withUTF8 { utf8 in
            guard !mayNeedEscape(utf8) else { return false }
            out.append(UInt8(ascii: "\""))
            out.append(contentsOf: utf8)
            out.append(UInt8(ascii: "\""))
            return true
        }
        if isCopied { return }
        var writer = JSONWriter(reservingCapacity: string.utf8.count + 16)
        writer.string(string)
        out.append(contentsOf: writer.bytes)
    }
}
