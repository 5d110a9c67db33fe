import EventLedger
import OptionTrades

/// A projection of its own: what was traded, with what the desk said last.
struct NotedTrades: Projection {
    struct Facts: Sendable {
        let source: String
        let sourceTradeID: String
        var quantity: FixedDecimal?
        var note: String?
    }

    static let consumes: [EventType: Set<Int>] = ["DeskNoted": [1]].merging(
        TradeEvents.executions.map { ($0, [1]) }, uniquingKeysWith: { $1 })
    static let entitiesAreSubjects = true
    let identity: ProjectionIdentity
    private let silence: String

    init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "noted_trades/rules.v\(version).yaml", kind: "noted_trades", read: read)
        try document.root.allowOnly(["rules", "version", "silence"])
        silence = try document.root.text("silence")
        identity = ProjectionIdentity(name: "noted_trades", codeVersion: 1, ownRules: document.file, rules: [document.file])
    }

    func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.payload.subjectKey.map { [$0] } ?? [] }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        if let trade = event.payload(as: ExecutionPayload.self) {
            facts = Facts(
                source: trade.row.source, sourceTradeID: trade.row.sourceTradeID, quantity: trade.row.quantity, note: facts?.note)
        } else if let noted = event.payload(as: DeskNoted.self) {
            facts = Facts(source: noted.source, sourceTradeID: noted.sourceTradeID, quantity: facts?.quantity, note: noted.note)
        }
    }

    func writeRows(of facts: Facts, to rows: inout RowWriter) {
        write(facts, note: facts.note ?? silence, to: &rows.out)
        rows.endRow(RowKey([facts.source, facts.sourceTradeID]))
    }

    func encode(_ facts: Facts, to out: inout JSONWriter) { write(facts, note: facts.note, to: &out) }

    private func write(_ facts: Facts, note: String?, to out: inout JSONWriter) {
        out.beginObject()
        out.key("note"); out.string(note)
        out.key("quantity"); out.decimalString(facts.quantity)
        out.key("source"); out.string(facts.source)
        out.key("source_trade_id"); out.string(facts.sourceTradeID)
        out.endObject()
    }

    func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let source = root["source"]?.string, let id = root["source_trade_id"]?.string else {
            throw RowProblem(description: "stored facts lack their key")
        }
        return Facts(source: source, sourceTradeID: id, quantity: root["quantity"]?.decimal, note: root["note"]?.string)
    }

    // A note holds as soon as it is known.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }

    static let source = ProjectionSource("noted_trades") { try NotedTrades(version: $0, read: $1) }
}
