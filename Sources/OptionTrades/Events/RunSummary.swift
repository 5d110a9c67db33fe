import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// What a sync run did, the same for every mode (docs/contract/alpha-feed.md, "Run summary").
package struct RunSummary: Sendable, Equatable {
    /// The comparison of a scope's accepted source rows with the ledger's rows. Only full-scope runs have one.
    package struct Comparison: Sendable, Equatable {
        package var sourceRows: Int
        package var localRows: Int
        package var sourceQuantity: FixedDecimal
        package var localQuantity: FixedDecimal
        package var sourcePremiumUSD: FixedDecimal
        package var localPremiumUSD: FixedDecimal
        /// Sorted bytewise.
        package var unmatchedSourceTradeIDs: [String]
        /// Sorted bytewise.
        package var unmatchedLocalTradeIDs: [String]

        package init(
            sourceRows: Int, localRows: Int, sourceQuantity: FixedDecimal, localQuantity: FixedDecimal,
            sourcePremiumUSD: FixedDecimal, localPremiumUSD: FixedDecimal, unmatchedSourceTradeIDs: [String],
            unmatchedLocalTradeIDs: [String]
        ) {
            self.sourceRows = sourceRows
            self.localRows = localRows
            self.sourceQuantity = sourceQuantity
            self.localQuantity = localQuantity
            self.sourcePremiumUSD = sourcePremiumUSD
            self.localPremiumUSD = localPremiumUSD
            self.unmatchedSourceTradeIDs = unmatchedSourceTradeIDs
            self.unmatchedLocalTradeIDs = unmatchedLocalTradeIDs
        }

        /// Source − local.
        package var quantityDelta: FixedDecimal { sourceQuantity - localQuantity }
        /// Source − local.
        package var premiumDeltaUSD: FixedDecimal { sourcePremiumUSD - localPremiumUSD }
    }

    package var runID: UniqueID
    package var scopeKey: String
    package var dryRun: Bool
    package var fullScope: Bool
    package var startedAt: Instant
    package var finishedAt: Instant
    package var pages = 0
    /// `normalized` + `rejected`.
    package var fetched = 0
    /// `inserted` + `updated` + `unchanged` + `staleIgnored` + `duplicates`.
    package var normalized = 0
    package var rejected = 0
    /// Rows by reason. A row counts under each of its reasons.
    package var rejectedByReason: [ByteKey: Int] = [:]
    package var inserted = 0
    package var updated = 0
    package var unchanged = 0
    package var staleIgnored = 0
    package var duplicates = 0
    package var aheadOfWatermark = 0
    package var missing = 0
    package var reappeared = 0
    /// Updates by the stored name of the changed field.
    package var changedFields: [ByteKey: Int] = [:]
    /// Nil for runs that are not full-scope.
    package var comparison: Comparison?
    /// Rows by key that the contract does not know.
    package var unknownKeys: [ByteKey: Int] = [:]
    /// The last non-null cursor of the run.
    package var nextCursor: String?
    package var nextWatermark: Instant?

    /// The summary at the start of a run, with all counts at zero.
    package init(
        runID: UniqueID, scopeKey: String, dryRun: Bool, fullScope: Bool, startedAt: Instant, finishedAt: Instant
    ) {
        self.runID = runID
        self.scopeKey = scopeKey
        self.dryRun = dryRun
        self.fullScope = fullScope
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    /// The summary as a JSON object with its keys in contract order (docs/contract/alpha-feed.md, "Run summary"). Members
    /// that only full-scope runs have are `null` for other runs.
    package var node: JSONNode {
        .object([
            ("run_id", .string(runID.description)),
            ("scope_key", .string(scopeKey)),
            ("dry_run", .bool(dryRun)),
            ("full_scope", .bool(fullScope)),
            ("pages", .count(pages)),
            ("fetched", .count(fetched)),
            ("normalized", .count(normalized)),
            ("rejected", .count(rejected)),
            ("rejected_by_reason", .counts(rejectedByReason)),
            ("inserted", .count(inserted)),
            ("updated", .count(updated)),
            ("unchanged", .count(unchanged)),
            ("stale_ignored", .count(staleIgnored)),
            ("duplicates", .count(duplicates)),
            ("ahead_of_watermark", .count(aheadOfWatermark)),
            ("missing", .count(missing)),
            ("reappeared", .count(reappeared)),
            ("changed_fields", .counts(changedFields)),
            ("source_rows", .count(comparison?.sourceRows)),
            ("local_rows", .count(comparison?.localRows)),
            ("source_quantity", .optional(comparison?.sourceQuantity)),
            ("local_quantity", .optional(comparison?.localQuantity)),
            ("quantity_delta", .optional(comparison?.quantityDelta)),
            ("source_premium_usd", .optional(comparison?.sourcePremiumUSD)),
            ("local_premium_usd", .optional(comparison?.localPremiumUSD)),
            ("premium_delta_usd", .optional(comparison?.premiumDeltaUSD)),
            ("unmatched_source_trade_ids", .texts(comparison?.unmatchedSourceTradeIDs)),
            ("unmatched_local_trade_ids", .texts(comparison?.unmatchedLocalTradeIDs)),
            ("unknown_keys", .counts(unknownKeys)),
            ("next_cursor", .optional(nextCursor)),
            ("next_watermark", .optional(nextWatermark?.description)),
            ("started_at", .string(startedAt.description)),
            ("finished_at", .string(finishedAt.description)),
        ])
    }

    /// The summary in the form that events hold. Lists and counts that would make a leaf too long are cut; their last
    /// entry says how many were left out.
    package func canonicalBytes() -> [UInt8] {
        let whole = node.canonicalBytes()
        return whole.count <= Self.longestInEvent ? whole : shortened.node.canonicalBytes()
    }

    private static let longestInEvent = 40_000
    /// The largest size of a list, or of an object of counts, in a shortened summary, in bytes.
    private static let longestPart = 8_000

    private var shortened: RunSummary {
        var short = self
        short.rejectedByReason = Self.beginning(of: rejectedByReason)
        short.unknownKeys = Self.beginning(of: unknownKeys)
        if let comparison {
            short.comparison?.unmatchedSourceTradeIDs = Self.beginning(of: comparison.unmatchedSourceTradeIDs)
            short.comparison?.unmatchedLocalTradeIDs = Self.beginning(of: comparison.unmatchedLocalTradeIDs)
        }
        return short
    }

    private static func rest(_ count: Int) -> String { "… and \(count) more" }

    /// The number of leading texts that fit, each with room for a count.
    private static func fitting(_ texts: some Sequence<String>) -> Int {
        var bytes = 0
        var count = 0
        for text in texts {
            bytes += JSONNode.string(text).canonicalBytes().count + 24
            if bytes > longestPart { break }
            count += 1
        }
        return count
    }

    private static func beginning(of texts: [String]) -> [String] {
        let kept = fitting(texts)
        return kept == texts.count ? texts : texts.prefix(kept) + [rest(texts.count - kept)]
    }

    /// One last entry holds the sum of the counts left out.
    private static func beginning(of counts: [ByteKey: Int]) -> [ByteKey: Int] {
        let sorted = counts.sorted { $0.key < $1.key }
        let kept = fitting(sorted.lazy.map(\.key.text))
        if kept == sorted.count { return counts }
        var short = Dictionary(sorted.prefix(kept).map { ($0.key, $0.value) }) { first, _ in first }
        short[ByteKey(rest(sorted.count - kept))] = sorted.dropFirst(kept).reduce(0) { $0 + $1.value }
        return short
    }
}

extension JSONNode {
    fileprivate static func count(_ count: Int?) -> JSONNode { count.map { .integer(Int64($0)) } ?? .null }

    fileprivate static func counts(_ counts: [ByteKey: Int]) -> JSONNode {
        .object(counts.sorted { $0.key < $1.key }.map { ($0.key.text, .count($0.value)) })
    }

    fileprivate static func texts(_ texts: [String]?) -> JSONNode {
        texts.map { .array($0.map(JSONNode.string)) } ?? .null
    }
}
