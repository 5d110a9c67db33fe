/// Why a part of the open log is not given out, or not written.
package enum TileError: Error, Equatable, CustomStringConvertible {
    /// No head of this ledger was signed yet, or none as small as asked for.
    case noCheckpoint
    /// No published tree has the tile.
    case noSuchTile
    /// The newest published checkpoint does not reach the position.
    case notYetPublished(position: Int64, size: Int64)
    /// A leaf from before the limit does not fit into an entry bundle.
    case entryTooLong(position: Int64, bytes: Int)
    /// The directory cannot be written, or holds another log.
    case directory(problem: String)

    package var description: String {
        switch self {
        case .noCheckpoint: "no_checkpoint: no head of this ledger is published"
        case .noSuchTile: "no published tree has this tile"
        case .notYetPublished(let position, let size):
            "not_yet_published: the newest published checkpoint has size \(size), which does not reach position \(position)"
        case .entryTooLong(let position, let bytes):
            "leaf_too_large: the leaf at position \(position) has \(bytes) bytes, and an entry bundle takes at most 65535"
        case .directory(let problem): problem
        }
    }
}
