import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The rows of an observation that is a list: options of a chain, or bars.
///
/// They are kept as they are stored, canonical JSON, which is less than half of what their values take in memory; ``ChainRow`` and
/// ``Bar`` read them.
package struct MarketRows: Sendable, Equatable {
    /// The canonical JSON array.
    package let json: [UInt8]
    package let count: Int

    /// The most bytes that the rows of one observation may have, so that its leaf stays below 65,536.
    package static let byteLimit = 60_000

    /// The most rows that an observation of a kind may have.
    package static func limit(of kind: MarketKind) -> Int { kind == .bars ? 250 : 200 }

    /// Rows with one value for each of the kind's ``MarketKind/rowFields``, in their order.
    package init(_ rows: [[MarketValue]], of kind: MarketKind) {
        let shape = kind.shape
        json = JSONWriter.bytes(reservingCapacity: 256 * rows.count + 2) { out in
            out.beginArray()
            for row in rows {
                out.beginObject()
                for index in shape.rowOrder where index < row.count {
                    out.key(shape.rowFields[index].key)
                    row[index].write(to: &out)
                }
                out.endObject()
            }
            out.endArray()
        }
        count = rows.count
    }

    /// The rows with decimals as numbers.
    package func publishedJSON() -> [UInt8] {
        guard let root = try? JSONDocument(parsing: json).root else { return json }
        return JSONWriter.bytes(reservingCapacity: json.count) { out in
            out.beginArray()
            for row in root.elements {
                out.beginObject()
                for member in row.memberViews {
                    out.key(member.key)
                    if let decimal = member.value.decimal {
                        out.decimalNumber(decimal)
                    } else {
                        out.string(member.value.string)
                    }
                }
                out.endObject()
            }
            out.endArray()
        }
    }

    init(decoding value: JSONValue, of kind: MarketKind, pointer: String) throws(PayloadError) {
        guard value.kind == .array else { throw PayloadError(pointer: pointer, problem: "is not an array") }
        let shape = kind.shape
        var rows: [[MarketValue]] = []
        rows.reserveCapacity(value.count)
        for element in value.elements {
            var members = try MemberCursor(element, pointer: "\(pointer)/\(rows.count)")
            var row = [MarketValue](repeating: .null, count: shape.rowFields.count)
            for index in shape.rowOrder {
                let field = shape.rowFields[index]
                row[index] = try MarketValue(reading: field.key, field.type, from: &members)
                if field.isRequired, case .null = row[index] { throw members.error(field.key, "is null") }
            }
            try members.finish(shape.rowFields.map(\.key))
            rows.append(row)
        }
        self.init(rows, of: kind)
    }

    /// Sorted rows in parts, each with as many rows as fit in one observation.
    ///
    /// - Parameter values: one value of a row for each of the kind's ``MarketKind/rowFields``.
    package static func parts<Row>(_ rows: [Row], of kind: MarketKind, _ values: (Row) -> [MarketValue]) -> [[Row]] {
        var parts: [[Row]] = [[]]
        var bytes = 0
        for row in rows {
            let size = MarketRows([values(row)], of: kind).json.count
            if parts[parts.count - 1].count == limit(of: kind) || bytes + size > byteLimit {
                parts.append([])
                bytes = 0
            }
            parts[parts.count - 1].append(row)
            bytes += size
        }
        return parts
    }

    /// What is wrong with the rows of an observation, in words that follow its kind's name. Nil if it is sound, or has no rows.
    package static func problem(of kind: MarketKind, _ values: [MarketValue]) -> String? {
        guard !kind.rowFields.isEmpty else { return nil }
        guard case .rows(let rows) = values.last else { return "has no rows" }
        if rows.count > limit(of: kind) { return "has more than \(limit(of: kind)) rows" }
        if rows.json.count > byteLimit { return "has rows of more than \(byteLimit) bytes" }
        return kind == .bars ? Bar.problem(of: rows, values) : ChainRow.problem(of: rows)
    }
}

/// One option of a chain.
package struct ChainRow: Sendable, Equatable {
    package var strike: FixedDecimal
    package var optionType: OptionType
    package var bid: FixedDecimal?
    package var ask: FixedDecimal?
    package var last: FixedDecimal?
    package var mark: FixedDecimal?
    /// Vol points.
    package var iv: FixedDecimal?
    package var delta: FixedDecimal?
    package var gamma: FixedDecimal?
    package var theta: FixedDecimal?
    package var vega: FixedDecimal?
    package var openInterest: FixedDecimal?
    package var volume: FixedDecimal?

    package init(
        strike: FixedDecimal, _ optionType: OptionType, bid: FixedDecimal? = nil, ask: FixedDecimal? = nil,
        last: FixedDecimal? = nil, mark: FixedDecimal? = nil, iv: FixedDecimal? = nil, delta: FixedDecimal? = nil,
        gamma: FixedDecimal? = nil, theta: FixedDecimal? = nil, vega: FixedDecimal? = nil, openInterest: FixedDecimal? = nil,
        volume: FixedDecimal? = nil
    ) {
        (self.strike, self.optionType) = (strike, optionType)
        (self.bid, self.ask, self.last, self.mark, self.iv) = (bid, ask, last, mark, iv)
        (self.delta, self.gamma, self.theta, self.vega) = (delta, gamma, theta, vega)
        (self.openInterest, self.volume) = (openInterest, volume)
    }

    /// The values in the order of the kind's row fields.
    package var values: [MarketValue] {
        [.decimal(strike), .optionType(optionType)]
            + [bid, ask, last, mark, iv, delta, gamma, theta, vega, openInterest, volume].map { $0.map(MarketValue.decimal) ?? .null }
    }

    /// Whether the row comes before another: by strike, then calls before puts.
    package func precedes(_ other: ChainRow) -> Bool {
        strike == other.strike ? optionType == .call && other.optionType == .put : strike < other.strike
    }

    /// The rows of stored JSON. Nil if it is no array of rows.
    package static func all(in json: [UInt8]) -> [ChainRow]? {
        guard let root = try? JSONDocument(parsing: json).root, root.kind == .array else { return nil }
        var rows: [ChainRow] = []
        rows.reserveCapacity(root.count)
        for element in root.elements {
            guard let row = ChainRow(element) else { return nil }
            rows.append(row)
        }
        return rows
    }

    private init?(_ row: JSONValue) {
        var values: [FixedDecimal?] = []
        values.reserveCapacity(12)
        var optionType: OptionType?
        // The members of stored rows come in canonical order.
        for member in row.memberViews {
            if member.keyIs("option_type") {
                optionType = member.value.stringIs("call") ? .call : member.value.stringIs("put") ? .put : nil
            } else {
                values.append(member.value.decimal)
            }
        }
        guard let optionType, values.count == 12, let strike = values[8] else { return nil }
        self.init(
            strike: strike, optionType, bid: values[1], ask: values[0], last: values[5], mark: values[6], iv: values[4],
            delta: values[2], gamma: values[3], theta: values[9], vega: values[10], openInterest: values[7], volume: values[11])
    }

    /// Whether rows strictly ascend.
    package static func ascend(_ rows: [ChainRow]) -> Bool { zip(rows, rows.dropFirst()).allSatisfy { $0.precedes($1) } }

    fileprivate static func problem(of rows: MarketRows) -> String? {
        guard let all = all(in: rows.json) else { return "has rows that can't be read" }
        return ascend(all) ? nil : "has rows that are not sorted by strike, calls before puts, each once"
    }
}

/// One bar: what was paid for a symbol in an interval.
package struct Bar: Sendable, Equatable {
    /// Its first moment. Of a daily bar 00:00Z of its date.
    package let timestamp: Instant
    package let open: FixedDecimal?
    package let high: FixedDecimal?
    package let low: FixedDecimal?
    package let close: FixedDecimal?
    package let volume: FixedDecimal?
    package let vwap: FixedDecimal?

    package init(
        timestamp: Instant, open: FixedDecimal? = nil, high: FixedDecimal? = nil, low: FixedDecimal? = nil,
        close: FixedDecimal? = nil, volume: FixedDecimal? = nil, vwap: FixedDecimal? = nil
    ) {
        self.timestamp = timestamp
        (self.open, self.high, self.low, self.close, self.volume, self.vwap) = (open, high, low, close, volume, vwap)
    }

    /// The values in the order of the kind's row fields.
    package var values: [MarketValue] {
        [.instant(timestamp)] + [open, high, low, close, volume, vwap].map { $0.map(MarketValue.decimal) ?? .null }
    }

    /// A bar of a list in stored or published form. Nil without a timestamp.
    package init?(_ bar: JSONValue) {
        guard let timestamp = bar["timestamp"]?.string.flatMap({ Instant($0) }) else { return nil }
        self.init(
            timestamp: timestamp, open: bar["open"]?.decimal, high: bar["high"]?.decimal, low: bar["low"]?.decimal,
            close: bar["close"]?.decimal, volume: bar["volume"]?.decimal, vwap: bar["vwap"]?.decimal)
    }

    /// The bars of stored JSON. Nil if it is no array of bars.
    package static func all(in json: [UInt8]) -> [Bar]? {
        guard let root = try? JSONDocument(parsing: json).root, root.kind == .array else { return nil }
        var bars: [Bar] = []
        for element in root.elements {
            guard let bar = Bar(element) else { return nil }
            bars.append(bar)
        }
        return bars
    }

    /// The period of a bar: the UTC block of four hours of a minute's, `2026-01-30T12`, and the month of a day's, `2026-01`.
    package static func period(of timestamp: Instant, isDaily: Bool) -> String {
        let text = timestamp.description
        if isDaily { return String(text.prefix(7)) }
        let hour = Int(timestamp.microseconds % 86_400_000_000 / 3_600_000_000) / 4 * 4
        return "\(text.prefix(11))\(hour < 10 ? "0" : "")\(hour)"
    }

    fileprivate static func problem(of rows: MarketRows, _ values: [MarketValue]) -> String? {
        guard let bars = all(in: rows.json) else { return "has bars that can't be read" }
        guard let first = bars.first else { return "has no bar" }
        guard case .text(let interval) = values[1], case .text(let period) = values[2] else { return "has no period" }
        let isDaily = interval.isBytewiseEqual(to: "1d")
        let own = Bar.period(of: first.timestamp, isDaily: isDaily)
        let form = isDaily ? "a month YYYY-MM" : "a UTC block of four hours YYYY-MM-DDTHH with HH in 00, 04, 08, 12, 16, 20"
        for bar in bars where !Bar.period(of: bar.timestamp, isDaily: isDaily).isBytewiseEqual(to: period) {
            return "has a bar at \(bar.timestamp) outside its period \(period), which is \(form), here \(own)"
        }
        if !zip(bars, bars.dropFirst()).allSatisfy({ $0.timestamp < $1.timestamp }) {
            return "has bars that are not in the order of time, each once"
        }
        for bar in bars where isDaily && bar.timestamp.microseconds % 86_400_000_000 != 0 {
            return "has a daily bar at \(bar.timestamp), which is not 00:00Z of its date"
        }
        return MarketObservedPayload.end(of: bars, isDaily: isDaily) == nil ? "has a bar beyond the year 2199" : nil
    }
}

extension MarketObservedPayload {
    /// The end of the last bar, from which on the bars are known in the world. Nil for other kinds.
    var barsEnd: Instant? {
        guard kind == .bars, let rows, let bars = Bar.all(in: rows.json) else { return nil }
        return Self.end(of: bars, isDaily: text("interval")?.isBytewiseEqual(to: "1d") ?? false)
    }

    /// A minute after the last bar's start, or 24:00 in New York of its date.
    fileprivate static func end(of bars: [Bar], isDaily: Bool) -> Instant? {
        guard let last = bars.last else { return nil }
        return isDaily ? NewYorkDay.end(of: last.timestamp.date) : last.timestamp.advanced(byMicroseconds: 60_000_000)
    }
}
