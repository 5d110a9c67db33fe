import Crypto
import LedgerEvents
public import LedgerPostgres
public import LedgerProjections
import LedgerValues

/// Compares two versions of a projection by their stored rows and history. The data it reads never changes, because both
/// versions have folded beyond the position.
public struct VersionComparison: Sendable {
    private let from: ProjectionVersion
    private let to: ProjectionVersion
    private let columns: ColumnSet
    /// The position of the comparison. COPY takes no parameters, but positions are this program's own numbers, never a
    /// user's text.
    private let position: Int64

    public init(from: ProjectionVersion, to: ProjectionVersion, columns: ColumnSet, position: Int64) {
        self.from = from
        self.to = to
        self.columns = columns
        self.position = position
    }

    /// Visits the rows of both versions as of the position, in key order; nil on a side that has no row. Equal
    /// documents are sent once.
    public func forEachRow(
        _ session: PostgresSession, _ visit: (_ from: [UInt8]?, _ to: [UInt8]?) throws -> Void
    ) throws {
        let names = columns.key.map(quoteIdentifier).joined(separator: ", ")
        func rows(_ version: ProjectionVersion) -> String {
            """
            SELECT \(names), document FROM \(version.table)
            WHERE \(VersionTable.isValid(at: position))
            """
        }
        try session.copyOut(
            """
            COPY (
                SELECT a.document, CASE WHEN a.document = b.document THEN NULL ELSE b.document END,
                       coalesce(a.document = b.document, false)
                FROM (\(rows(from))) a FULL JOIN (\(rows(to))) b USING (\(names)) ORDER BY \(names)
            ) TO STDOUT (FORMAT binary)
            """
        ) { row in
            let old = row.isNull(0) ? nil : try row.utf8(0)
            try visit(old, try row.bool(2) ? old : row.isNull(1) ? nil : try row.utf8(1))
        }
    }

    /// The first position at which the two versions' digested rows differ; nil if they never do up to the position.
    ///
    /// Both histories are step functions of the position. They diverge at the first change that only one of them makes.
    /// One pass over each table, 40 bytes of memory per change.
    public func firstDifference(_ session: PostgresSession) throws -> Int64? {
        let old = try history(of: from, session)
        let new = try history(of: to, session)
        var first: Int64?
        func note(_ change: Change) { first = min(first ?? change.position, change.position) }
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if j == new.count || (i < old.count && old[i] < new[j]) {
                note(old[i])
                i += 1
            } else if i == old.count || new[j] < old[i] {
                note(new[j])
                j += 1
            } else {
                if old[i].content != new[j].content { note(old[i]) }
                i += 1
                j += 1
            }
        }
        return first
    }

    /// A change of a key's row to another row, or to none.
    private struct Change: Comparable {
        let key: UInt128
        let position: Int64
        /// The digest of the digested columns; 0 if the row is gone.
        let content: UInt128

        static func < (left: Change, right: Change) -> Bool {
            (left.key, left.position) < (right.key, right.position)
        }
    }

    /// The changes of all keys up to the position, by key and position, without those that leave the digested columns
    /// unchanged.
    private func history(of version: ProjectionVersion, _ session: PostgresSession) throws -> [Change] {
        var changes: [Change] = []
        var ends: [Change] = []
        var line: [UInt8] = []
        let names = columns.key.map(quoteIdentifier).joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT valid_from, valid_to, document, \(names) FROM \(version.table) WHERE valid_from <= \(position))
            TO STDOUT (FORMAT binary)
            """
        ) { row in
            var key: [UInt8] = []
            for index in columns.key.indices {
                key += try row.utf8(3 + index)
                key.append(0)
            }
            let place = Self.digest(key)
            line.removeAll(keepingCapacity: true)
            try columns.appendDigestLine(try row.utf8(2), to: &line)
            changes.append(Change(key: place, position: try row.int8(0), content: Self.digest(line)))
            if !row.isNull(1) {
                let end = try row.int8(1)
                if end <= position { ends.append(Change(key: place, position: end, content: 0)) }
            }
        }
        changes.sort()
        // An end at the position where the next version starts is not a change of its own.
        ends.sort()
        var merged: [Change] = []
        merged.reserveCapacity(changes.count)
        var next = 0
        func add(_ change: Change) {
            let before = merged.last.flatMap { $0.key == change.key ? $0.content : nil } ?? 0
            if before != change.content { merged.append(change) }
        }
        for change in changes {
            while next < ends.count, ends[next] < change {
                add(ends[next])
                next += 1
            }
            if next < ends.count, ends[next].key == change.key, ends[next].position == change.position { next += 1 }
            add(change)
        }
        while next < ends.count {
            add(ends[next])
            next += 1
        }
        return merged
    }

    private static func digest(_ bytes: [UInt8]) -> UInt128 {
        SHA256.hash(data: bytes).prefix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    }
}
