// Made by `swift run payload-generator` from schema/events/CaptureFailed.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `CaptureFailed`: why a vendor gave nothing of a series of a market in a window.
package struct CaptureFailedPayload: CodedFields {
    /// `currency`
    package var currency: String = ""
    /// `snapshot_type`: The series: gex, vol_metrics, …
    package var snapshotType: String = ""
    /// `window_from`: The start of what was asked.
    package var windowFrom: Instant = .minimum
    /// `window_to`: The end of what was asked, exclusive.
    package var windowTo: Instant = .minimum
    /// `code`: not_entitled for 401 and 403, else failed.
    package var code: CaptureFailedPayload.Code = .failed
    /// `message`: A sentence without secrets. It is not part of the content.
    package var message: String = ""
    /// `observed_source`: The vendor. It is not part of the content.
    package var observedSource: String = ""

    package init() {}

    package init(
        currency: String, snapshotType: String, windowFrom: Instant, windowTo: Instant, code: CaptureFailedPayload.Code,
        message: String, observedSource: String
    ) {
        self.currency = currency
        self.snapshotType = snapshotType
        self.windowFrom = windowFrom
        self.windowTo = windowTo
        self.code = code
        self.message = message
        self.observedSource = observedSource
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.choice("code", &code)
        try fields.text("currency", &currency)
        try fields.text("message", &message)
        try fields.text("observed_source", &observedSource)
        try fields.text("snapshot_type", &snapshotType)
        try fields.instant("window_from", &windowFrom)
        try fields.instant("window_to", &windowTo)
    }
}

extension CaptureFailedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: CaptureFailedPayload, right: CaptureFailedPayload) -> Bool {
        guard left.windowFrom == right.windowFrom,
            left.windowTo == right.windowTo,
            left.code == right.code,
            left.currency.isBytewiseEqual(to: right.currency),
            left.snapshotType.isBytewiseEqual(to: right.snapshotType),
            left.message.isBytewiseEqual(to: right.message),
            left.observedSource.isBytewiseEqual(to: right.observedSource)
        else { return false }
        return true
    }
}
