import LedgerJSON
package import LedgerProjections

/// The counts and sums of a view's rows in groups, with the state of the ledger that they depend on.
package struct ViewTotals: Sendable {
    /// A page without rows, whose sums are the totals.
    let page: ViewPage

    /// Whether the same request always gives these bytes.
    package var isPinned: Bool { page.isPinned }
    package var position: Int64 { page.position }

    /// `{"by":[…],"groups":[…],"total":{…},"ledger":{…}}`, plus the receipt and the view's remark; see ``RowTotals``.
    package func json() -> [UInt8] {
        var out = (page.aggregates ?? .null).httpBytes()
        out.removeLast()
        page.appendBasis(to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// The tag of the answer to a query; see ``ViewPage/entityTag(query:)``.
    package func entityTag(query: String) -> EntityTag { page.entityTag(query: query) }
}

extension ViewRequest {
    /// Reads the columns to group by. Throws `ViewError.badParameter` for a text that is none.
    package static func groupings(parsing text: String) throws(ViewError) -> [RowTotals.Grouping] {
        do {
            return try RowTotals.Grouping.list(parsing: text)
        } catch {
            throw ViewError.badParameter(name: "by", expected: error.expected)
        }
    }
}
