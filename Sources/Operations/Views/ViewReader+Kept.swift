import LedgerEvents
import LedgerJSON
import LedgerPostgres
package import LedgerProjections
import LedgerStore
import LedgerValues
package import OptionTrades

/// Sums and first rows, which are kept between answers.
extension ViewReader {
    /// A page from the first rows of the request's order. Nil without an order, and if the page lies beyond the rows that are kept.
    func leading(
        _ rows: ViewRows, after key: RowKey?, _ selection: String, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> Page? {
        guard let order = rows.order, let question = rows.leading(kept.leadingRows, selection) else { return nil }
        kept.noteAsked(question, of: rows)
        guard let leading = try answer(question, rows, deadline, session) as? LeadingRows else {
            preconditionFailure("a question of first rows is answered by first rows")
        }
        return try rows.page(from: leading, in: order, after: key, session)
    }

    /// The sums over all selected rows. Nil if the view has no sums, or the request asks for none.
    func aggregates(_ rows: ViewRows, _ request: ViewRequest, _ selection: String) async throws -> JSONNode? {
        guard request.hasAggregates, let question = rows.aggregates(selection) else { return nil }
        return try await sums(question, rows)
    }

    func sums(_ question: KeptFolds.Question, _ rows: ViewRows) async throws -> JSONNode {
        kept.noteAsked(question, of: rows)
        let result = try await fold("\(question.name)|\(rows.standing.key)") { deadline in
            try await deadline.read(database, rows.standing.point) { session in
                guard let sums = try answer(question, rows, deadline, session) as? SummedRows else {
                    preconditionFailure("a question of sums is answered by sums")
                }
                if sums.isUseless {
                    throw ViewError.badParameter(
                        name: "by", expected: "columns with at most \(RowTotals.maximumGroups) groups, found more")
                }
                return .node(sums.sums.node())
            }
        }
        guard case .node(let node) = result else { preconditionFailure("a fold of sums gives sums") }
        return node
    }

    /// The fold that answers a question: one of a part that is kept with all parts, or the question's own.
    private func answer(
        _ question: KeptFolds.Question, _ rows: ViewRows, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> any RowFold {
        let filters = rows.request.filters.filter { $0.column.isBytewiseEqual(to: RowParts.column) }
        if filters.count == 1, rows.canBeKept {
            var request = rows.request
            request.filters.removeAll { $0 == filters[0] }
            let whole = try ViewRows(rows.view, request, rows.standing, ledger.registry)
            let parts = try kept.known(question.ofParts(request.selection(rows.view)), of: whole, deadline, session)
            if let parts = parts as? RowParts, let part = parts.part(filters[0]) { return part }
        }
        return try kept.folds([question], of: rows, deadline, session)[0]
    }

    /// Of the rows that a request selects, whatever its limit and cursor, the first texts of a column in each group.
    ///
    /// Throws as ``page(_:_:)`` does.
    ///
    /// - Parameters:
    ///   - column: the column of the texts.
    ///   - grouping: the column whose texts are those of the groups.
    ///   - limit: the largest number of texts of a group.
    ///   - view: the view.
    ///   - request: what selects the rows, and their moment.
    package func firstTexts(
        of column: String, by grouping: String, limit: Int, _ view: View, _ request: ViewRequest
    ) async throws -> [TextGroup] {
        try await fresh(view) {
            let rows = try await settle(view, request, nil, readsPage: false).rows
            let empty = FirstTexts(of: column, by: grouping, limit: limit)
            let question = KeptFolds.Question.firstTexts(empty, request.selection(view))
            kept.noteAsked(question, of: rows)
            do {
                let result = try await fold("\(question.name)|\(rows.standing.key)") { deadline in
                    try await deadline.read(database, rows.standing.point) { session in
                        guard let found = try kept.folds([question], of: rows, deadline, session)[0] as? FirstTexts else {
                            preconditionFailure("a question of first texts is answered by first texts")
                        }
                        return .groups(found.found())
                    }
                }
                guard case .groups(let groups) = result else { preconditionFailure("a fold of first texts gives groups") }
                return groups
            } catch is FoldDeadline.Passed {
                throw ViewError.foldTooLarge(command: request.command(view, rows.standing))
            }
        }
    }

    /// Brings the sums and the first rows of a view up to date before readers ask for them, the sums those of each portfolio too, all in
    /// one pass over the rows where it takes one. Does nothing while the view's projection is far behind: its rows are about to change.
    ///
    /// - Parameters:
    ///   - view: the view.
    ///   - request: a request of the first rows in an order; the sums are those beside its rows.
    ///   - groupings: those of the totals of the same rows.
    package func keepUpToDate(_ view: View, _ request: ViewRequest, totalsBy groupings: [[RowTotals.Grouping]]) async throws {
        try await fresh(view) {
            let rows = try await settle(view, request, nil, readsPage: false).rows
            if rows.standing.headPosition - rows.standing.position > RunningFold.leastReach { return }
            let selection = request.selection(view)
            var sums = try groupings.map { KeptFolds.Question.totals(try rows.startTotals(by: $0), selection) }
            if let aggregates = rows.aggregates(selection) { sums.append(aggregates) }
            let questions = sums + [rows.leading(kept.leadingRows, selection)].compactMap { $0 }
            let hasParts = rows.columns.column(named: RowParts.column) != nil
            let due = (questions + (hasParts ? sums.map { $0.ofParts(selection) } : [])).filter { kept.needsUpkeep($0, of: rows) }
            if due.isEmpty { return }
            let deadline = FoldDeadline(instant: nil)
            _ = try await deadline.read(database, rows.standing.point) { session in
                _ = try kept.folds(due, of: rows, deadline, session)
            }
        }
    }
}
