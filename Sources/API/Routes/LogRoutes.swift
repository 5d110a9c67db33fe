import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations

extension Route {
    static let log = [
        Route("GET", "/api/ledger/head") { api, request, _ in try await api.head(request) },
        Route("GET", "/api/ledger/events") { api, request, _ in try await api.events(request) },
        Route("GET", "/api/ledger/events/{position}") { api, request, captures in
            try await api.event(at: captures[0], request)
        },
    ]
}

extension API {
    func head(_ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        let (head, root) = try await ledger.head()
        ledger.noteShown(head: head.position)
        return .json(head.json(root: root), tag: head.tag)
    }

    func events(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["after", "limit"])
        let after = try parameters.integer("after", in: 0...Int64.max) ?? 0
        let limit = Int(try parameters.integer("limit", in: 1...1000) ?? 100)
        let (head, events) = try await ledger.events(after: after, limit: limit + 1)
        ledger.noteShown(head: head.position)
        let list = EventList(
            events: Array(events.prefix(limit)), hasMore: events.count > limit, after: \.position, headPosition: head.position)
        return .json(list.json(), tag: head.tag)
    }

    func event(at text: String, _ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        guard let position = Parameters.wholeNumber(text), position >= 1 else {
            throw Problem(.badParameter, "position: expected a whole number, 1 or more")
        }
        guard let event = try await ledger.event(at: position) else {
            throw Problem(.positionUnknown, status: 404, "the log has no event at position \(position)")
        }
        // An event never changes.
        return .json(event.json(), cache: "private, max-age=31536000, immutable", tag: .strong(event.leafHash.description))
    }
}

/// `{"events":[…],"next_after":…,"head_position":…}`. A null `next_after` means that there were no more events at the
/// time of the read.
struct EventList {
    let events: [RecordedEvent]
    let hasMore: Bool
    let after: KeyPath<RecordedEvent, Int64>
    let headPosition: Int64

    func json() -> [UInt8] {
        var out: [UInt8] = Array("{\"events\":[".utf8)
        for (index, event) in events.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: event.json())
        }
        out.append(contentsOf: "],\"next_after\":".utf8)
        let next = hasMore ? events.last.map { "\($0[keyPath: after])" } : nil
        out.append(contentsOf: (next ?? "null").utf8)
        out.append(contentsOf: ",\"head_position\":\(headPosition)}".utf8)
        return out
    }
}

extension LogHead {
    /// The log only grows, so a read with fixed bounds changes only if the head does.
    var tag: EntityTag { .strong("\(ledgerID)-\(position)") }

    /// `{"position":…,"recorded_at":…,"root_hash":…,"ledger_id":…}`
    func json(root: Digest32) -> [UInt8] {
        JSONNode.object([
            ("position", .integer(position)), ("recorded_at", recordedAt.map { .string($0.description) } ?? .null),
            ("root_hash", .string(root.description)), ("ledger_id", .string(ledgerID.description)),
        ]).httpBytes()
    }
}

extension RecordedEvent {
    /// The event's columns. The payload is exactly the object that was hashed.
    func json() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: payload.count + 512)
        out.beginObject()
        out.key("effective_at"); out.instant(effectiveAt)
        out.key("event_id"); out.uniqueID(eventID)
        out.key("leaf_hash"); out.string(leafHash.description)
        out.key("payload"); out.raw(payload)
        out.key("position"); out.integer(position)
        out.key("recorded_at"); out.instant(recordedAt)
        out.key("run_id"); out.uniqueID(runID)
        out.key("schema_version"); out.integer(Int64(schemaVersion))
        out.key("stream"); out.string(stream)
        out.key("stream_version"); out.integer(streamVersion)
        out.key("type"); out.string(type)
        out.endObject()
        return out.bytes
    }
}
