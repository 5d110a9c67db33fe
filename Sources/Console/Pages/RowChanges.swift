package import LedgerJSON
package import LedgerValues

/// The differences between a view's rows at two moments. Both lists are compared in a single pass, in the order of their
/// keys.
package struct RowChanges: Sendable {
    package enum Kind: String, Sendable { case added, removed, changed }

    /// A row that differs. A side that lacks the row is nil.
    package struct Change: Sendable {
        package let key: [String]
        package let kind: Kind
        package let old: JSONValue?
        package let new: JSONValue?
        /// The names of the members that differ, in the order of the row. Only for changed rows.
        package let fields: [String]
    }

    /// The sum of a money field over the rows of one side, and the number of rows that have the figure.
    package struct Total: Sendable {
        private var exact = ExactNumber.zero
        package private(set) var count: Int64 = 0

        /// Nil if no row has the figure, and for a sum beyond the range of figures.
        package var sum: FixedDecimal? { count == 0 ? nil : exact.rounded() }

        fileprivate mutating func add(_ value: JSONValue?) {
            guard let value = value?.publishedDecimal else { return }
            exact += ExactNumber(value)
            count += 1
        }
    }

    /// The sums of one money field over all rows of both sides.
    package struct Totals: Sendable {
        package let field: String
        /// The unit of the amounts, for example `USD`.
        package let unit: String
        package fileprivate(set) var old = Total()
        package fileprivate(set) var new = Total()

        /// New − old. Nil if a side has no sum.
        package var move: FixedDecimal? {
            guard let old = old.sum, let new = new.sum else { return nil }
            return (ExactNumber(new) - ExactNumber(old)).rounded()
        }

        /// Whether the sides differ in their sum, or in the rows behind it.
        package var hasMoved: Bool { old.sum != new.sum || old.count != new.count }
    }

    /// The largest number of changes shown.
    package static let sampleLimit = 100

    package private(set) var added: Int64 = 0
    package private(set) var removed: Int64 = 0
    package private(set) var changed: Int64 = 0
    package private(set) var unchanged: Int64 = 0
    package private(set) var sample: [Change] = []
    /// In the order of the money fields.
    package private(set) var totals: [Totals]
    /// Whether the comparison stopped before the end of the lists.
    package var isPartial = false
    private let key: [String]

    /// Fields about a row's origin, which do not count as changes.
    private static let provenance: Set<String> = ["event_positions", "inputs"]

    /// - Parameters:
    ///   - key: the members that identify a row
    ///   - money: the members that hold amounts of money, which are added up, with their units
    package init(key: [String], money: [(field: String, unit: String)] = []) {
        self.key = key
        totals = money.map { Totals(field: $0.field, unit: $0.unit) }
    }

    /// The number of keys compared, on either side or both.
    package var compared: Int64 { added + removed + changed + unchanged }

    /// Takes the next row of each list and returns which lists to advance. A row whose key comes later than the other
    /// side's stays.
    package mutating func take(old: JSONValue?, new: JSONValue?) -> (old: Bool, new: Bool) {
        let order = order(old, new)
        let (old, new) = (order <= 0 ? old : nil, order >= 0 ? new : nil)
        for index in totals.indices {
            totals[index].old.add(old?[totals[index].field])
            totals[index].new.add(new?[totals[index].field])
        }
        switch (old, new) {
        case (let old?, let new?): compare(old, new)
        case (let old?, nil): add(Change(key: texts(old), kind: .removed, old: old, new: nil, fields: []))
        case (nil, let new?): add(Change(key: texts(new), kind: .added, old: nil, new: new, fields: []))
        case (nil, nil): break
        }
        return (old != nil, new != nil)
    }

    /// Negative if only the old row is next, positive if only the new one is, zero if both are.
    private func order(_ old: JSONValue?, _ new: JSONValue?) -> Int {
        guard let old else { return 1 }
        guard let new else { return -1 }
        for name in key {
            if precedes(old[name], new[name]) { return -1 }
            if precedes(new[name], old[name]) { return 1 }
        }
        return 0
    }

    /// Whether a part of a key comes before another in their list: figures by value and texts by their bytes.
    private func precedes(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        if let left, let right, left.kind == .number, right.kind == .number {
            return (left.decimal ?? .zero) < (right.decimal ?? .zero)
        }
        return (left?.string ?? "").isBytewiseLess(than: right?.string ?? "")
    }

    private func texts(_ row: JSONValue) -> [String] { key.map { KeyText.part(row[$0]) } }

    private mutating func add(_ change: Change) {
        switch change.kind {
        case .added: added += 1
        case .removed: removed += 1
        case .changed: changed += 1
        }
        if sample.count < Self.sampleLimit { sample.append(change) }
    }

    private mutating func compare(_ old: JSONValue, _ new: JSONValue) {
        let fields = new.members.compactMap { member -> String? in
            guard !Self.provenance.contains(member.key) else { return nil }
            let isSame = old[member.key].map { $0.sourceText.utf8.elementsEqual(member.value.sourceText.utf8) } ?? false
            return isSame ? nil : member.key
        }
        if fields.isEmpty {
            unchanged += 1
        } else {
            add(Change(key: texts(new), kind: .changed, old: old, new: new, fields: fields))
        }
    }
}
