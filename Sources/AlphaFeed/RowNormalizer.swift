import LedgerEvents
package import LedgerJSON
import LedgerValues
package import OptionTrades

/// Turns a row of the feed into the ledger's own terms, or says all that is wrong with it (docs/contract/alpha-feed.md, "Row").
///
/// Absent is accepted, malformed is rejected; nothing is filled in, rounded or corrected. What needs other rows, or the
/// ledger, to be seen (`conflicting_duplicate`, `conflicting_update`) is not looked for.
package enum RowNormalizer {
    /// Bytes of a row's source text, at most (docs/contract/alpha-feed.md, "Rejection").
    package static let longestRow = RejectedRowPayload.longestRaw
    /// Bytes of the source text of a field's value, at most.
    package static let longestField = 4_096

    /// Normalizes one row, in time linear in its length.
    ///
    /// - Parameter scope: the scope that fetched the row.
    package static func normalize(_ row: JSONValue, scope: ExecutionScope) -> NormalizedRow {
        guard row.kind == .object else {
            return .rejected(raw: row.sourceText, reasons: ["invalid:row"], sourceTradeID: nil, unknownKeys: [])
        }
        var draft = RowDraft(source: scope.source)
        for member in row.memberViews {
            draft.take(member)
            if member.value.sourceRange.count > longestField { draft.hasLongField = true }
        }
        draft.checkTogether(scope)
        if row.sourceRange.count > longestRow {
            // Not all of its reasons: they may be as long as the row.
            return .rejected(
                raw: row.sourceText, reasons: ["invalid:row"], sourceTradeID: draft.readableTradeID,
                unknownKeys: draft.unknown.map(\.key))
        }
        if draft.isSound { return .accepted(draft.row, unknown: draft.unknown) }
        return .rejected(
            raw: row.sourceText, reasons: draft.reasons, sourceTradeID: draft.readableTradeID,
            unknownKeys: draft.unknown.map(\.key))
    }
}
