import LedgerJSON
import LedgerValues

/// The answer of `/api/ledger/totals`: rows counted and their money added up in groups.
struct Totals {
    /// A group with the values of the columns that it is made by; nil for null.
    struct Group {
        let key: [String?]
        let count: Int64
        private let sums: JSONValue?

        init(_ group: JSONValue) {
            key = group["key"]?.elements.map(\.string) ?? []
            count = group["count"]?.integer ?? 0
            sums = group["sums"]
        }

        /// A part of the key for people.
        func name(_ part: Int) -> String { (part < key.count ? key[part] : nil) ?? "not named" }

        /// The sum of a column's amounts. Nil without any, and beyond the range of figures.
        func sum(_ field: String) -> FixedDecimal? {
            sums?[field]?["sum"].flatMap { try? FixedDecimal(published: $0.sourceText) }
        }

        /// The sum of a column's amounts as it was answered; nil without any.
        func sumText(_ field: String) -> String? {
            sums?[field]?["sum"].flatMap { $0.isNull ? nil : $0.sourceText }
        }

        /// The number of rows with an amount in a column.
        func covered(_ field: String) -> Int64 { sums?[field]?["count"]?.integer ?? 0 }
    }

    let groups: [Group]

    init(_ document: JSONDocument) { groups = document.root["groups"]?.elements.map(Group.init) ?? [] }

    /// The rows of a plot of counts: a row for each first part of the keys, and a count for each of the given second parts.
    func counts(_ series: [String]) -> [(label: String, counts: [Int64])] {
        var rows: [(label: String, counts: [Int64])] = []
        for group in groups {
            if rows.last?.label != group.name(0) { rows.append((group.name(0), Array(repeating: 0, count: series.count))) }
            guard let index = series.firstIndex(of: group.name(1)) else { continue }
            rows[rows.count - 1].counts[index] += group.count
        }
        return rows
    }
}
