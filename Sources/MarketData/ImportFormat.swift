/// How a file of observations is written (docs/contract/market-data.md, "Import format").
public enum ImportFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case ndjson
    /// RFC 4180 with a header, the columns named as the fields are.
    case csv
}

/// What the volatilities of a file are.
public enum VolatilityUnit: String, Sendable, CaseIterable {
    /// 58.3 means 58.3 %.
    case points = "vol_points"
    /// 0.583 means 58.3 %: multiplied by 100, exactly, and said so in the observation's `unit_source`.
    case fraction
}

/// How a file is read.
public struct ImportOptions: Sendable {
    public var format: ImportFormat
    /// Of lines that don't say it themselves in `unit`.
    public var unit: VolatilityUnit
    /// The kind of lines that don't say it themselves in `kind`, by its name; nil: each line has to.
    public var kind: String?

    public init(format: ImportFormat, unit: VolatilityUnit = .points, kind: String? = nil) {
        self.format = format
        self.unit = unit
        self.kind = kind
    }
}

/// Why a line is not an observation.
public struct LineFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence without the line's number; it may quote a piece of the line.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}

/// The largest line or CSV record, in bytes: what does not end by then is refused without being held.
public let maximumRecordLength = 1 << 20
