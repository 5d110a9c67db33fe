// Made by `swift run payload-generator` from schema/events/SnapshotCaptured.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `SnapshotCaptured`: what a vendor had of a series of a market in one hour of UTC.
///
/// Its observations are events of the same transaction, unless the log had them already.
package struct SnapshotCapturedPayload: CodedFields {
    /// `currency`
    package var currency: String = ""
    /// `snapshot_type`: The series: gex, vol_metrics, …
    package var snapshotType: String = ""
    /// `hour`: The start of the hour.
    package var hour: Instant = .minimum
    /// `record_count`: The observations of the hour; 0 if the vendor had none.
    package var recordCount: Int64 = 0
    /// `digest`: Of the contents of the observations.
    package var digest = Digest32([UInt8](repeating: 0, count: 32))
    /// `observed_source`: The vendor. It is not part of the content.
    package var observedSource: String = ""
    /// `pages`: The answers that were read for the window. It is not part of the content.
    package var pages: Int64 = 0
    /// `window_from`: The start of what was asked. It is not part of the content.
    package var windowFrom: Instant = .minimum
    /// `window_to`: The end of what was asked, exclusive. It is not part of the content.
    package var windowTo: Instant = .minimum

    package init() {}

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

    /// `snapshot_date`: The UTC date of the hour.
    package var snapshotDate: CalendarDate { hour.date }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("currency", &currency)
        try fields.digest("digest", &digest)
        try fields.instant("hour", &hour)
        try fields.text("observed_source", &observedSource)
        try fields.integer("pages", &pages)
        try fields.integer("record_count", &recordCount)
        try fields.text("snapshot_type", &snapshotType)
        try fields.instant("window_from", &windowFrom)
        try fields.instant("window_to", &windowTo)
        var snapshotDate = snapshotDate
        try fields.date("snapshot_date", &snapshotDate)
        try fields.check("snapshot_date", snapshotDate == self.snapshotDate, "is not the date of the hour")
    }
}

extension SnapshotCapturedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: SnapshotCapturedPayload, right: SnapshotCapturedPayload) -> Bool {
        guard left.hour == right.hour,
            left.recordCount == right.recordCount,
            left.digest == right.digest,
            left.pages == right.pages,
            left.windowFrom == right.windowFrom,
            left.windowTo == right.windowTo,
            left.currency.isBytewiseEqual(to: right.currency),
            left.snapshotType.isBytewiseEqual(to: right.snapshotType),
            left.observedSource.isBytewiseEqual(to: right.observedSource)
        else { return false }
        return true
    }
}
