package import LedgerEvents
import LedgerJSON

/// Which of two rows of one trade counts.
package enum RowPrecedence: Sendable {
    /// The one that the source changed later. An earlier one is stale, and two different ones of one time contradict each other.
    case byTime
    /// The one that was given later: the source restates its rows, and a clock of its own may have been set back.
    case asGiven
}

/// What a row of a source means beside the row that the ledger holds: the one way from a row to an event.
package enum ExecutionSettlement: Sendable {
    case inserted(NewEvent)
    case updated(NewEvent, [ChangedField])
    case unchanged
    /// The ledger has a later row.
    case stale
    /// Another row of the same time.
    case conflicting

    /// Settles an accepted row.
    ///
    /// - Parameters:
    ///   - row: normalized.
    ///   - unknown: the keys that the source's contract does not name, with the source text of their values.
    ///   - scopeKey: of the scope that fetched it.
    ///   - known: the last row of the trade, and the version of its stream; nil if there is none.
    ///   - order: which of both rows counts.
    package init(
        _ row: ExecutionRow, unknown: [(key: String, sourceText: String)], scopeKey: String,
        after known: (row: ExecutionRow, version: Int64)?, order: RowPrecedence
    ) {
        func payload(_ changed: [ChangedField]?) -> ExecutionPayload {
            ExecutionPayload(row: row, scopeKey: scopeKey, unknownFields: unknown, changedFields: changed)
        }
        guard let known else {
            self = .inserted(payload(nil).recordedEvent())
            return
        }
        switch order {
        case .byTime:
            if row.sourceUpdatedAt < known.row.sourceUpdatedAt {
                self = .stale
                return
            }
            if row.sourceUpdatedAt == known.row.sourceUpdatedAt {
                // Fields are named and left unnamed over time: what only that changed is no contradiction of the source.
                self = row.changedFields(from: known.row).allSatisfy(\.isRedaction) ? .unchanged : .conflicting
                return
            }
        case .asGiven:
            if row == known.row {
                self = .unchanged
                return
            }
        }
        let changed = row.changedFields(from: known.row)
        self = .updated(payload(changed).updatedEvent(previousVersion: known.version), changed)
    }
}

extension ChangedField {
    /// Whether only one of both values was redacted: neither says that the source changed.
    fileprivate var isRedaction: Bool {
        (old == RedactedValue.node || new == RedactedValue.node) && old != .null && new != .null
    }
}
