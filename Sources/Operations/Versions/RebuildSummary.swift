package import LedgerJSON
package import LedgerProjections
import LedgerValues

/// The result of a rebuild: the folded position, the rows and their digest for each version.
package struct RebuildSummary: Sendable {
    package struct Version: Sendable {
        package let name: String
        /// The reference with its code, for example `v2/c1`.
        package let reference: VersionReference
        /// The last position that the rebuild folded. Followers continue from there.
        package let position: Int64
        /// The position at which an earlier rebuild had stopped. 0 if there was none.
        package let resumedFrom: Int64
        /// The number of events folded.
        package let events: Int
        /// The number of rows at the position.
        package let rows: Int
        /// The number of row versions that had ended by then.
        package let historyRows: Int
        /// `digest(projection, position)` of the stored rows, lower-case hex.
        package let digest: String
    }

    /// By name, then reference.
    package let versions: [Version]
    package let workers: Int
    /// The time from the start until the last version was ready, without the digests.
    package let seconds: Double

    /// `{"seconds":…,"versions":[…],"workers":…}`. Seconds have three digits.
    package var node: JSONNode {
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
