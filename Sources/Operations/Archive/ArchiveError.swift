import LedgerStore

/// Why a range of the log is not archived.
package enum ArchiveError: Error, Equatable, CustomStringConvertible {
    /// No partition ends at or before both positions.
    case nothingClosed(until: Int64, published: Int64)
    /// A leaf from before the limit does not fit into an entry bundle.
    case entryTooLong(position: Int64, bytes: Int)
    /// A partition does not begin or end where a bundle of entries does.
    case notWholeBundles(table: String)

    package var description: String {
        switch self {
        case .nothingClosed(let until, let published):
            "nothing_closed: no partition of the log ends at or before position \(min(until, published)) (asked for: \(until), published: \(published)); `alpha-ledger db status` lists the partitions"
        case .entryTooLong(let position, let bytes):
            "leaf_too_large: the leaf at position \(position) has \(bytes) bytes, and an entry bundle takes at most \(LeafLimit.bytes): its partition can't be archived"
        case .notWholeBundles(let table): "ledger.\(table) does not consist of whole bundles of entries"
        }
    }
}
