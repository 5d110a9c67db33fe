import LedgerProjections
import LedgerValues
import OptionTrades

extension ViewRequest {
    /// The command that gives this answer without a service's bounds, pinned to the position and moment of the request.
    ///
    /// - Parameter groupings: the groups of totals, if the answer is totals
    func command(_ view: View, _ standing: ViewStanding, totalsBy groupings: [RowTotals.Grouping]? = nil) -> String {
        var words = ["alpha-ledger", "view", view.name]
        func add(_ name: String, _ value: String) { words += ["--\(name)", value.shellQuoted] }
        for filter in filters {
            switch filter {
            case .equals(let column, let value), .equalsIgnoringCase(let column, let value):
                if let known = view.filters.first(where: { $0.column == column }) { add(known.parameter, value) }
            case .from(_, let instant): add("from", instant.description)
            case .before(_, let instant): add("to", instant.description)
            case .fromDate(_, let date): add("from", date.description)
            case .beforeDate(_, let date): add("to", date.description)
            }
        }
        if let effectiveAt { add("effective-at", effectiveAt.description) }
        if let horizons { add("horizons", horizons) }
        if let sort { add("sort", sort) }
        switch series {
        case .latest: words.append("--latest")
        case .points(let bucket, let aggregate):
            add("bucket", bucket.rawValue)
            add("agg", aggregate.rawValue)
        case nil: break
        }
        if let cursor {
            // The cursor itself pins the position, the moment and the version.
            if let text = rules.text(projection: view.projection) { add("rules", text) }
            add("cursor", cursor)
        } else {
            add("as-of-position", "\(standing.position)")
            add("as-of", standing.now.description)
            add("rules", "\(view.projection)@\(standing.source.version.label)")
        }
        if let groupings {
            add("by", groupings.map(\.description).joined(separator: ","))
        } else {
            add("limit", "\(limit)")
        }
        if hasReceipt { words.append(isReceiptFull ? "--full-receipt" : "--receipt") }
        words.append("--json")
        return words.joined(separator: " ")
    }

}

extension String {
    /// The text for a shell: unchanged if it is plain, else in single quotes.
    var shellQuoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
        return isPlain ? self : "'\(replacing("'", with: "'\\''"))'"
    }
}
