// Made by `swift run payload-generator` from schema/events/IntradayFlowSummarized.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// Some minutes of a contract's flow.
package struct FlowBucket: CodedFields {
    package var figures = FlowFigures()
    /// `bucket_start_utc`
    package var start: Instant = .minimum
    /// `bucket_minutes`
    package var minutes: Int64 = 0

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try figures.code(&fields)
        try fields.integer("bucket_minutes", &minutes)
        try fields.instant("bucket_start_utc", &start)
    }
}

extension FlowBucket: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: FlowBucket, right: FlowBucket) -> Bool {
        guard left.start == right.start,
            left.minutes == right.minutes,
            left.figures == right.figures
        else { return false }
        return true
    }
}
