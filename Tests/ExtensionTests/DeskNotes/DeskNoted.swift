import EventLedger

/// An event type of its own: somebody of the desk said something about a trade.
struct DeskNoted: EventPayload {
    let source: String
    let sourceTradeID: String
    let note: String

    var subjectKey: RowKey? { RowKey([source, sourceTradeID]) }

    func event(number: Int) -> NewEvent {
        NewEvent(
            identity: Identity.join(["note", source, sourceTradeID, "\(number)"]), stream: "note-\(source):\(sourceTradeID)",
            type: "DeskNoted",
            payload: JSONWriter.bytes(reservingCapacity: 128) { out in
                out.beginObject()
                out.key("note"); out.string(note)
                out.key("source"); out.string(source)
                out.key("source_trade_id"); out.string(sourceTradeID)
                out.endObject()
            })
    }

    static let definition = EventDefinition(
        "DeskNoted",
        readers: [
            1: { bytes throws(PayloadError) in
                let reader = try PayloadReader(try PayloadReader.document(bytes), keys: ["note", "source", "source_trade_id"])
                return DeskNoted(
                    source: try reader.string("source"), sourceTradeID: try reader.string("source_trade_id"),
                    note: try reader.string("note"))
            }
        ])
}
