package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `SnapshotCaptured`: what a vendor had of a series of a market in one hour of UTC.
///
/// Its observations are events of the same transaction, unless the log had them already.
package struct SnapshotCapturedPayload: Sendable, Equatable {
    package let currency: String
    /// The series, and the type of the snapshot in tables: `gex`, `vol_metrics` and so on.
    package let snapshotType: String
    /// The start of the hour.
    package let hour: Instant
    /// The observations of the hour. 0 if the vendor had none.
    package let recordCount: Int64
    /// Of the contents of the observations; see ``digest(of:)``.
    package let digest: Digest32
    /// Who was asked. This and what follows is not part of the content.
    package let observedSource: String
    /// The answers that were read for the window.
    package let pages: Int64
    /// What was asked, [from, to).
    package let windowFrom: Instant
    package let windowTo: Instant

    package init(
        currency: String, snapshotType: String, hour: Instant, recordCount: Int64, digest: Digest32, observedSource: String,
        pages: Int64, windowFrom: Instant, windowTo: Instant
    ) {
        self.currency = currency
        self.snapshotType = snapshotType
        self.hour = hour
        self.recordCount = recordCount
        self.digest = digest
        self.observedSource = observedSource
        self.pages = pages
        self.windowFrom = windowFrom
        self.windowTo = windowTo
    }

    /// The UTC date of the hour.
    package var snapshotDate: CalendarDate { hour.date }

    /// The SHA-256 of the canonical JSON array of the content digests of observations, in the order of their hexadecimal digits.
    package static func digest(of observations: [EncodedObservation]) -> Digest32 {
        var out = JSONWriter(reservingCapacity: observations.count * 67 + 2)
        out.beginArray()
        for digest in observations.map(\.contentDigest.description).sorted(by: { $0.isBytewiseLess(than: $1) }) { out.string(digest) }
        out.endArray()
        return Digest32(sha256Of: out.bytes)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 384)
        out.beginObject()
        out.key("currency"); out.string(currency)
        out.key("digest"); out.digest(digest)
        out.key("hour"); out.instant(hour)
        out.key("observed_source"); out.string(observedSource)
        out.key("pages"); out.integer(pages)
        out.key("record_count"); out.integer(recordCount)
        out.key("snapshot_date"); out.date(snapshotDate)
        out.key("snapshot_type"); out.string(snapshotType)
        out.key("window_from"); out.instant(windowFrom)
        out.key("window_to"); out.instant(windowTo)
        out.endObject()
        return out.bytes
    }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: [
                "currency", "digest", "hour", "observed_source", "pages", "record_count", "snapshot_date", "snapshot_type",
                "window_from", "window_to",
            ])
        guard let digest = Digest32(hex: try reader.string("digest")) else { throw reader.error("digest", "is not a digest") }
        self.init(
            currency: try reader.string("currency"), snapshotType: try reader.string("snapshot_type"), hour: try reader.instant("hour"),
            recordCount: try reader.integer("record_count"), digest: digest, observedSource: try reader.string("observed_source"),
            pages: try reader.integer("pages"), windowFrom: try reader.instant("window_from"), windowTo: try reader.instant("window_to"))
        guard try reader.string("snapshot_date").isBytewiseEqual(to: snapshotDate.description) else {
            throw reader.error("snapshot_date", "is not the date of the hour")
        }
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

/// The payload of `CaptureFailed`: why a vendor gave nothing of a series of a market in a window.
package struct CaptureFailedPayload: Sendable, Equatable {
    package enum Code: String, Sendable {
        /// 401 or 403.
        case notEntitled = "not_entitled"
        case failed
    }

    package let currency: String
    package let snapshotType: String
    /// What was asked, [from, to).
    package let windowFrom: Instant
    package let windowTo: Instant
    package let code: Code
    /// A sentence without secrets. This and what follows is not part of the content.
    package let message: String
    package let observedSource: String

    package init(
        currency: String, snapshotType: String, windowFrom: Instant, windowTo: Instant, code: Code, message: String, observedSource: String
    ) {
        self.currency = currency
        self.snapshotType = snapshotType
        self.windowFrom = windowFrom
        self.windowTo = windowTo
        self.code = code
        self.message = message
        self.observedSource = observedSource
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 384)
        out.beginObject()
        out.key("code"); out.string(code.rawValue)
        out.key("currency"); out.string(currency)
        out.key("message"); out.string(message)
        out.key("observed_source"); out.string(observedSource)
        out.key("snapshot_type"); out.string(snapshotType)
        out.key("window_from"); out.instant(windowFrom)
        out.key("window_to"); out.instant(windowTo)
        out.endObject()
        return out.bytes
    }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["code", "currency", "message", "observed_source", "snapshot_type", "window_from", "window_to"])
        guard let code = Code(rawValue: try reader.string("code")) else { throw reader.error("code", "is not one of failed, not_entitled") }
        self.init(
            currency: try reader.string("currency"), snapshotType: try reader.string("snapshot_type"),
            windowFrom: try reader.instant("window_from"), windowTo: try reader.instant("window_to"), code: code,
            message: try reader.string("message"), observedSource: try reader.string("observed_source"))
    }

    /// `CaptureFailed` of a run.
    package func event(runID: UniqueID) -> NewEvent {
        NewEvent(
            .captureFailed, identity: Identity.captureFailed(runID: runID, currency: currency, type: snapshotType),
            stream: Streams.capture(currency: currency, type: snapshotType), payload: encode())
    }
}

extension SnapshotCapturedPayload: EventPayload {}
extension CaptureFailedPayload: EventPayload {}
