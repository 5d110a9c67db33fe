import Events
import JSON
import Projections
import Values

/// What the log says last about one thing of a trade, with the event that says it.
struct TradeFact<Value: Sendable>: Sendable {
    let value: Value
    let position: Int64
    /// When it holds in the world.
    let effectiveAt: Instant?

    init(_ value: Value, from record: EventHeader) {
        self.value = value
        position = record.position
        effectiveAt = record.effectiveAt
    }

    /// Whether it holds in the world by a moment.
    func holds(by instant: Instant) -> Bool { effectiveAt.map { $0 <= instant } ?? true }

    /// Writes `{content, effective_at, position}`, the content being the value's own canonical JSON.
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

    /// Reads what ``write(to:content:)`` writes.
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

/// A trade's latest stamp under each `context_key`, whatever row they were made of.
struct TradeStamps: Sendable {
    /// In the order of the context keys. A trade has one context nearly always.
    private var stamps: OneOrMore<TradeFact<ContextStampedPayload>> = .none

    /// A newer stamp takes the place of the one under its key.
    mutating func record(_ stamp: ContextStampedPayload, from record: EventHeader) {
        stamps.insert(TradeFact(stamp, from: record)) { left, right in
            left.value.contextKey.isBytewiseLess(than: right.value.contextKey)
        }
    }

    /// Those that hold in the world by a moment.
    func held(by instant: Instant) -> TradeStamps {
        var held = TradeStamps()
        held.stamps = stamps.filter { $0.holds(by: instant) }
        return held
    }

    /// Visits those made of the row as it is now, by context key.
    func forEachCurrent(for row: ExecutionRow, _ visit: (TradeFact<ContextStampedPayload>) -> Void) {
        stamps.forEach { if $0.value.basis.isBasis(of: row) { visit($0) } }
    }

    /// The trade's stamp: of those made of the row as it is now the latest.
    func latest(for row: ExecutionRow) -> TradeFact<ContextStampedPayload>? {
        var latest: TradeFact<ContextStampedPayload>?
        forEachCurrent(for: row) { stamp in
            if latest.map({ $0.position <= stamp.position }) ?? true { latest = stamp }
        }
        return latest
    }

    /// - Parameter withInputs: whether the observations behind them are written too.
    func write(to out: inout JSONWriter, withInputs: Bool = true) {
        out.beginArray()
        stamps.forEach { stamp in
            stamp.write(to: &out) { $0.write(to: &$1, withInputs: withInputs) }
        }
        out.endArray()
    }

    init() {}

    /// Reads what ``write(to:withInputs:)`` writes.
    init(_ stored: JSONValue) throws {
        for element in stored.elements {
            let stamp = try TradeFact(element) { try ContextStampedPayload(decoding: $0) }
            stamps.insert(stamp) { $0.value.contextKey.isBytewiseLess(than: $1.value.contextKey) }
        }
    }
}

extension DecodedEvent {
    /// The trade that the event is about, as the key of its entity; none for an event of another kind.
    var trade: [RowKey] { payload.subjectKey.map { [$0] } ?? [] }
}

extension JSONWriter {
    /// Writes the positions that are there, ascending.
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

    /// Writes the latest row of a trade; nil is `null`.
    mutating func execution(_ execution: TradeFact<ExecutionRow>?) {
        guard let execution else { return null() }
        execution.write(to: &self) { $0.writeContent(to: &$1) }
    }
}

extension TradeFact<ExecutionRow> {
    /// Reads what `JSONWriter.execution(_:)` writes.
    static func read(_ stored: JSONValue) throws -> TradeFact<ExecutionRow>? {
        stored.isNull ? nil : try TradeFact(stored) { try ExecutionRow(decoding: $0) }
    }
}
