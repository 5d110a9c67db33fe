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
        func nearest(_ target: Int) -> (row: JSONValue, dte: Int)? {
            var best: (row: JSONValue, dte: Int)?
            for (row, dte) in rows where best.map({ abs(dte - target) < abs($0.dte - target) }) ?? true { best = (row, dte) }
            return best
        }
    }

    /// A row's figures of the options of one type in one bucket of deltas.
    private struct Bucket: Sendable {
        let type: String?
        let name: String?
        let average: FixedDecimal?
        let median: FixedDecimal?
        let contracts: Int64?

        init(_ bucket: JSONValue) {
            type = bucket["option_type"]?.string
            name = bucket["delta_bucket"]?.string
            average = bucket["avg_iv"]?.decimal
            median = bucket["median_iv"]?.decimal
            contracts = bucket["n_contracts"]?.integer
        }
    }

    /// What stands for a target on one market date, with the figures that the changes of the next date ask for again.
    private struct Nearest: Sendable {
        let row: JSONValue
        let dte: Int
        let atmIV: FixedDecimal?
        let expectedMove: FixedDecimal?
        let skew25: FixedDecimal?
        /// Nil if the row has none.
        let buckets: [Bucket]?
        /// The `avg_iv` of each type of option and bucket of the rules, in their order.
        let averages: [FixedDecimal?]

        init(_ row: JSONValue, dte: Int, _ rules: IVSurfaceRules) {
            self.row = row
            self.dte = dte
            atmIV = row["atm_iv"]?.decimal
            expectedMove = row["expected_move_pct"]?.decimal
            skew25 = row["skew_25d_pp"]?.decimal
            let found = row["delta_buckets"].flatMap { $0.kind == .array ? $0.elements.map(Bucket.init) : nil }
            buckets = found
            averages = OptionType.allCases.flatMap { type in
                rules.buckets.map { bucket in
                    found?.first { Self.isEqual($0.type, type.rawValue) && Self.isEqual($0.name, bucket.name) }?.average
                }
            }
        }

        private static func isEqual(_ text: String?, _ other: String) -> Bool { text?.isBytewiseEqual(to: other) ?? false }
    }

    /// What stands for a target on each day.
    private struct Tenor: Sendable {
        let nearest: [Nearest?]
        /// Their `atm_iv`, which the percentiles of all later dates ask for.
        let values: [FixedDecimal?]

        init(_ target: Int, _ days: [Day], _ rules: IVSurfaceRules) {
            nearest = days.map { day in day.nearest(target).map { Nearest($0.row, dte: $0.dte, rules) } }
            values = nearest.map { $0?.atmIV }
        }
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
    /// By target.
    private let read: [Int: Tenor]
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
            guard let date = row["market_date"]?.date, row["timestamp"]?.isNull == false else { continue }
            if days.last?.date != date { days.append(Day(date: date, rows: [])) }
            if let dte = row["dte"]?.integer { days[days.count - 1].rows.append((row, Int(dte))) }
        }
        self.days = days
        read = Dictionary(uniqueKeysWithValues: Set(tenors).map { ($0, Tenor($0, days, rules)) })
    }

    /// Writes the document: a JSON object, decimals as numbers.
    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("disclaimer"); out.string(Research.disclaimer)
        out.key("from"); out.date(from)
        out.key("rows")
        out.beginArray()
        for day in dates {
            let (window, index) = place(of: day.date)
            for target in tenors { write(day, target, index, window, to: &out) }
        }
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

    /// The days that the percentiles of a date are among, and the date's own place. Nil if no row is of that date.
    private func place(of date: CalendarDate) -> (window: Range<Int>, index: Int?) {
        let end = firstDay(notBefore: date)
        let start = date.advanced(byDays: -rules.percentileDays).map { firstDay(notBefore: $0) } ?? end
        return (start..<end, days.indices.contains(end) && days[end].date == date ? end : nil)
    }

    private func firstDay(notBefore date: CalendarDate) -> Int {
        var (low, high) = (0, days.count)
        while low < high {
            let middle = (low + high) / 2
            if days[middle].date < date { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func write(_ day: MarketDay, _ target: Int, _ index: Int?, _ window: Range<Int>, to out: inout JSONWriter) {
        let tenor = read[target]
        let found = index.flatMap { tenor?.nearest[$0] }
        let row = found?.row
        var warnings = Set(day.warnings)
        for token in row?["warnings"]?.elements.compactMap(\.string) ?? [] { warnings.insert(token) }
        var percentile: FixedDecimal?
        if let found {
            let gap = ExactNumber(abs(found.dte - target))
            if ExactNumber(target) * rules.farShare.exact < gap { warnings.insert("tenor_far") }
            let history = tenor?.values[window] ?? []
            let isShort = history.count { $0 != nil } < rules.percentileMinimum
            if isShort { warnings.insert("short_history") }
            percentile = isShort ? nil : Self.percentile(of: found.atmIV, among: history)
        } else {
            warnings.insert("no_expiry")
        }
        func number(_ name: String) -> FixedDecimal? { row?[name]?.decimal }
        out.beginObject()
        out.key("atm_iv"); out.decimalNumber(found?.atmIV)
        out.key("atm_iv_percentile"); out.decimalNumber(percentile)
        out.key("atm_strike"); out.decimalNumber(number("atm_strike"))
        out.key("call_mark_source"); out.string(row?["call_mark_source"]?.string)
        out.key("changes")
        if let found, let index, let tenor { changes(found, index, tenor, to: &out) } else { out.null() }
        out.key("contracts_used"); out.integer(row?["contracts_used"]?.integer)
        out.key("delta_buckets"); write(found?.buckets, to: &out)
        out.key("dte"); out.integer(found?.dte)
        out.key("expected_move_pct"); out.decimalNumber(found?.expectedMove)
        out.key("expiry"); out.string(row?["expiry"]?.string)
        out.key("market_date"); out.date(day.date)
        out.key("parity_gap_pp"); out.decimalNumber(number("parity_gap_pp"))
        out.key("put_mark_source"); out.string(row?["put_mark_source"]?.string)
        out.key("skew_10d_pp"); out.decimalNumber(number("skew_10d_pp"))
        out.key("skew_25d_pp"); out.decimalNumber(found?.skew25)
        out.key("source"); out.string(row?["source"]?.string)
        out.key("spot"); out.decimalNumber(number("spot"))
        out.key("straddle_mark"); out.decimalNumber(number("straddle_mark"))
        out.key("tenor_gap_dte"); out.integer(found.map { $0.dte - target })
        out.key("tenor_target_dte"); out.integer(target)
        out.key("timestamp"); out.string(row?["timestamp"]?.string)
        out.warnings(warnings)
        out.endObject()
    }

    private func write(_ buckets: [Bucket]?, to out: inout JSONWriter) {
        guard let buckets else { return out.null() }
        out.beginArray()
        for bucket in buckets {
            out.beginObject()
            out.key("avg_iv"); out.decimalNumber(bucket.average)
            out.key("delta_bucket"); out.string(bucket.name)
            out.key("median_iv"); out.decimalNumber(bucket.median)
            out.key("n_contracts"); out.integer(bucket.contracts)
            out.key("option_type"); out.string(bucket.type)
            out.endObject()
        }
        out.endArray()
    }

    /// What changed since the same tenor of the latest earlier date with rows.
    private func changes(_ now: Nearest, _ index: Int, _ tenor: Tenor, to out: inout JSONWriter) {
        let day = index > 0 ? days[index - 1] : nil
        let previous = index > 0 ? tenor.nearest[index - 1] : nil
        func change(_ now: FixedDecimal?, _ before: FixedDecimal?) -> FixedDecimal? {
            guard let now, let before else { return nil }
            return now - before
        }
        out.beginObject()
        out.key("atm_iv"); out.decimalNumber(change(now.atmIV, previous?.atmIV))
        out.key("delta_buckets")
        out.beginArray()
        var place = 0
        for type in OptionType.allCases {
            for bucket in rules.buckets {
                out.beginObject()
                out.key("avg_iv"); out.decimalNumber(change(now.averages[place], previous?.averages[place]))
                out.key("delta_bucket"); out.string(bucket.name)
                out.key("option_type"); out.string(type.rawValue)
                out.endObject()
                place += 1
            }
        }
        out.endArray()
        out.key("expected_move_pct"); out.decimalNumber(change(now.expectedMove, previous?.expectedMove))
        out.key("previous_market_date"); out.date(day?.date)
        out.key("skew_25d_pp"); out.decimalNumber(change(now.skew25, previous?.skew25))
        out.endObject()
    }

    /// 100 × (those below + half of those equal) ÷ all, among the values that are known. Nil without a value.
    static func percentile(of value: FixedDecimal?, among history: ArraySlice<FixedDecimal?>) -> FixedDecimal? {
        guard let value else { return nil }
        var (below, equal, all) = (0, 0, 0)
        for case let other? in history {
            all += 1
            if other < value {
                below += 1
            } else if other == value {
                equal += 1
            }
        }
        return ExactNumber(100 * (2 * below + equal)).divided(by: ExactNumber(2 * all))?.rounded()
    }
}
