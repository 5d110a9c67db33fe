public import JSON
public import Values

/// What a backfill did, or in a dry run what it would have done.
public struct BackfillSummary: Sendable, Equatable {
    public var kind: BackfillKind
    public var runID: UniqueID
    /// Nothing was appended.
    public var dryRun: Bool
    /// Where quotes were looked for; nil for context.
    public var quoteSource: String?
    /// Stamps, benchmarks or marks that the log lacked, and those that were to be asked for again.
    public var wanted = 0
    /// Events appended; in a dry run those that would be.
    public var appended = 0
    /// Answers whose content was the latest of their stream already.
    public var unchanged = 0
    /// Answers by what the rules make of them: a stamp's `context_quality`, a `benchmark_quality`, a `mark_quality`; and
    /// `failed` where the look-up did.
    public private(set) var byQuality: [ByteKey: Int] = [:]
    /// The same of marks, by horizon.
    public private(set) var byHorizon: [ByteKey: [ByteKey: Int]] = [:]
    /// Answers without a look-up, or whose look-up failed, by the error's first word: `incomplete_contract`,
    /// `adjusted_root`, `not_entitled`, `lookup_failed`.
    public private(set) var byError: [ByteKey: Int] = [:]
    /// Marks that were asked for no quote, and whose spot or realized vol has changed; they count nowhere but here and
    /// among the appended.
    public var refreshed = 0
    /// Different contracts and windows that were to be looked up.
    public var lookups = 0
    /// Requests that went to a vendor.
    public var calls = 0
    public var startedAt: Instant
    public var finishedAt: Instant

    /// The summary of a run that has not counted anything yet.
    public init(kind: BackfillKind, runID: UniqueID, dryRun: Bool, startedAt: Instant) {
        self.kind = kind
        self.runID = runID
        self.dryRun = dryRun
        self.startedAt = startedAt
        finishedAt = startedAt
    }

    /// Counts one answer.
    public mutating func count(quality: String, horizon: String? = nil) {
        byQuality[ByteKey(quality), default: 0] += 1
        if let horizon { byHorizon[ByteKey(horizon), default: [:]][ByteKey(quality), default: 0] += 1 }
    }

    /// Counts why an answer has no quote.
    public mutating func count(error: String) {
        byError[ByteKey(error), default: 0] += 1
    }

    /// How many answers have a quality.
    public func count(of quality: String) -> Int { byQuality[ByteKey(quality)] ?? 0 }

    /// Answers whose look-up failed, refused ones among them.
    public var failed: Int { count(of: "failed") }

    /// Answers whose look-up the vendor refused with 401 or 403.
    public var notEntitled: Int { byError["not_entitled"] ?? 0 }

    /// The summary as a JSON object, `wanted` under the name `asked`; `quoted` is null for context, which asks for no
    /// quotes. Of benchmarks and marks `asked` = `quoted` + `stale` + `unavailable` + `failed` (and `estimated`, were
    /// there a model).
    public var node: JSONNode {
        .object([
            ("kind", .string(kind.rawValue)),
            ("run_id", .string(runID.description)),
            ("dry_run", .bool(dryRun)),
            ("quote_source", quoteSource.map(JSONNode.string) ?? .null),
            ("asked", .count(wanted)),
            ("appended", .count(appended)),
            ("unchanged", .count(unchanged)),
            ("refreshed", .count(refreshed)),
            ("quoted", kind == .context ? .null : .count(count(of: "quoted"))),
            ("stale", .count(count(of: "stale"))),
            ("unavailable", .count(count(of: "unavailable"))),
            ("failed", .count(failed)),
            ("not_entitled", .count(notEntitled)),
            ("lookups", .count(lookups)),
            ("calls", .count(calls)),
            ("by_quality", .counts(byQuality)),
            ("by_horizon", .object(byHorizon.sorted { $0.key < $1.key }.map { ($0.key.text, .counts($0.value)) })),
            ("by_error", .counts(byError)),
            ("started_at", .string(startedAt.description)),
            ("finished_at", .string(finishedAt.description)),
        ])
    }
}

extension JSONNode {
    fileprivate static func count(_ count: Int) -> JSONNode { .integer(Int64(count)) }

    fileprivate static func counts(_ counts: [ByteKey: Int]) -> JSONNode {
        .object(counts.sorted { $0.key < $1.key }.map { ($0.key.text, .count($0.value)) })
    }
}
