public import JSON
public import Projections
import Values

/// The result of a rebuild: the folded position, the rows and their digest for each version.
public struct RebuildSummary: Sendable {
    public struct Version: Sendable {
        public let name: String
        /// The reference with its code, for example `v2/c1`.
        public let reference: VersionReference
        /// The last position that the rebuild folded. Followers continue from there.
        public let position: Int64
        /// The position at which an earlier rebuild had stopped. 0 if there was none.
        public let resumedFrom: Int64
        /// The number of events folded.
        public let events: Int
        /// The number of rows at the position.
        public let rows: Int
        /// The number of row versions that had ended by then.
        public let historyRows: Int
        /// `digest(projection, position)` of the stored rows, lower-case hex.
        public let digest: String
    }

    /// By name, then reference.
    public let versions: [Version]
    public let workers: Int
    /// The time from the start until the last version was ready, without the digests.
    public let seconds: Double

    /// `{"seconds":…,"versions":[…],"workers":…}`. Seconds have three digits.
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
