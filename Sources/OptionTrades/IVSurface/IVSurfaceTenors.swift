package import LedgerJSON
package import LedgerValues

/// The surface read as tenors: for each market date and target the nearest expiry, with its changes and its percentile
/// (docs/contract/research.md, "Tenors").
package struct IVSurfaceTenors: Sendable {
    /// Stored rows of one market date whose chain counts, by expiry.
    private struct Day: Sendable {
        let date: CalendarDate
        var rows: [(row: JSONValue, dte: Int)]

        /// The place of the row with the least |dte − target|, ties to the earlier expiry.
        func nearest(_ target: Int) -> Int? {
            var best: Int?
            for index in rows.indices where best.map({ abs(rows[index].dte - target) < abs(rows[$0].dte - target) }) ?? true {
                best = index
            }
            return best
        }
    }

    /// A row that stands for a target on one market date, with the figures that are compared.
    private struct Nearest: Sendable {
        let row: JSONValue
        let dte: Int
        let atmIV: FixedDecimal?
        /// Nil before the first date whose changes, or against which changes, are told.
        let compared: Compared?

        init(_ row: JSONValue, dte: Int, isCompared: Bool, _ rules: IVSurfaceRules) {
            (self.row, self.dte) = (row, dte)
            var members = OrderedMembers(row)
            atmIV = members.value("atm_iv")?.decimal
            compared = isCompared ? Compared(&members, rules) : nil
        }
    }

    /// A row's figures beside `atm_iv` whose changes are told.
    private struct Compared: Sendable {
        /// The `avg_iv` of each type of option and bucket of the rules, in their order.
        let averages: [FixedDecimal?]
        let expectedMove: FixedDecimal?
        let skew25: FixedDecimal?

        init(_ members: inout OrderedMembers, _ rules: IVSurfaceRules) {
            let buckets = members.value("delta_buckets")
            // Rows have the buckets in the order of the rules.
            var inOrder = buckets?.elements.makeIterator()
            averages = OptionType.allCases.flatMap { type in
                rules.buckets.map { bucket in
                    if let average = inOrder?.next().flatMap({ Self.average($0, type, bucket) }) { return average.decimal }
                    return buckets?.elements.lazy.compactMap { Self.average($0, type, bucket) }.first?.decimal
                }
            }
            expectedMove = members.value("expected_move_pct")?.decimal
            skew25 = members.value("skew_25d_pp")?.decimal
        }

        /// The `avg_iv` of a row's bucket. Nil if it is another bucket than the rules'.
        private static func average(_ found: JSONValue, _ type: OptionType, _ bucket: IVSurfaceRules.Bucket) -> JSONValue? {
            var members = OrderedMembers(found)
            guard let average = members.value("avg_iv"), members.value("delta_bucket")?.stringEquals(bucket.name) == true,
                members.value("option_type")?.stringEquals(type.rawValue) == true
            else { return nil }
            return average
        }
    }

    /// What stands for a target on each day.
    private struct Tenor: Sendable {
        var nearest: [Nearest?] = []
        /// The known `atm_iv`, which the percentiles of all later dates ask for.
        var values: [FixedDecimal] = []
        /// How many of them are of days before a day, and at last of all days.
        var valuesBefore = [0]

        mutating func add(_ found: Nearest?) {
            nearest.append(found)
            if let value = found?.atmIV { values.append(value) }
            valuesBefore.append(values.count)
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
    /// The members of each type of option and bucket of the rules behind a change, in their order: `,"delta_bucket":…`.
    private let bucketNames: [[UInt8]]
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
            var members = OrderedMembers(document.root)
            let dte = members.value("dte")?.integer
            guard let date = members.value("market_date")?.date, members.value("timestamp")?.isNull == false else { continue }
            if days.last?.date != date { days.append(Day(date: date, rows: [])) }
            if let dte { days[days.count - 1].rows.append((document.root, Int(dte))) }
        }
        self.days = days
        read = Self.read(days, Set(tenors), comparedFrom: dates.first?.date, rules)
        bucketNames = OptionType.allCases.flatMap { type in
            rules.buckets.map { bucket in
                let names = JSONWriter.bytes(reservingCapacity: 64) { out in
                    out.beginObject()
                    out.key("delta_bucket"); out.string(bucket.name)
                    out.key("option_type"); out.string(type.rawValue)
                    out.endObject()
                }
                return [UInt8(ascii: ",")] + names.dropFirst().dropLast()
            }
        }
    }

    /// Reads each row once, however many targets it stands for.
    ///
    /// - Parameter first: the date whose changes are the first to be told.
    private static func read(
        _ days: [Day], _ targets: Set<Int>, comparedFrom first: CalendarDate?, _ rules: IVSurfaceRules
    ) -> [Int: Tenor] {
        let firstCompared = (first.map { Self.firstDay(in: days, notBefore: $0) } ?? days.count) - 1
        var read = Dictionary(uniqueKeysWithValues: targets.map { ($0, Tenor()) })
        for (index, day) in days.enumerated() {
            var known = [Nearest?](repeating: nil, count: day.rows.count)
            for target in targets {
                let place = day.nearest(target)
                if let place, known[place] == nil {
                    let (row, dte) = day.rows[place]
                    known[place] = Nearest(row, dte: dte, isCompared: index >= firstCompared, rules)
                }
                read[target]?.add(place.flatMap { known[$0] })
            }
        }
        return read
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
        let end = Self.firstDay(in: days, notBefore: date)
        let start = date.advanced(byDays: -rules.percentileDays).map { Self.firstDay(in: days, notBefore: $0) } ?? end
        return (start..<end, days.indices.contains(end) && days[end].date == date ? end : nil)
    }

    private static func firstDay(in days: [Day], notBefore date: CalendarDate) -> Int {
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
        var warnings = Set(day.warnings)
        var percentile: FixedDecimal?
        if let found, let tenor {
            let gap = ExactNumber(abs(found.dte - target))
            if ExactNumber(target) * rules.farShare.exact < gap { warnings.insert("tenor_far") }
            let history = tenor.values[tenor.valuesBefore[window.lowerBound]..<tenor.valuesBefore[window.upperBound]]
            let isShort = history.count < rules.percentileMinimum
            if isShort { warnings.insert("short_history") }
            percentile = isShort ? nil : Self.percentile(of: found.atmIV, among: history)
        } else {
            warnings.insert("no_expiry")
        }
        // The row's members have the same order as the document's.
        var row = found.map { OrderedMembers($0.row) }
        out.beginObject()
        out.key("atm_iv"); out.decimalNumber(of: row?.value("atm_iv"))
        out.key("atm_iv_percentile"); out.decimalNumber(percentile)
        out.key("atm_strike"); out.decimalNumber(of: row?.value("atm_strike"))
        out.key("call_mark_source"); out.value(row?.value("call_mark_source"))
        out.key("changes")
        if let found, let index, let tenor { changes(found, index, tenor, to: &out) } else { out.null() }
        out.key("contracts_used"); out.value(row?.value("contracts_used"))
        out.key("delta_buckets"); out.objects(row?.value("delta_buckets"), decimals: Self.bucketDecimals)
        out.key("dte"); out.integer(found?.dte)
        out.key("expected_move_pct"); out.decimalNumber(of: row?.value("expected_move_pct"))
        out.key("expiry"); out.value(row?.value("expiry"))
        out.key("market_date"); out.date(day.date)
        out.key("parity_gap_pp"); out.decimalNumber(of: row?.value("parity_gap_pp"))
        out.key("put_mark_source"); out.value(row?.value("put_mark_source"))
        out.key("skew_10d_pp"); out.decimalNumber(of: row?.value("skew_10d_pp"))
        out.key("skew_25d_pp"); out.decimalNumber(of: row?.value("skew_25d_pp"))
        out.key("source"); out.value(row?.value("source"))
        out.key("spot"); out.decimalNumber(of: row?.value("spot"))
        out.key("straddle_mark"); out.decimalNumber(of: row?.value("straddle_mark"))
        out.key("tenor_gap_dte"); out.integer(found.map { $0.dte - target })
        out.key("tenor_target_dte"); out.integer(target)
        out.key("timestamp"); out.value(row?.value("timestamp"))
        for token in row?.value("warnings")?.elements.compactMap(\.string) ?? [] { warnings.insert(token) }
        out.warnings(warnings)
        out.endObject()
    }

    private static let bucketDecimals: [StaticString] = ["avg_iv", "median_iv"]

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
        for (place, names) in bucketNames.enumerated() {
            out.beginObject()
            out.key("avg_iv"); out.decimalNumber(change(now.compared?.averages[place], previous?.compared?.averages[place]))
            names.withUnsafeBufferPointer { out.append($0) }
            out.endObject()
        }
        out.endArray()
        out.key("expected_move_pct"); out.decimalNumber(change(now.compared?.expectedMove, previous?.compared?.expectedMove))
        out.key("previous_market_date"); out.date(day?.date)
        out.key("skew_25d_pp"); out.decimalNumber(change(now.compared?.skew25, previous?.compared?.skew25))
        out.endObject()
    }

    /// 100 × (those below + half of those equal) ÷ all, among known values. Nil without a value.
    static func percentile(of value: FixedDecimal?, among history: ArraySlice<FixedDecimal>) -> FixedDecimal? {
        guard let value else { return nil }
        let below = history.count { $0 < value }
        let equal = history.count { $0 == value }
        return ExactNumber(100 * (2 * below + equal)).divided(by: ExactNumber(2 * history.count))?.rounded()
    }
}
