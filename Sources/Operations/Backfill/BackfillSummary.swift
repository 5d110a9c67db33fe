package import LedgerJSON
package import LedgerValues
import OptionTrades

/// The result of a backfill, or in a dry run the result that it would have.
package struct BackfillSummary: Sendable, Equatable {
    package var kind: BackfillKind
    package var runID: UniqueID
    /// Whether this was a dry run, which appends nothing.
    package var dryRun: Bool
    /// The source of quotes. Nil for context.
    package var quoteSource: String?
    /// The stamps, benchmarks or marks that the log lacked, plus those to look up again.
    package var wanted = 0
    /// Events appended, or in a dry run those that would be.
    package var appended = 0
    /// Answers whose content equals the latest of their stream.
    package var unchanged = 0
    /// Answers by the quality that the rules give them: a stamp's `context_quality`, a `benchmark_quality` or a
    /// `mark_quality`, and `failed` for a failed look-up.
    package private(set) var byQuality: [ByteKey: Int] = [:]
    /// The qualities of marks, by horizon.
    package private(set) var byHorizon: [ByteKey: [ByteKey: Int]] = [:]
    /// Answers without a look-up, or with a failed one, by the first word of the error: `incomplete_contract`,
    /// `adjusted_root`, `not_entitled`, `lookup_failed`.
    package private(set) var byError: [ByteKey: Int] = [:]
    /// Marks without a new look-up whose spot or realized vol has changed. They count only here and in `appended`.
    package var refreshed = 0
    /// The number of different contracts and windows to look up.
    package var lookups = 0
    /// The number of requests sent to a vendor.
    package var calls = 0
    package var startedAt: Instant
    package var finishedAt: Instant

    /// The summary at the start of a run, with all counts at zero.
    package init(kind: BackfillKind, runID: UniqueID, dryRun: Bool, startedAt: Instant) {
        self.kind = kind
        self.runID = runID
        self.dryRun = dryRun
        self.startedAt = startedAt
        finishedAt = startedAt
    }

    /// Counts one answer.
    package mutating func count(quality: String, horizon: String? = nil) {
        byQuality[ByteKey(quality), default: 0] += 1
        if let horizon { byHorizon[ByteKey(horizon), default: [:]][ByteKey(quality), default: 0] += 1 }
    }

    /// Counts the reason why an answer has no quote.
    package mutating func count(error: String) {
        byError[ByteKey(error), default: 0] += 1
    }

    /// The number of answers with a quality.
    package func count(of quality: String) -> Int { byQuality[ByteKey(quality)] ?? 0 }

    /// The number of answers with a failed look-up, including refused ones.
    package var failed: Int { count(of: "failed") }

    /// The number of answers whose look-up the vendor refused with 401 or 403.
    package var notEntitled: Int { byError["not_entitled"] ?? 0 }

    /// What the log keeps of a run that appended something.
    func completed(by actor: String) -> BackfillCompletedPayload {
        var payload = BackfillCompletedPayload()
        (payload.actor, payload.kind, payload.runID) = (actor, kind.rawValue, runID)
        (payload.asked, payload.appended, payload.unchanged) = (Int64(wanted), Int64(appended), Int64(unchanged))
        (payload.refreshed, payload.failed, payload.calls) = (Int64(refreshed), Int64(failed), Int64(calls))
        (payload.startedAt, payload.finishedAt) = (startedAt, finishedAt)
        return payload
    }

    /// The summary as a JSON object, with `wanted` under the name `asked`. `quoted` is null for context, which looks up
    /// no quotes. For benchmarks and marks `asked` = `quoted` + `stale` + `unavailable` + `failed` (plus `estimated`,
    /// if there were a model).
    package var node: JSONNode {
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
    static func count(_ count: Int) -> JSONNode { .integer(Int64(count)) }

    static func counts(_ counts: [ByteKey: Int]) -> JSONNode {
        .object(counts.sorted { $0.key < $1.key }.map { ($0.key.text, .count($0.value)) })
    }
}
