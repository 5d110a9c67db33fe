/// How a file of observations is written (docs/contract/market-data.md, "Import format").
package enum ImportFormat: String, Sendable, CaseIterable {
    /// One JSON object for each line.
    case ndjson
    /// RFC 4180 with a header. The columns have the names of the fields.
    case csv
}

/// The unit of a file's volatilities.
package enum VolatilityUnit: String, Sendable, CaseIterable {
    /// 58.3 means 58.3 %.
    case points = "vol_points"
    /// 0.583 means 58.3 %. The value is multiplied by 100, exactly, and the observation's `unit_source` records this.
    case fraction
}

/// The options for reading a file.
package struct ImportOptions: Sendable {
    package var format: ImportFormat
    /// The unit for lines without a `unit` of their own.
    package var unit: VolatilityUnit
    /// The name of the kind for lines without a `kind` of their own. If nil, each line must name its kind.
    package var kind: String?

    package init(format: ImportFormat, unit: VolatilityUnit = .points, kind: String? = nil) {
        self.format = format
        self.unit = unit
        self.kind = kind
    }
}

/// The reason why a line is not an observation.
package struct LineFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence without the line's number. It may quote a piece of the line.
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}

/// The largest size of a line or CSV record, in bytes. A longer one is refused without being held in memory.
package let maximumRecordLength = 1 << 20
