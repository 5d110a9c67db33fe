public import JSON
public import Projections
import Values

/// What a rebuild made: for each version how far it is folded, its rows, and their digest.
public struct RebuildSummary: Sendable {
    public struct Version: Sendable {
        public let name: String
        /// With its code, for example `v2/c1`.
        public let reference: VersionReference
        /// Everything up to and including this position was folded in by the rebuild; followers go on from there.
        public let position: Int64
        /// Where an earlier rebuild had been stopped; 0 for none.
        public let resumedFrom: Int64
        /// Events folded.
        public let events: Int
        /// Rows as of the position.
        public let rows: Int
        /// Versions of rows that had ended by then.
        public let historyRows: Int
        /// `digest(projection, position)` of the stored rows, lower-case hex.
        public let digest: String
    }

    /// By name, then reference.
    public let versions: [Version]
    public let workers: Int
    /// From the start to the last version's readiness, digests not counted.
    public let seconds: Double

    /// `{"seconds":…,"versions":[…],"workers":…}`; seconds with three digits.
    public var node: JSONNode {
        .object([
            ("seconds", .decimal(FixedDecimal(units: Int128(seconds * 1000) * 10_000_000))),
            ("versions", .array(versions.map(\.node))), ("workers", .integer(Int64(workers))),
        ])
    }
}

extension RebuildSummary.Version {
    var node: JSONNode {
        .object([
            ("name", .string(name)), ("version", .string(reference.version)),
            ("code_version", reference.codeVersion.map { .integer(Int64($0)) } ?? .null),
            ("position", .integer(position)), ("resumed_from", .integer(resumedFrom)),
            ("events", .integer(Int64(events))), ("rows", .integer(Int64(rows))),
            ("history_rows", .integer(Int64(historyRows))), ("digest", .string(digest)),
        ])
    }
}
