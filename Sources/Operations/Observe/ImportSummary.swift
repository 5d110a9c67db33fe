import LedgerEvents
package import LedgerJSON
package import LedgerValues
package import OptionTrades

/// The result of an import, or the result that it would have.
package struct ImportSummary: Sendable {
    package var runID: UniqueID
    /// Whether this was a dry run, which writes nothing.
    package var dryRun: Bool
    /// Whether a bad line prevents all writes.
    package var strict: Bool
    /// The files in the order of reading.
    package var files: [String]
    /// The number of non-empty lines. A CSV record counts once, a header does not count.
    package var lines = 0
    package var rejected = 0
    /// The outcome of the observations, by kind.
    package var byKind: [MarketKind: ImportCounts] = [:]
    /// The first bad lines.
    package var faults: [ImportFault] = []
    package var startedAt: Instant
    package var finishedAt: Instant

    package init(
        runID: UniqueID, dryRun: Bool, strict: Bool, files: [String], startedAt: Instant, finishedAt: Instant
    ) {
        self.runID = runID
        self.dryRun = dryRun
        self.strict = strict
        self.files = files
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    /// The sum over all kinds.
    package var total: ImportCounts { byKind.values.reduce(into: ImportCounts()) { $0 += $1 } }

    /// Whether a strict run had bad lines and was therefore refused as a whole.
    package var isRefused: Bool { strict && rejected > 0 }

    /// The summary in JSON form, with the kinds in the order of the specification.
    package var node: JSONNode {
        func counts(_ counts: ImportCounts) -> [(String, JSONNode)] {
            [
                ("inserted", .integer(Int64(counts.inserted))), ("superseding", .integer(Int64(counts.superseding))),
                ("unchanged", .integer(Int64(counts.unchanged))),
            ]
        }
        let kinds = MarketKind.allCases.compactMap { kind in
            byKind[kind].map { (kind.rawValue, JSONNode.object(counts($0))) }
        }
        return .object(
            [
                ("run_id", .string("\(runID)")), ("dry_run", .bool(dryRun)), ("strict", .bool(strict)),
                ("files", .array(files.map(JSONNode.string))), ("lines", .integer(Int64(lines))),
                ("accepted", .integer(Int64(lines - rejected))), ("rejected", .integer(Int64(rejected))),
                ("refused", .bool(isRefused)),
            ] + counts(total) + [
                ("by_kind", .object(kinds)),
                (
                    "bad_lines",
                    .array(
                        faults.map {
                            .object([
                                ("file", .string($0.file)), ("line", .integer(Int64($0.line))),
                                ("reason", .string($0.reason)),
                            ])
                        })
                ),
                ("bad_lines_not_shown", .integer(Int64(rejected - faults.count))),
                ("started_at", .string("\(startedAt)")), ("finished_at", .string("\(finishedAt)")),
            ])
    }
}
