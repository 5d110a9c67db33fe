public import JSON
import Values

/// Turns a row of the feed into the ledger's own terms, or says all that is wrong with it (spec 2, section 3).
///
/// Absent is accepted, malformed is rejected; nothing is filled in, rounded or corrected. What needs other rows, or the
/// ledger, to be seen (`conflicting_duplicate`, `conflicting_update`) is not looked for.
public enum RowNormalizer {
    /// Normalizes one row, in time linear in its length.
    ///
    /// - Parameters:
    ///   - scope: the scope that fetched the row.
    ///   - source: the stored row's `source`.
    public static func normalize(
        _ row: JSONValue, scope: FeedScope, source: String = "alpha_sync"
    ) -> NormalizedRow {
        guard row.kind == .object else {
            return .rejected(raw: row.sourceText, reasons: ["invalid:row"], sourceTradeID: nil, unknownKeys: [])
        }
        var draft = RowDraft(source: source)
        for member in row.memberViews { draft.take(member) }
        draft.checkTogether(scope)
        if draft.isSound { return .accepted(draft.row, unknown: draft.unknown) }
        return .rejected(
            raw: row.sourceText, reasons: draft.reasons, sourceTradeID: draft.readableTradeID,
            unknownKeys: draft.unknown.map(\.key))
    }
}
