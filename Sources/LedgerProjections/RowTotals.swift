public import LedgerJSON
import LedgerValues

/// The counts of a view's rows and the sums of their money, in groups by the values of some columns.
///
/// The sums use the rows' published figures, so a reader who adds up the rows gets the same results. A group without an
/// amount has the sum null, and each sum has the number of its amounts beside it.
public struct RowTotals: RowAggregates, Sendable {
    /// A column to group by, or a part of its dates or instants: `state`, `opened_at:month`. The parts
    /// of instants are those in UTC.
    public struct Grouping: Sendable, Equatable, CustomStringConvertible {
        /// The part of a date or an instant. Its raw value is its name in a request.
        public enum Part: String, Sendable, CaseIterable {
            case year, month, day

            /// The number of bytes of the part in a date's or instant's text, `2026-01-31`.
            fileprivate var length: Int {
                switch self {
                case .year: 4
                case .month: 7
                case .day: 10
                }
            }
        }

        public let column: String
        /// Nil groups by the whole value.
        public let part: Part?

        public init(_ column: String, _ part: Part? = nil) {
            self.column = column
            self.part = part
        }

        public var description: String { part.map { "\(column):\($0.rawValue)" } ?? column }

        /// The row's value as text; nil for null.
        fileprivate func key(of row: JSONValue) -> ByteKey? {
            guard let value = row[column], !value.isNull else { return nil }
            let text = value.string ?? value.sourceText
            guard let part else { return ByteKey(text) }
            return ByteKey(String(decoding: text.utf8.prefix(part.length), as: UTF8.self))
        }
    }

    /// Why rows can't be grouped, as what was expected instead.
    public struct GroupingError: Error, Sendable {
        public let expected: String
    }

    /// The largest number of groups. A reader who asks for more is refused.
    public static let maximumGroups = 5000

    private struct Group: Sendable {
        var count: Int64 = 0
        var sums: [MoneySum]

        mutating func add(_ row: JSONValue, times: Int64, _ money: [String]) {
            count += times
            for (index, column) in money.enumerated() { sums[index].add(row[column], times: times) }
        }

        func members(_ money: [String]) -> [(String, JSONNode)] {
            let sums = zip(money, sums).map { column, sum in
                (column, JSONNode.object([("count", .integer(sum.count)), ("sum", .sum(sum.total, of: sum.count))]))
            }
            return [("count", .integer(count)), ("sums", .object(sums))]
        }
    }

    private let groupings: [Grouping]
    /// The columns whose amounts are added up, in canonical order.
    private let money: [String]
    private let empty: Group
    private var groups: [[ByteKey?]: Group] = [:]
    private var total: Group

    public var groupCount: Int { groups.count }

    /// Whether there are more groups than ``maximumGroups``.
    public var hasTooManyGroups: Bool { groups.count > Self.maximumGroups }

    /// Makes totals without rows.
    ///
    /// - Parameters:
    ///   - columns: the columns of the rows; those with the role of money are added up.
    ///   - groupings: the columns to group by; without any, all rows are one group.
    public init(_ columns: ColumnSet, by groupings: [Grouping]) throws(GroupingError) {
        for grouping in groupings {
            let kind = columns.column(named: grouping.column)?.kind
            guard let kind, kind.canBeGrouped else {
                throw GroupingError(expected: Self.expected(insteadOf: grouping.column, columns))
            }
            if grouping.part != nil, kind != .date, kind != .instant {
                throw GroupingError(expected: "`\(grouping.column)` without a part, because it holds neither dates nor instants")
            }
        }
        self.groupings = groupings
        money = columns.columns.filter { $0.role?.isMoney ?? false }.map(\.name)
        empty = Group(sums: Array(repeating: MoneySum(), count: money.count))
        total = empty
    }

    /// The groupings as text.
    package var name: String { groupings.map(\.description).joined(separator: ",") }

    private static func expected(insteadOf name: String, _ columns: ColumnSet) -> String {
        let names = columns.columns.filter(\.kind.canBeGrouped).map(\.name)
        return "one of \(names.joined(separator: ", "))\(Suggestion.question(name, among: names))"
    }

    public mutating func add(_ row: JSONValue, times: Int64) {
        total.add(row, times: times, money)
        let (empty, money) = (empty, money)
        groups.update(groupings.map { $0.key(of: row) }, orNew: empty) { group in
            group.add(row, times: times, money)
            return group.count != 0
        }
    }

    /// `{"by": […], "groups": [{"key": […], "count": …, "sums": {COLUMN: {"count": …, "sum": …}}}], "total": {…}}`.
    ///
    /// Groups are sorted bytewise by the parts of their keys, with null last.
    public func node() -> JSONNode {
        let sorted = groups.sorted { Self.isOrdered($0.key, $1.key) }
        return .object([
            ("by", .array(groupings.map { .string($0.description) })),
            (
                "groups",
                .array(
                    sorted.map { key, group in
                        .object([("key", .array(key.map { $0.map { .string($0.text) } ?? .null }))] + group.members(money))
                    })
            ),
            ("total", .object(total.members(money))),
        ])
    }

    private static func isOrdered(_ left: [ByteKey?], _ right: [ByteKey?]) -> Bool {
        for (left, right) in zip(left, right) where left != right {
            guard let left else { return false }
            return right.map { left < $0 } ?? true
        }
        return false
    }
}

extension RowTotals.Grouping {
    /// Reads groupings with commas between them, `state,opened_at:month`; an empty text has none.
    public static func list(parsing text: String) throws(RowTotals.GroupingError) -> [RowTotals.Grouping] {
        if text.isEmpty { return [] }
        var groupings: [RowTotals.Grouping] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let part = parts.count == 2 ? Part(rawValue: String(parts[1])) : nil
            guard let column = parts.first, !column.isEmpty, parts.count == 1 || part != nil else {
                throw RowTotals.GroupingError(
                    expected: "columns with commas between them, each with :year, :month or :day for a part of its dates, found `\(item)`")
            }
            groupings.append(RowTotals.Grouping(String(column), part))
        }
        return groupings
    }
}

extension ColumnSet.Kind {
    /// Whether rows can be grouped by values of the kind.
    fileprivate var canBeGrouped: Bool {
        switch self {
        case .text, .instant, .date, .integer, .boolean: true
        case .texts, .decimal, .object: false
        }
    }
}
