import Events
import JSON
import Values

/// What the log says last about one thing of a trade, with the event that says it.
struct TradeFact<Value: Sendable>: Sendable {
    let value: Value
    let position: Int64
    /// When it holds in the world.
    let effectiveAt: Instant?

    init(_ value: Value, from record: RecordedEvent) {
        self.value = value
        position = record.position
        effectiveAt = record.effectiveAt
    }

    /// Whether it holds in the world by a moment.
    func holds(by instant: Instant) -> Bool { effectiveAt.map { $0 <= instant } ?? true }

    /// Writes `{content, effective_at, position}`, the content being the value's own canonical JSON.
    func write(content: [UInt8], to out: inout JSONWriter) {
        out.beginObject()
        out.key("content")
        out.raw(content)
        out.key("effective_at")
        out.instant(effectiveAt)
        out.key("position")
        out.integer(position)
        out.endObject()
    }

    /// Reads what ``write(content:to:)`` writes.
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
}
