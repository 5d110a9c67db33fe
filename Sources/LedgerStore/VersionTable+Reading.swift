import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

extension VersionTable {
    /// The documents valid at a position, in key order.
    ///
    /// A page without conditions on other columns takes keys from their eras, and the last version of each key, with
    /// one index descent each. It costs the same however long the keys' histories are and however many keys have come
    /// since. Larger pages, and pages with other conditions, come from one scan of the range.
    func page(
        at position: Int64, _ filters: [RowFilter], _ start: (key: RowKey, comparison: String)?, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        let isOnKey = filters.allSatisfy { filter in key.contains { $0.isBytewiseEqual(to: filter.column) } }
        if !isOnKey || limit >= Self.scanThreshold {
            return try query(scan, position, filters, start, limit, session).map { row in
                (try rowKey(row), try row.utf8(0))
            }
        }
        var found: [(key: RowKey, document: [UInt8])] = []
        var start = start
        while true {
            // A key whose row was removed by then takes a place in the result, and has no document.
            let missing = limit - found.count
            let rows = try query({ pick($0, $1, position) }, position, filters, start, missing, session)
            for row in rows where !row.isNull(0) { found.append((try rowKey(row), try row.utf8(0))) }
            guard rows.rowCount == missing, found.count < limit, let last = rows.last else { return found }
            start = (try rowKey(last), ">")
        }
    }

    /// The COPY statement of the documents valid at a position, in key order. COPY takes no parameters, so values stand in it as
    /// literals.
    func copyOut(at position: Int64, _ filters: [RowFilter]) -> String {
        let conditions = filters.map { filter in
            filter.sql(isKey: key.contains { $0.isBytewiseEqual(to: filter.column) }) { value in
                switch value {
                case .text(let text): quoteLiteral(text)
                case .timestamptz(let microseconds): "'\(Instant(microseconds: microseconds) ?? .maximum)'::timestamptz"
                default: preconditionFailure("filters compare texts and instants")
                }
            }
        }
        let all = [Self.isValid(at: position)] + conditions
        return """
            COPY (SELECT document FROM \(name) WHERE \(all.joined(separator: " AND ")) ORDER BY \(names))
            TO STDOUT (FORMAT binary)
            """
    }

    /// The documents valid at a position, in an order.
    func page(
        at position: Int64, _ filters: [RowFilter], in order: RowOrder, after place: RowOrder.Place?, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        // No column has a name with a space.
        let value = "\"the value\""
        let found = try query(position, filters, limit, session) { filters, bind in
            let after = place.map { "WHERE \(order.sql(after: $0, value: value, key: names, bind: bind))" }
            // Each row's value is worked out once: without the offset, the planner would copy its expression to each use.
            return """
                SELECT document, \(names) FROM (
                    SELECT document, \(names), \(order.sql(columns: key + stored)) AS \(value) FROM \(name)
                    WHERE \((valid + filters).joined(separator: " AND ")) OFFSET 0) r
                \(after ?? "") ORDER BY \(value) \(order.isDescending ? "DESC" : "ASC") NULLS LAST, \(names) LIMIT $2
                """
        }
        return try found.map { row in (try rowKey(row), try row.utf8(0)) }
    }

    /// The last document valid at a position, by key: the key's index is read from its end.
    func last(at position: Int64, _ filters: [RowFilter], _ session: PostgresSession) throws -> [UInt8]? {
        try query(
            { filters, _ in
                """
                SELECT document FROM \(name)
                WHERE \((valid + filters).joined(separator: " AND "))
                ORDER BY \(key.map { "\(quoteIdentifier($0)) DESC" }.joined(separator: ", ")) LIMIT $2
                """
            }, position, filters, nil, 1, session
        ).first?.utf8(0)
    }

    /// See ``ReadModel/counts(by:at:filters:_:)``.
    func counts(
        by columns: [String], at position: Int64, _ filters: [RowFilter], _ session: PostgresSession
    ) throws -> RowCounts {
        let texts = columns.map { "\(text(of: $0)) COLLATE \"C\"" }
        let groups = columns.indices.map { "\($0 + 2)" }
        let found = try query(
            { filters, _ in
                """
                SELECT \((["count(*)"] + texts).joined(separator: ", ")) FROM \(name)
                WHERE \((valid + filters).joined(separator: " AND "))
                GROUP BY \(groups.joined(separator: ", ")) LIMIT $2
                """
            }, position, filters, nil, Int.max, session)
        var counts = RowCounts(by: columns)
        for row in found {
            let texts = try columns.indices.map { row.isNull($0 + 1) ? nil : try row.text($0 + 1) }
            counts.add(texts, count: try row.int8(0))
        }
        return counts
    }

    /// The text of a column, from beside the document if it is there.
    private func text(of column: String) -> String {
        (key + stored).contains { $0.isBytewiseEqual(to: column) } ? quoteIdentifier(column) : Self.member(column)
    }

    /// The text of a member of the document; null if it is null.
    static func member(_ name: String) -> String { "(document::json ->> \(quoteLiteral(name)))" }

    /// See ``ReadModel/newest(in:by:at:filters:_:)``.
    func newest(
        in group: [String], by time: String, at position: Int64, _ filters: [RowFilter], _ session: PostgresSession
    ) throws -> [(group: [String], time: Instant)] {
        let isFoundByKey = key.starts(with: group + [time]) { $0.isBytewiseEqual(to: $1) }
        return try query(
            { filters, _ in
                let all = (valid + filters).joined(separator: " AND ")
                return isFoundByKey ? newestByKey(group, time, all) : newestOfAll(group, time, all)
            }, position, filters, nil, Int.max, session
        ).map { row in
            let time = Instant(microseconds: try row.int8(group.count)) ?? .minimum
            return (try group.indices.map { try row.text($0) }, time)
        }
    }

    /// The query of the newest times by a skip through the key's index: from the last group to the one before it, and in each
    /// group to its last time. The text of a whole second comes after those of its fractions, so the last of these is looked up.
    private func newestByKey(_ group: [String], _ time: String, _ conditions: String) -> String {
        let (plain, time) = (columns(group), quoteIdentifier(time))
        func names(of alias: String) -> String { group.map { "\(alias).\(quoteIdentifier($0))" }.joined(separator: ", ") }
        let descending = group.map { "\(quoteIdentifier($0)) DESC" }.joined(separator: ", ")
        let isOfGroup = "(\(names(of: "t"))) = (\(names(of: "g")))"
        return """
            WITH RECURSIVE g AS (
                (SELECT \(plain) FROM \(name) ORDER BY \(descending) LIMIT 1)
                UNION ALL
                SELECT p.* FROM g CROSS JOIN LATERAL (
                    SELECT \(plain) FROM \(name) t WHERE (\(names(of: "t"))) < (\(names(of: "g"))) ORDER BY \(descending) LIMIT 1) p)
            SELECT \(names(of: "g")), (extract(epoch FROM coalesce(f.\(time), l.\(time))::timestamptz) * 1000000)::bigint FROM g
            CROSS JOIN LATERAL (
                SELECT \(time) FROM \(name) t WHERE \(isOfGroup) AND \(conditions) ORDER BY \(time) DESC LIMIT 1) l
            LEFT JOIN LATERAL (
                SELECT \(time) FROM \(name) t
                WHERE \(isOfGroup) AND \(conditions) AND t.\(time) < l.\(time) AND t.\(time) >= left(l.\(time), 19)
                ORDER BY \(time) DESC LIMIT 1) f ON length(l.\(time)) = 20
            ORDER BY \(names(of: "g")) LIMIT $2
            """
    }

    private func newestOfAll(_ group: [String], _ time: String, _ conditions: String) -> String {
        """
        SELECT \(columns(group)), (extract(epoch FROM max(\(quoteIdentifier(time))::timestamptz)) * 1000000)::bigint
        FROM \(name) WHERE \(conditions) GROUP BY \(columns(group)) ORDER BY \(columns(group)) LIMIT $2
        """
    }

    /// The positions at which the first versions of a key begin and end, up to a position.
    func changes(
        of key: RowKey, upTo position: Int64, limit: Int, _ session: PostgresSession
    ) throws -> [Int64] {
        let isSame = self.key.enumerated().map { "\(quoteIdentifier($0.element)) = $\($0.offset + 3)" }
        let found = try session.execute(
            """
            SELECT valid_from, valid_to FROM \(name)
            WHERE valid_from <= $1 AND \(isSame.joined(separator: " AND ")) ORDER BY valid_from LIMIT $2
            """, [.int8(position), .int8(Int64(limit))] + key.parts.map { .text($0.text) })
        var positions: Set<Int64> = []
        for row in found {
            positions.insert(try row.int8(0))
            if !row.isNull(1) { positions.insert(try row.int8(1)) }
        }
        return positions.filter { $0 <= position }.sorted()
    }

    /// The number of rows from which one scan of the range is cheaper.
    private static var scanThreshold: Int { 1000 }

    /// The condition that a version is valid at the position `$1`.
    private var valid: [String] { [Self.isValid(at: "$1")] }

    private var names: String { key.map(quoteIdentifier).joined(separator: ", ") }

    private func rowKey(_ row: PostgresRow) throws -> RowKey {
        RowKey(try key.indices.map { try row.text($0 + 1) })
    }

    /// Runs a query of the rows from a start in key order. The SQL is made from the conditions that a row must meet.
    private func query(
        _ sql: (_ filters: [String], _ from: String?) -> String, _ position: Int64, _ filters: [RowFilter],
        _ start: (key: RowKey, comparison: String)?, _ limit: Int, _ session: PostgresSession
    ) throws -> PostgresResult {
        try query(position, filters, limit, session) { filters, bind in
            let from = start.map { start in
                "(\(names)) \(start.comparison) (\(start.key.parts.map { bind(.text($0.text)) }.joined(separator: ", ")))"
            }
            return sql(filters, from)
        }
    }

    /// Runs a query with the position as `$1` and the limit as `$2`. The SQL is made from the filters' conditions, and from
    /// further values that it binds.
    private func query(
        _ position: Int64, _ filters: [RowFilter], _ limit: Int, _ session: PostgresSession,
        _ sql: (_ filters: [String], _ bind: (PostgresValue) -> String) -> String
    ) throws -> PostgresResult {
        var parameters: [PostgresValue] = [.int8(position), .int8(Int64(limit))]
        func bind(_ value: PostgresValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        let conditions = filters.map { filter in
            filter.sql(isKey: key.contains { $0.isBytewiseEqual(to: filter.column) }, bind: bind)
        }
        let statement = sql(conditions, bind)
        return try session.execute(statement, parameters)
    }

    private func scan(_ filters: [String], _ from: String?) -> String {
        let all = valid + filters + [from].compactMap { $0 }
        return """
            SELECT document, \(names) FROM \(name) WHERE \(all.joined(separator: " AND "))
            ORDER BY \(names) LIMIT $2
            """
    }

    /// The query of the first keys: the first of each era, the first among these, and the last version of each by then.
    private func pick(_ filters: [String], _ from: String?, _ position: Int64) -> String {
        let eras = Era.all(upTo: position).map { "(\($0)::smallint)" }.joined(separator: ", ")
        let all = ["t.era = e.era", "valid_from <= $1"] + filters + [from].compactMap { $0 }
        let picked = key.map { "k.\(quoteIdentifier($0))" }.joined(separator: ", ")
        let isSame = key.map { "t.\(quoteIdentifier($0)) = k.\(quoteIdentifier($0))" }.joined(separator: " AND ")
        return """
            SELECT CASE WHEN \(Self.hasNotEnded(by: "$1", "v.")) THEN v.document END, \(picked)
            FROM (
                SELECT DISTINCT \(picked) FROM (VALUES \(eras)) e (era)
                CROSS JOIN LATERAL (
                    SELECT DISTINCT \(names) FROM \(name) t WHERE \(all.joined(separator: " AND "))
                    ORDER BY \(names) LIMIT $2) k
                ORDER BY \(picked) LIMIT $2) k
            CROSS JOIN LATERAL (
                SELECT document, valid_to FROM \(name) t WHERE \(isSame) AND t.valid_from <= $1
                ORDER BY t.valid_from DESC LIMIT 1) v
            ORDER BY \(picked)
            """
    }
}
