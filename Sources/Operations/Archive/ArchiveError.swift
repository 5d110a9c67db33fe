import LedgerStore

/// Why a range of the log is not archived, detached or attached.
package enum ArchiveError: Error, Equatable, CustomStringConvertible {
    /// No partition ends at or before both positions.
    case nothingClosed(until: Int64, published: Int64)
    /// A leaf from before the limit does not fit into an entry bundle.
    case entryTooLong(position: Int64, bytes: Int)
    /// A partition does not begin or end where a bundle of entries does.
    case notWholeBundles(table: String)
    /// No partition of the log has exactly the range.
    case noSuchPartition(first: Int64, last: Int64)
    /// The log appends to the partition, or soon will.
    case open(first: Int64, last: Int64)
    /// The payloads of the range are in archives alone already.
    case alreadyDetached(first: Int64, last: Int64)
    /// The range is not detached.
    case notDetached(first: Int64, last: Int64)
    /// Fewer than two copies were named.
    case oneCopy
    /// Two copies are on one device, or in one bucket.
    case onePlace(String, String)
    /// No key of archives lies beside the signing key.
    case noKey(path: String)
    /// The range in a copy is not there, or wrong.
    case copy(place: String, problem: String)
    /// An object has its key already, or does not read back as it was written.
    case notWritten(problem: String)

    package var description: String {
        switch self {
        case .nothingClosed(let until, let published):
            "nothing_closed: no partition of the log ends at or before position \(min(until, published)) (asked for: \(until), published: \(published)); `alpha-ledger db status` lists the partitions"
        case .entryTooLong(let position, let bytes):
            "leaf_too_large: the leaf at position \(position) has \(bytes) bytes, and an entry bundle takes at most \(LeafLimit.bytes): its partition can't be archived"
        case .noSuchPartition(let first, let last):
            "no_such_partition: no partition of the log has the positions \(first) to \(last); `alpha-ledger db status` lists the partitions"
        case .open(let first, let last):
            "partition_open: the partition of the positions \(first) to \(last) is the last one: it is not closed"
        case .alreadyDetached(let first, let last): "already_detached: the positions \(first) to \(last) are in archives alone"
        case .notDetached(let first, let last): "not_detached: the positions \(first) to \(last) are no detached range"
        case .oneCopy: "copy_missing: expected two copies of the range on different devices or in different buckets"
        case .onePlace(let one, let other):
            "one_device: \(one) and \(other) are \(one.hasPrefix("/") ? "on one device" : "in one bucket"); expected copies on different devices or in different buckets"
        case .noKey(let path): "no_archive_key: \(path) is absent, and it signs the manifests; `archive create` makes it"
        case .copy(let place, let problem): "copy_wrong: \(place): \(problem)"
        case .notWritten(let problem): "not_written: \(problem)"
        case .notWholeBundles(let table): "ledger.\(table) does not consist of whole bundles of entries"
        }
    }
}
