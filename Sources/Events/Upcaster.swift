/// A payload in the current schema's terms, whatever version it was stored in.
public enum EventPayload: Sendable, Equatable {
    /// `AlphaExecutionRecorded`, and `AlphaExecutionUpdated` where `changedFields` is there.
    case execution(ExecutionPayload)
    /// `AlphaExecutionMissing`
    indirect case missing(MissingPayload)
    /// `AlphaExecutionReappeared`
    indirect case reappeared(ReappearedPayload)
    /// `AlphaRowRejected`
    indirect case rejectedRow(RejectedRowPayload)
    /// `AlphaSyncCompleted`
    indirect case syncCompleted(SyncCompletedPayload)
    /// `AlphaSyncFailed`
    indirect case syncFailed(SyncFailedPayload)
    /// `ProjectionPromoted`
    indirect case projectionPromoted(ProjectionPromotedPayload)
    /// `MarketObserved`
    indirect case marketObserved(MarketObservedPayload)
    /// `ContextStamped`
    case contextStamped(ContextStampedPayload)
    /// `ExecutionBenchmarkRecorded`
    case benchmarkRecorded(ExecutionBenchmarkPayload)
    /// `ForwardMarkRecorded`
    case markRecorded(ForwardMarkPayload)
}

/// Why a stored payload can't be read.
public enum UpcastError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No event type has that name.
    case unknownType(String)
    /// The type has no such schema version here: a newer program may have written it.
    case unknownVersion(type: String, version: Int)
    /// The payload is not what its type and version say.
    case malformed(type: String, version: Int, PayloadError)

    /// One sentence, without any value of the payload.
    public var description: String {
        switch self {
        case .unknownType(let type): "unknown event type \(type)"
        case .unknownVersion(let type, let version): "unknown schema version \(version) of \(type)"
        case .malformed(let type, let version, let error): "malformed payload of \(type).v\(version): \(error)"
        }
    }
}

/// The one choke point between stored payloads and typed ones: every reader of the log goes through it, so that
/// a payload of an older schema version is lifted in one place only.
public enum Upcaster {
    /// The typed payload of an event, from its type's name, its schema version and its stored bytes.
    public static func payload(
        type: String, schemaVersion: Int, bytes: [UInt8]
    ) throws(UpcastError) -> EventPayload {
        guard let known = EventType(rawValue: type) else { throw .unknownType(type) }
        return try payload(type: known, schemaVersion: schemaVersion, bytes: bytes)
    }

    /// The typed payload of an event of a known type.
    public static func payload(
        type: EventType, schemaVersion: Int, bytes: [UInt8]
    ) throws(UpcastError) -> EventPayload {
        do {
            switch (type, schemaVersion) {
            case (.alphaExecutionRecorded, 1):
                return .execution(try recorded(ExecutionPayload(decoding: bytes)))
            case (.alphaExecutionUpdated, 1):
                return .execution(try updated(ExecutionPayload(decoding: bytes)))
            case (.alphaExecutionMissing, 1):
                return .missing(try MissingPayload(decoding: bytes))
            case (.alphaExecutionReappeared, 1):
                return .reappeared(try ReappearedPayload(decoding: bytes))
            case (.alphaRowRejected, 1):
                return .rejectedRow(try RejectedRowPayload(decoding: bytes))
            case (.alphaRowRejected, 2):
                return .rejectedRow(try RejectedRowPayload(decodingCut: bytes))
            case (.alphaSyncCompleted, 1):
                return .syncCompleted(try SyncCompletedPayload(decoding: bytes))
            case (.alphaSyncFailed, 1):
                return .syncFailed(try SyncFailedPayload(decoding: bytes))
            case (.projectionPromoted, 1):
                return .projectionPromoted(try ProjectionPromotedPayload(decoding: bytes))
            case (.marketObserved, 1):
                return .marketObserved(try MarketObservedPayload(decoding: bytes))
            case (.contextStamped, 1):
                return .contextStamped(try ContextStampedPayload(decoding: bytes))
            case (.executionBenchmarkRecorded, 1):
                return .benchmarkRecorded(try ExecutionBenchmarkPayload(decoding: bytes))
            case (.forwardMarkRecorded, 1):
                return .markRecorded(try ForwardMarkPayload(decoding: bytes))
            default:
                throw UpcastError.unknownVersion(type: type.rawValue, version: schemaVersion)
            }
        } catch let error as PayloadError {
            throw .malformed(type: type.rawValue, version: schemaVersion, error)
        } catch {
            throw .unknownVersion(type: type.rawValue, version: schemaVersion)
        }
    }

    /// The typed payload where its type has a reader for canonical bytes and these are such, as in the log; nil where
    /// it takes ``payload(type:schemaVersion:bytes:)-(EventType,_,_)``, which comes to the same, or says what is wrong.
    ///
    /// - Parameter pool: where texts that payloads share are kept from call to call.
    public static func canonicalPayload(
        type: EventType, schemaVersion: Int, bytes: UnsafeBufferPointer<UInt8>, pool: TextPool
    ) -> EventPayload? {
        guard schemaVersion == 1 else { return nil }
        var reader = CanonicalReader(bytes, pool)
        switch type {
        case .alphaExecutionRecorded:
            return reader.execution().flatMap { $0.changedFields == nil ? .execution($0) : nil }
        case .alphaExecutionUpdated:
            return reader.execution().flatMap { $0.changedFields == nil ? nil : .execution($0) }
        case .contextStamped: return reader.stamp().map { .contextStamped($0) }
        case .executionBenchmarkRecorded: return reader.benchmark().map { .benchmarkRecorded($0) }
        case .forwardMarkRecorded: return reader.mark().map { .markRecorded($0) }
        default: return nil
        }
    }

    private static func recorded(_ payload: ExecutionPayload) throws(PayloadError) -> ExecutionPayload {
        guard payload.changedFields == nil else {
            throw PayloadError(pointer: "", problem: "has the unknown key changed_fields")
        }
        return payload
    }

    private static func updated(_ payload: ExecutionPayload) throws(PayloadError) -> ExecutionPayload {
        guard payload.changedFields != nil else {
            throw PayloadError(pointer: "", problem: "lacks the key changed_fields")
        }
        return payload
    }
}
