package import LedgerEvents
import LedgerJSON
package import LedgerValues

extension SnapshotCapturedPayload: CodedPayload {
    package static let type = EventType.snapshotCaptured

    /// The SHA-256 of the canonical JSON array of the content digests of observations, in the order of their hexadecimal digits.
    package static func digest(of observations: [EncodedObservation]) -> Digest32 {
        var out = JSONWriter(reservingCapacity: observations.count * 67 + 2)
        out.beginArray()
        for digest in observations.map(\.contentDigest.description).sorted(by: { $0.isBytewiseLess(than: $1) }) { out.string(digest) }
        out.endArray()
        return Digest32(sha256Of: out.bytes)
    }

    package var stream: String { Streams.snapshot(currency: currency, date: snapshotDate, type: snapshotType) }

    /// `SnapshotCaptured` after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            .snapshotCaptured,
            identity: Identity.snapshotCaptured(
                currency: currency, type: snapshotType, hour: hour, previous: previousVersion, digest: digest),
            stream: stream, effectiveAt: hour, payload: encode(), expectedVersion: previousVersion)
    }
}

extension CaptureFailedPayload: CodedPayload {
    package static let type = EventType.captureFailed

    package enum Code: String, Sendable {
        /// 401 or 403.
        case notEntitled = "not_entitled"
        case failed
    }

    /// `CaptureFailed` of a run.
    package func event(runID: UniqueID) -> NewEvent {
        NewEvent(
            .captureFailed, identity: Identity.captureFailed(runID: runID, currency: currency, type: snapshotType),
            stream: Streams.capture(currency: currency, type: snapshotType), payload: encode())
    }
}
