import Crypto
public import LedgerPostgres
public import LedgerProjections
import LedgerValues

extension ProjectionVerifier {
    /// The digest of everything that a version's tables held as of a position: every version of every row and of the
    /// facts behind the rows. Lower-case hex.
    ///
    /// SHA-256 over the digests (`VersionDigest`) of the versions made up to the position, rows first and then facts,
    /// each in order of key and `valid_from`. A version that ended after the position counts as current.
    public static func fullDigest(
        of version: ProjectionVersion, _ definition: ProjectionDefinition, at position: Int64, _ session: PostgresSession
    ) throws -> String {
        var hash = SHA256()
        for table in StoredVersions.all(of: version, definition) {
            try table.forEach(session, .inOrder(upTo: position)) { row in
                hash.update(data: row.digest.asOf(position).digest.bytes)
            }
        }
        return hash.finalize().hex
    }

    /// The digest and the number of the stored rows as of a position.
    public static func digest(
        of version: ProjectionVersion, _ columns: ColumnSet, at position: Int64, _ session: PostgresSession
    ) throws -> (digest: String, rows: Int) {
        var digest = RowDigest(columns)
        let table = VersionTable(name: version.table, key: columns.key, stored: columns.stored)
        try session.copyOut(table.copyOut(at: position, [])) { row in
            // A null, which no document is, counts as an empty text, which is no JSON.
            let document = try row.rawBytes(0) ?? UnsafeRawBufferPointer(start: nil, count: 0)
            try document.withMemoryRebound(to: UInt8.self) { try digest.add($0) }
        }
        return (digest.finish(), digest.rows)
    }
}
