import LedgerJSON
import LedgerValues

extension SampleBroker.State {
    // MARK: - Orders

    private static let closed = ["filled", "canceled", "expired", "rejected", "replaced"]

    func list(_ query: [String: String], _ now: Instant) -> SampleBrokerCall {
        guard let limit = Int(query["limit"] ?? "50"), 1...500 ~= limit else {
            return Self.problem(422, 40_010_001, "limit must be between 1 and 500")
        }
        let (byTime, byID) = (["after", "until"], ["after_order_id", "before_order_id"])
        if byTime.contains(where: { query[$0] != nil }), byID.contains(where: { query[$0] != nil }) {
            return Self.problem(422, 40_010_001, "after and until can not be used with after_order_id and before_order_id")
        }
        let after = query["after"].flatMap { Instant($0) } ?? .minimum
        let until = query["until"].flatMap { Instant($0) } ?? .maximum
        let symbols = query["symbols"]?.split(separator: ",").map(String.init)
        var chosen = orders.filter { order in
            guard order.submittedAt > after, order.submittedAt < until, order.hiddenUntil <= now,
                symbols?.contains(order.symbol) ?? true, query["side"].map({ $0 == order.side }) ?? true
            else { return false }
            switch query["status"] {
            case "all": return true
            case "closed": return Self.closed.contains(order.status)
            default: return !Self.closed.contains(order.status)
            }
        }
        if let id = query["after_order_id"], let index = chosen.firstIndex(where: { $0.id == id }) {
            chosen.removeFirst(index + 1)
        }
        if let id = query["before_order_id"], let index = chosen.firstIndex(where: { $0.id == id }) {
            chosen.removeLast(chosen.count - index)
        }
        if query["direction"] != "asc" { chosen.reverse() }
        return ok(.array(chosen.prefix(limit).map { node($0) }))
    }

    // MARK: - Activities and days

    /// Executions as activities, the last first unless asked otherwise. A page ends the list if it is empty.
    func activities(_ types: String?, _ query: [String: String], _ now: Instant) -> SampleBrokerCall {
        guard let size = Int(query["page_size"] ?? "100"), 1...100 ~= size else {
            return Self.problem(422, 40_010_001, "page_size must be between 1 and 100")
        }
        if query["category"] != nil, query["activity_types"] != nil {
            return Self.problem(422, 40_010_001, "category can not be used with activity_types")
        }
        let isWanted = types.map { $0.split(separator: ",").contains("FILL") } ?? (query["category"] != "non_trade_activity")
        func bound(_ name: String) -> Instant? {
            query[name].flatMap { text in Instant(text) ?? CalendarDate(text).flatMap { Instant(startOf: $0) } }
        }
        let (after, until) = (bound("after") ?? .minimum, bound("until") ?? .maximum)
        let day = query["date"].flatMap { CalendarDate($0) }
        var chosen = isWanted ? fills.filter { $0.at > after && $0.at < until && (day == nil || $0.at.date == day) } : []
        if query["direction"] != "asc" { chosen.reverse() }
        if let token = query["page_token"], let index = chosen.firstIndex(where: { $0.id == token }) { chosen.removeFirst(index + 1) }
        return ok(
            .array(
                chosen.prefix(size).map { fill in
                    let isLast = fill.total == fill.of
                    return .object([
                        ("id", .string(fill.id)), ("activity_type", .string("FILL")), ("transaction_time", .string("\(fill.at)")),
                        ("type", .string(isLast ? "fill" : "partial_fill")),
                        ("price", fill.price.map { .string($0.description) } ?? .null),
                        ("qty", .string("\(fill.quantity)")), ("side", .string(fill.side)), ("symbol", .string(fill.symbol)),
                        ("leaves_qty", .string("\(fill.of - fill.total)")), ("cum_qty", .string("\(fill.total)")),
                        ("order_id", .string(fill.orderID)), ("order_status", .string(isLast ? "filled" : "partially_filled")),
                    ])
                }))
    }

    /// The days of a range that are no weekend, with the hours of a whole session.
    func calendar(_ query: [String: String], _ now: Instant) -> JSONNode {
        let start = query["start"].flatMap { CalendarDate($0) } ?? now.date
        let end = query["end"].flatMap { CalendarDate($0) } ?? start
        let days = (0...max(0, min(366, Int(end.daysSinceEpoch) - Int(start.daysSinceEpoch)))).compactMap { start.advanced(byDays: $0) }
        return .array(
            days.filter { SampleOption.isWeekday($0) }.map { day in
                .object([("date", .string("\(day)")), ("open", .string("09:30")), ("close", .string("16:00"))])
            })
    }
}
