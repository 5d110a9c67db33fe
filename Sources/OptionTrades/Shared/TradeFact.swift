import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues

/// The latest statement of the log about one aspect of a trade, with the position of its event.
struct TradeFact<Value: Sendable>: Sendable {
    let value: Value
    let position: Int64
    /// The valid time of the event.
    let effectiveAt: Instant?

    init(_ value: Value, from record: EventHeader) {
        self.value = value
        position = record.position
        effectiveAt = record.effectiveAt
    }

    /// Whether the fact holds at a moment of valid time.
    func holds(by instant: Instant) -> Bool { effectiveAt.map { $0 <= instant } ?? true }

    /// Writes `{content, effective_at, position}`. The content is the value's own canonical JSON.
    func write(to out: inout JSONWriter, content: (Value, inout JSONWriter) -> Void) {
        out.beginObject()
        out.key("content")
        content(value, &out)
        out.key("effective_at")
        out.instant(effectiveAt)
        out.key("position")
        out.integer(position)
        out.endObject()
    }

    /// Reads an object that ``write(to:content:)`` wrote.
    init(_ stored: JSONValue, decode: (JSONValue) throws -> Value) throws {
        guard let content = stored["content"], let position = stored["position"]?.integer,
            let effectiveAt = stored["effective_at"]
        else { throw RowProblem(description: "a stored fact of a trade lacks a key") }
        let instant = effectiveAt.string.flatMap { Instant($0) }
        if instant == nil, !effectiveAt.isNull {
            throw RowProblem(description: "a stored fact of a trade holds from no instant")
        }
        value = try decode(content)
        self.position = position
        self.effectiveAt = instant
    }
}

extension TradeFact<ExecutionRow> {
    /// Whether the trade itself has happened by a moment.
    func isTraded(by instant: Instant) -> Bool { value.tradeDate <= instant }
}

/// A trade's latest stamp under each `context_key`, including stamps made from older rows.
struct TradeStamps: Sendable {
    /// In the order of the context keys. A trade nearly always has one context.
    private var stamps: OneOrMore<TradeFact<ContextStampedPayload>> = .none

    /// Records a stamp. It replaces the stamp with the same context key.
    mutating func record(_ stamp: ContextStampedPayload, from record: EventHeader) {
        stamps.insert(TradeFact(stamp, from: record)) { left, right in
            left.value.contextKey.isBytewiseLess(than: right.value.contextKey)
        }
    }

    /// The stamps that hold at a moment of valid time.
    func held(by instant: Instant) -> TradeStamps {
        var held = TradeStamps()
        held.stamps = stamps.filter { $0.holds(by: instant) }
        return held
    }

    /// Visits the stamps made from the current row, by context key.
    func forEachCurrent(for row: ExecutionRow, _ visit: (TradeFact<ContextStampedPayload>) -> Void) {
        stamps.forEach { if $0.value.basis.isBasis(of: row) { visit($0) } }
    }

    /// The trade's stamp: the latest of those made from the current row.
    func latest(for row: ExecutionRow) -> TradeFact<ContextStampedPayload>? {
        var latest: TradeFact<ContextStampedPayload>?
        forEachCurrent(for: row) { stamp in
            if latest.map({ $0.position <= stamp.position }) ?? true { latest = stamp }
        }
        return latest
    }

    /// - Parameter withInputs: whether to write the observations behind the stamps too
    func write(to out: inout JSONWriter, withInputs: Bool = true) {
        out.beginArray()
        stamps.forEach { stamp in
            stamp.write(to: &out) { $0.write(to: &$1, withInputs: withInputs) }
        }
        out.endArray()
    }

    init() {}

    /// Reads an array that ``write(to:withInputs:)`` wrote.
    init(_ stored: JSONValue) throws {
        for element in stored.elements {
            let stamp = try TradeFact(element) { try ContextStampedPayload(decoding: $0) }
            stamps.insert(stamp) { $0.value.contextKey.isBytewiseLess(than: $1.value.contextKey) }
        }
    }
}

extension DecodedEvent {
    /// The trade that the event is about, as the key of its entity. Empty for an event of another kind.
    var trade: [RowKey] { payload.subjectKey.map { [$0] } ?? [] }
}

extension JSONWriter {
    /// Writes the non-nil positions, ascending.
    mutating func eventPositions(_ positions: [Int64?]) {
        beginArray()
        for position in positions.compactMap({ $0 }).sorted() { integer(position) }
        endArray()
    }

    /// Writes a list of strings.
    mutating func strings(_ texts: some Sequence<String>) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Writes the latest row of a trade. Nil becomes `null`.
    mutating func execution(_ execution: TradeFact<ExecutionRow>?) {
        guard let execution else { return null() }
        execution.write(to: &self) { $0.writeContent(to: &$1) }
    }
}

extension TradeFact<ExecutionRow> {
    /// Reads a value that `JSONWriter.execution(_:)` wrote.
    static func read(_ stored: JSONValue) throws -> TradeFact<ExecutionRow>? {
        stored.isNull ? nil : try TradeFact(stored) { try ExecutionRow(decoding: $0) }
    }
}
