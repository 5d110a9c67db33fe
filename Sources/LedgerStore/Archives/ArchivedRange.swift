package import LedgerMerkle
package import LedgerPostgres

/// A range of the log whose payloads are in archives alone.
package struct ArchivedRange: Sendable, Equatable {
    package let first: Int64
    package let last: Int64
    /// The places of its archives, each with the whole range: absolute paths of directories, and places elsewhere that the program's
    /// ``RemoteArchives`` know.
    package let copies: [String]

    package init(first: Int64, last: Int64, copies: [String]) {
        self.first = first
        self.last = last
        self.copies = copies
    }

    /// Whether a copy is a directory of this machine.
    static func isDirectory(_ copy: String) -> Bool { copy.hasPrefix("/") }

    /// The directory of a range within an archive.
    package static func directory(_ first: Int64, _ last: Int64) -> String { "\(first)-\(last)" }

    /// The path of a bundle of entries within an archive of a range.
    package static func entries(_ tile: Tile, _ first: Int64, _ last: Int64) -> String {
        "\(directory(first, last))/tile/\(TileResource.entries(tile).path)"
    }

    /// The ranges that are detached, in order of their positions.
    package static func all(_ session: PostgresSession) throws -> [ArchivedRange] {
        try session.execute(
            "SELECT first_position, last_position, copies FROM ledger.archives WHERE attached_at IS NULL ORDER BY first_position"
        ).map { ArchivedRange(first: try $0.int8(0), last: try $0.int8(1), copies: try $0.textArray(2)) }
    }
}

extension LogPartition {
    /// The name of the table that holds the headers of a range while the range is detached.
    static func headersTable(_ first: Int64) -> String { "headers_\(first)" }

    /// The name of the table of a range that is detached.
    static func detachedTable(_ first: Int64) -> String { "detached_\(first)" }

    /// Whether the payloads are in archives alone.
    package var isDetached: Bool { table == Self.headersTable(first) }
}
