import Events
public import JSON
public import OptionTrades
public import Values

/// The result of an import, or the result that it would have.
public struct ImportSummary: Sendable {
    public var runID: UniqueID
    /// Whether this was a dry run, which writes nothing.
    public var dryRun: Bool
    /// Whether a bad line prevents all writes.
    public var strict: Bool
    /// The files in the order of reading.
    public var files: [String]
    /// The number of non-empty lines. A CSV record counts once, a header does not count.
    public var lines = 0
    public var rejected = 0
    /// The outcome of the observations, by kind.
    public var byKind: [MarketKind: ImportCounts] = [:]
    /// The first bad lines.
    public var faults: [ImportFault] = []
    public var startedAt: Instant
    public var finishedAt: Instant

    public init(
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
    public var total: ImportCounts { byKind.values.reduce(into: ImportCounts()) { $0 += $1 } }

    /// Whether a strict run had bad lines and was therefore refused as a whole.
    public var isRefused: Bool { strict && rejected > 0 }

    /// The summary in JSON form, with the kinds in the order of the specification.
    public var node: JSONNode {
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
