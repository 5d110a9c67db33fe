package import LedgerJSON
package import LedgerValues

/// The surface read as tenors: for each market date and target the nearest expiry, with its changes and its percentile
/// (docs/contract/research.md, "Tenors").
package struct IVSurfaceTenors: Sendable {
    /// Stored rows of one market date whose chain counts, by expiry.
    private struct Day: Sendable {
        let date: CalendarDate
        var rows: [(row: JSONValue, dte: Int)]

        /// The row with the least |dte − target|, ties to the earlier expiry.
        func nearest(_ target: Int) -> Nearest? {
            var best: (row: JSONValue, dte: Int)?
            for (row, dte) in rows where best.map({ abs(dte - target) < abs($0.dte - target) }) ?? true { best = (row, dte) }
            return best.map { Nearest(row: $0.row, dte: $0.dte, iv: $0.row["atm_iv"]?.decimal) }
        }
    }

    /// What stands for a target on one market date.
    private struct Nearest: Sendable {
        let row: JSONValue
        let dte: Int
        /// Its `atm_iv`, which the percentiles of all later dates ask for.
        let iv: FixedDecimal?
    }

    /// A market date with a chain that counts, and the tokens that stand on all its tenors.
    package struct MarketDay: Sendable {
        package let date: CalendarDate
        package let warnings: [String]

        package init(date: CalendarDate, warnings: [String]) {
            self.date = date
            self.warnings = warnings
        }
    }

    package let underlying: String
    package let from: CalendarDate?
    package let to: CalendarDate?
    package let tenors: [Int]
    private let dates: [MarketDay]
    /// Ascending, from before the asked dates on.
    private let days: [Day]
    /// By target, in the order of the days.
    private let nearest: [Int: [Nearest?]]
    private let rules: IVSurfaceRules

    /// - Parameters:
    ///   - dates: the asked dates with a chain that counts, ascending.
    ///   - rows: stored rows of the surface, by date and expiry: those of the asked dates, of the days before that the percentile
    ///     needs, and of the latest date before these.
    package init(
        of underlying: String, from: CalendarDate?, to: CalendarDate?, tenors: [Int], dates: [MarketDay], rows: [JSONDocument],
        _ rules: IVSurfaceRules
    ) {
        self.underlying = underlying
        (self.from, self.to) = (from, to)
        self.tenors = tenors
        self.dates = dates
        self.rules = rules
        var days: [Day] = []
        for document in rows {
            let row = document.root
            guard let date = row["market_date"]?.string.flatMap({ CalendarDate($0) }), row["timestamp"]?.isNull == false else { continue }
            if days.last?.date != date { days.append(Day(date: date, rows: [])) }
            if let dte = row["dte"]?.integer { days[days.count - 1].rows.append((row, Int(dte))) }
        }
        self.days = days
        nearest = Dictionary(tenors.map { target in (target, days.map { $0.nearest(target) }) }) { first, _ in first }
    }

    /// Writes the document: a JSON object, decimals as numbers.
    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("disclaimer"); out.string(Research.disclaimer)
        out.key("from"); out.date(from)
        out.key("rows")
        out.beginArray()
        for day in dates { for target in tenors { write(day, target, to: &out) } }
        out.endArray()
        out.key("tenors")
        out.beginArray()
        for target in tenors { out.integer(target) }
        out.endArray()
        out.key("to"); out.date(to)
        out.key("underlying"); out.string(underlying)
        out.warnings(dates.isEmpty ? ["no_chain"] : [])
        out.endObject()
    }

    private func write(_ day: MarketDay, _ target: Int, to out: inout JSONWriter) {
        let index = days.firstIndex { $0.date == day.date }
        let found = index.flatMap { nearest[target]?[$0] ?? nil }
        let row = found?.row
        var warnings = Set(day.warnings)
        for token in row?["warnings"]?.elements.compactMap(\.string) ?? [] { warnings.insert(token) }
        var percentile: FixedDecimal?
        if let found {
            let gap = ExactNumber(abs(found.dte - target))
            if ExactNumber(target) * rules.farShare.exact < gap { warnings.insert("tenor_far") }
            let history = history(before: day.date, target)
            if history.count < rules.percentileMinimum { warnings.insert("short_history") }
            percentile = Self.percentile(of: found.iv, among: history, minimum: rules.percentileMinimum)
        } else {
            warnings.insert("no_expiry")
        }
        func number(_ name: String) -> FixedDecimal? { decimal(row, name) }
        out.beginObject()
        out.key("atm_iv"); out.decimalNumber(number("atm_iv"))
        out.key("atm_iv_percentile"); out.decimalNumber(percentile)
        out.key("atm_strike"); out.decimalNumber(number("atm_strike"))
        out.key("call_mark_source"); out.string(row?["call_mark_source"]?.string)
        out.key("changes")
        if let row, let index { changes(row, index, target, to: &out) } else { out.null() }
        out.key("contracts_used"); out.integer(row?["contracts_used"]?.integer)
        out.key("delta_buckets"); buckets(row, to: &out)
        out.key("dte"); out.integer(found?.dte)
        out.key("expected_move_pct"); out.decimalNumber(number("expected_move_pct"))
        out.key("expiry"); out.string(row?["expiry"]?.string)
        out.key("market_date"); out.date(day.date)
        out.key("parity_gap_pp"); out.decimalNumber(number("parity_gap_pp"))
        out.key("put_mark_source"); out.string(row?["put_mark_source"]?.string)
        out.key("skew_10d_pp"); out.decimalNumber(number("skew_10d_pp"))
        out.key("skew_25d_pp"); out.decimalNumber(number("skew_25d_pp"))
        out.key("source"); out.string(row?["source"]?.string)
        out.key("spot"); out.decimalNumber(number("spot"))
        out.key("straddle_mark"); out.decimalNumber(number("straddle_mark"))
        out.key("tenor_gap_dte"); out.integer(found.map { $0.dte - target })
        out.key("tenor_target_dte"); out.integer(target)
        out.key("timestamp"); out.string(row?["timestamp"]?.string)
        out.warnings(warnings)
        out.endObject()
    }

    private func decimal(_ row: JSONValue?, _ name: String) -> FixedDecimal? { row?[name]?.decimal }

    private func buckets(_ row: JSONValue?, to out: inout JSONWriter) {
        guard let buckets = row?["delta_buckets"], buckets.kind == .array else { return out.null() }
        out.beginArray()
        for bucket in buckets.elements {
            out.beginObject()
            out.key("avg_iv"); out.decimalNumber(bucket["avg_iv"]?.decimal)
            out.key("delta_bucket"); out.string(bucket["delta_bucket"]?.string)
            out.key("median_iv"); out.decimalNumber(bucket["median_iv"]?.decimal)
            out.key("n_contracts"); out.integer(bucket["n_contracts"]?.integer)
            out.key("option_type"); out.string(bucket["option_type"]?.string)
            out.endObject()
        }
        out.endArray()
    }

    /// What changed since the same tenor of the latest earlier date with rows.
    private func changes(_ row: JSONValue, _ index: Int, _ target: Int, to out: inout JSONWriter) {
        let day = index > 0 ? days[index - 1] : nil
        let previous = index > 0 ? nearest[target]?[index - 1]?.row : nil
        func change(_ name: String) -> FixedDecimal? {
            guard let now = decimal(row, name), let before = decimal(previous, name) else { return nil }
            return now - before
        }
        func average(_ row: JSONValue?, _ type: OptionType, _ name: String) -> FixedDecimal? {
            row?["delta_buckets"]?.elements.first {
                $0["option_type"]?.string == type.rawValue && $0["delta_bucket"]?.string == name
            }?["avg_iv"]?.decimal
        }
        out.beginObject()
        out.key("atm_iv"); out.decimalNumber(change("atm_iv"))
        out.key("delta_buckets")
        out.beginArray()
        for type in OptionType.allCases {
            for bucket in rules.buckets {
                var change: FixedDecimal?
                if let now = average(row, type, bucket.name), let before = average(previous, type, bucket.name) { change = now - before }
                out.beginObject()
                out.key("avg_iv"); out.decimalNumber(change)
                out.key("delta_bucket"); out.string(bucket.name)
                out.key("option_type"); out.string(type.rawValue)
                out.endObject()
            }
        }
        out.endArray()
        out.key("expected_move_pct"); out.decimalNumber(change("expected_move_pct"))
        out.key("previous_market_date"); out.date(day?.date)
        out.key("skew_25d_pp"); out.decimalNumber(change("skew_25d_pp"))
        out.endObject()
    }

    /// The tenor's values of `atm_iv` in the days before a date.
    private func history(before date: CalendarDate, _ target: Int) -> [FixedDecimal] {
        guard let first = date.advanced(byDays: -rules.percentileDays) else { return [] }
        return zip(days, nearest[target] ?? []).compactMap { day, found in
            day.date >= first && day.date < date ? found?.iv : nil
        }
    }

    /// 100 × (those below + half of those equal) ÷ all. Nil if there are too few, or without a value.
    static func percentile(of value: FixedDecimal?, among history: [FixedDecimal], minimum: Int) -> FixedDecimal? {
        guard let value, history.count >= minimum else { return nil }
        let (below, equal) = (history.count { $0 < value }, history.count { $0 == value })
        return ExactNumber(100 * (2 * below + equal)).divided(by: ExactNumber(2 * history.count))?.rounded()
    }
}
