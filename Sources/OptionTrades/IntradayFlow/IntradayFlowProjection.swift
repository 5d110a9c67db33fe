package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// The flow of contracts: of each symbol, market date and source the summary that was recorded last
/// (docs/contract/research.md, "Intraday flow").
package struct IntradayFlowProjection: Projection {
    package static let name = IntradayFlowRules.name
    package static let consumes = TradeEvents.firstVersions(of: [.intradayFlowSummarized])
    package static let rowsAreFacts = true

    /// A row is the document alone: it is what its last event says.
    package struct Facts: Sendable {
        let key: RowKey
        let underlying: String
        let timestamp: Instant
        /// Canonical JSON, in event encoding.
        let document: [UInt8]
    }

    package let identity: ProjectionIdentity

    package init(rules: IntradayFlowRules) {
        identity = ProjectionIdentity(name: Self.name, codeVersion: 1, ownRules: rules.file, rules: rules.files)
    }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        event.payload(as: IntradayFlowPayload.self).map { [$0.rowKey] } ?? []
    }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let flow = event.payload(as: IntradayFlowPayload.self) else { return }
        let document = JSONWriter.bytes(reservingCapacity: 4096) { flow.rowNode(event.record).write(to: &$0, decimals: .strings) }
        facts = Facts(key: entity, underlying: flow.underlying, timestamp: event.record.effectiveAt ?? .minimum, document: document)
    }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        encode(facts, to: &rows.out)
        rows.endRow(facts.key, [.text(facts.underlying)])
    }

    package func encode(_ facts: Facts, to out: inout JSONWriter) { out.raw(facts.document) }

    package func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let symbol = root["symbol"]?.string, let date = root["market_date"]?.string, let source = root["source"]?.string,
            let underlying = root["underlying"]?.string
        else { throw RowProblem(description: "a stored row of \(Self.name) lacks its key") }
        let timestamp = root["timestamp"]?.string.flatMap { Instant($0) } ?? .minimum
        return Facts(key: RowKey([symbol, date, source]), underlying: underlying, timestamp: timestamp, document: document)
    }

    /// A summary holds in the world from its last trade on.
    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts.timestamp <= instant ? facts : nil }
}

extension IntradayFlowPayload {
    fileprivate var rowKey: RowKey { RowKey([symbol, marketDate.description, source.rawValue]) }

    /// The row of the event: the payload, and what its record says. Its members are in canonical order.
    func rowNode(_ record: EventHeader) -> JSONNode {
        guard case .object(let members) = FieldCoder.node(self) else { return .null }
        return JSONNode.object(
            members + [
                ("observed_position", .integer(record.position)), ("recorded_at", .instant(record.recordedAt)),
                ("timestamp", .instant(record.effectiveAt)),
            ]
        ).sorted
    }
}
