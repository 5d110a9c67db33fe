import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// Collects the versions that a fold of a rebuild emits, as COPY rows. Ended versions that an earlier run has written are only
/// counted.
final class VersionBuffer: VersionSink {
    private let tables: VersionTables
    /// The position up to which an earlier run has written versions.
    let resumedFrom: Int64
    private var rows = BinaryCopyWriter()
    private var facts = BinaryCopyWriter()
    /// The numbers of versions that ended.
    private(set) var ended = (rows: 0, facts: 0)

    init(_ target: RebuildTarget) {
        tables = target.tables
        resumedFrom = target.resumedFrom
    }

    func version(
        _ kind: DocumentKind, _ row: RowWriter.Place, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?
    ) {
        if let validTo {
            switch kind {
            case .row: ended.rows += 1
            case .facts: ended.facts += 1
            }
            if validTo <= resumedFrom { return }
        }
        switch kind {
        case .row: tables.rows.write(row.key, from: origin, to: validTo, row.stored, document, to: &rows)
        case .facts: tables.facts?.write(row.key, from: origin, to: validTo, [], document, to: &facts)
        }
    }

    /// Takes the COPY rows made since the last call.
    func take() throws -> RebuildTarget.Rows {
        let (rows, facts) = (try rows.take(), try facts.take())
        return RebuildTarget.Rows(rows: rows.isEmpty ? [] : [rows], facts: facts.isEmpty ? [] : [facts])
    }
}
