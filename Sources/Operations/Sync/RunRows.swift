import LedgerJSON
import LedgerValues

/// Which rows a sync inserted, updated or rejected, or in a dry run would: what the summary's counts stand for.
///
/// It is no part of the event that ends a run: the rows' own events say the same with the run's id.
package struct RunRows: Sendable, Equatable {
    /// A row that was rejected.
    package struct Rejected: Sendable, Equatable {
        /// Nil if the row has no id that can be read.
        package let sourceTradeID: String?
        /// Sorted bytewise.
        package let reasons: [String]
    }

    /// How many of each kind a summary names; the counts tell of the others.
    package static let shown = 100

    /// In the order in which they were applied.
    package private(set) var inserted: [String] = []
    package private(set) var updated: [String] = []
    /// Those that break the contract first, in the order in which they came.
    package private(set) var rejected: [Rejected] = []
    private let limit: Int

    /// - Parameter limit: how many of each kind are kept.
    package init(limit: Int = RunRows.shown) { self.limit = limit }

    mutating func insert(_ id: String) { if inserted.count < limit { inserted.append(id) } }

    mutating func update(_ id: String) { if updated.count < limit { updated.append(id) } }

    var isFullOfRejected: Bool { rejected.count >= limit }

    mutating func reject(_ id: String?, _ reasons: [String]) {
        if !isFullOfRejected { rejected.append(Rejected(sourceTradeID: id, reasons: reasons)) }
    }

    /// `inserted_ids`, `updated_ids` and `rejected_rows` (`{"source_trade_id": …, "reasons": […]}`).
    var members: [(String, JSONNode)] {
        [
            ("inserted_ids", .array(inserted.map(JSONNode.string))), ("updated_ids", .array(updated.map(JSONNode.string))),
            (
                "rejected_rows",
                .array(
                    rejected.map {
                        .object([
                            ("source_trade_id", $0.sourceTradeID.map(JSONNode.string) ?? .null),
                            ("reasons", .array($0.reasons.map(JSONNode.string))),
                        ])
                    })
            ),
        ]
    }
}
