public import JSON
public import Values

/// What a sync run did, or would do (spec 2, section 5).
public struct SyncSummary: Sendable {
    public var runID: UniqueID
    public var scopeKey: String
    public var dryRun: Bool
    public var fullScope: Bool
    public var pages = 0
    public var fetched = 0
    public var normalized = 0
    public var rejected = 0
    public var rejectedByReason: [ByteKey: Int] = [:]
    public var inserted = 0
    public var updated = 0
    public var unchanged = 0
    public var staleIgnored = 0
    public var duplicates = 0
    public var aheadOfWatermark = 0
    public var missing = 0
    public var reappeared = 0
    public var changedFields: [ByteKey: Int] = [:]
    /// Full-scope runs only.
    public var comparison: ScopeComparison?
    public var unknownKeys: [ByteKey: Int] = [:]
    public var nextCursor: String?
    public var nextWatermark: Instant?
    public var startedAt: Instant
    public var finishedAt: Instant

    public init(runID: UniqueID, scopeKey: String, dryRun: Bool, fullScope: Bool, startedAt: Instant) {
        self.runID = runID
        self.scopeKey = scopeKey
        self.dryRun = dryRun
        self.fullScope = fullScope
        self.startedAt = startedAt
        finishedAt = startedAt
    }

    /// The summary as a JSON object: decimals are strings inside events and numbers for HTTP and the command line.
    public var node: JSONNode {
        func counts(_ values: [ByteKey: Int]) -> JSONNode {
            .object(values.sorted { $0.key < $1.key }.map { ($0.key.text, .integer(Int64($0.value))) })
        }
        func ids(_ values: [String]?) -> JSONNode {
            values.map { .array($0.sorted { $0.isBytewiseLess(than: $1) }.map(JSONNode.string)) } ?? .null
        }
        func decimal(_ value: FixedDecimal?) -> JSONNode { value.map(JSONNode.decimal) ?? .null }
        func count(_ value: Int?) -> JSONNode { value.map { .integer(Int64($0)) } ?? .null }
        return .object([
            ("run_id", .string(runID.description)),
            ("scope_key", .string(scopeKey)),
            ("dry_run", .bool(dryRun)),
            ("full_scope", .bool(fullScope)),
            ("pages", count(pages)),
            ("fetched", count(fetched)),
            ("normalized", count(normalized)),
            ("rejected", count(rejected)),
            ("rejected_by_reason", counts(rejectedByReason)),
            ("inserted", count(inserted)),
            ("updated", count(updated)),
            ("unchanged", count(unchanged)),
            ("stale_ignored", count(staleIgnored)),
            ("duplicates", count(duplicates)),
            ("ahead_of_watermark", count(aheadOfWatermark)),
            ("missing", count(missing)),
            ("reappeared", count(reappeared)),
            ("changed_fields", counts(changedFields)),
            ("source_rows", count(comparison?.sourceRows)),
            ("local_rows", count(comparison?.localRows)),
            ("source_quantity", decimal(comparison?.sourceQuantity)),
            ("local_quantity", decimal(comparison?.localQuantity)),
            ("quantity_delta", decimal(comparison?.quantityDelta)),
            ("source_premium_usd", decimal(comparison?.sourcePremiumUSD)),
            ("local_premium_usd", decimal(comparison?.localPremiumUSD)),
            ("premium_delta_usd", decimal(comparison?.premiumDeltaUSD)),
            ("unmatched_source_trade_ids", ids(comparison?.unmatchedSource)),
            ("unmatched_local_trade_ids", ids(comparison?.unmatchedLocal)),
            ("unknown_keys", counts(unknownKeys)),
            ("next_cursor", nextCursor.map(JSONNode.string) ?? .null),
            ("next_watermark", nextWatermark.map { .string($0.description) } ?? .null),
            ("started_at", .string(startedAt.description)),
            ("finished_at", .string(finishedAt.description)),
        ])
    }
}

/// The source's scope beside the ledger's: rows, contracts and premium as provided, nulls skipped.
public struct ScopeComparison: Sendable, Equatable {
    public var sourceRows = 0
    public var localRows = 0
    public var sourceQuantity = FixedDecimal.zero
    public var localQuantity = FixedDecimal.zero
    public var sourcePremiumUSD = FixedDecimal.zero
    public var localPremiumUSD = FixedDecimal.zero
    public var unmatchedSource: [String] = []
    public var unmatchedLocal: [String] = []

    public init() {}

    /// Source − local.
    public var quantityDelta: FixedDecimal { sourceQuantity - localQuantity }
    public var premiumDeltaUSD: FixedDecimal { sourcePremiumUSD - localPremiumUSD }
}
