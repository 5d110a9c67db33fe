public import LedgerValues

/// An event's columns with its texts in place, so that millions of events can be checked without copying any text.
///
/// The caller owns the buffers: a value is valid only during the call that receives it.
public struct EventBytes {
    public var position: Int64
    public var eventID: UniqueID
    /// The stream's name, in UTF-8.
    public var stream: UnsafeRawBufferPointer
    public var streamVersion: Int64
    /// The type's name, in UTF-8.
    public var type: UnsafeRawBufferPointer
    public var schemaVersion: Int
    public var recordedAt: Instant
    public var effectiveAt: Instant?
    public var runID: UniqueID
    /// The payload in canonical JSON, exactly the hashed bytes.
    public var payload: UnsafeRawBufferPointer
    /// The stored or claimed leaf hash.
    public var leafHash: Digest32

    public init(
        position: Int64, eventID: UniqueID, stream: UnsafeRawBufferPointer, streamVersion: Int64,
        type: UnsafeRawBufferPointer, schemaVersion: Int, recordedAt: Instant, effectiveAt: Instant?, runID: UniqueID,
        payload: UnsafeRawBufferPointer, leafHash: Digest32
    ) {
        self.position = position
        self.eventID = eventID
        self.stream = stream
        self.streamVersion = streamVersion
        self.type = type
        self.schemaVersion = schemaVersion
        self.recordedAt = recordedAt
        self.effectiveAt = effectiveAt
        self.runID = runID
        self.payload = payload
        self.leafHash = leafHash
    }
}

extension RecordedEvent {
    /// Calls `body` with the event's columns in place.
    public func withBytes<R>(_ body: (EventBytes) throws -> R) rethrows -> R {
        var (stream, type) = (stream, type)
        return try stream.withUTF8 { stream in
            try type.withUTF8 { type in
                try payload.withUnsafeBytes { payload in
                    try body(
                        EventBytes(
                            position: position, eventID: eventID, stream: UnsafeRawBufferPointer(stream),
                            streamVersion: streamVersion, type: UnsafeRawBufferPointer(type),
                            schemaVersion: schemaVersion, recordedAt: recordedAt, effectiveAt: effectiveAt, runID: runID,
                            payload: payload, leafHash: leafHash))
                }
            }
        }
    }
}
