import NIOCore
import Operations
import Synchronization

extension Route {
    static let streams = [
        Route("GET", "/api/ledger/events/stream", isUngated: true) { api, request, _ in
            try await api.eventStream(request)
        }
    ]
}

extension API {
    /// Server-sent events from the log. The stream starts after `Last-Event-ID`, which a browser sends when it
    /// reconnects, else after `after`, else at the current head.
    func eventStream(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["after"])
        let after = try parameters.integer("after", in: 0...Int64.max)
        let known = try Self.lastEventID(request)
        var response = APIResponse(
            status: 200,
            headers: [
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                // Proxies that buffer answers until they are complete would hold this one forever.
                ("X-Accel-Buffering", "no"),
            ], body: [])
        let head = try await ledger.primaryHead()
        if let asked = known ?? after, asked > head {
            throw Problem(.positionUnknown, "position \(asked) is above the log's head, \(head)")
        }
        if request.method == "HEAD" { return response }
        let id = try await feed.open(head: head)
        // The place of an abandoned stream is released with the response.
        let place = StreamPlace(feed, id)
        let position = Mutex<(last: Int64, isBegun: Bool)>((known ?? after ?? head, false))
        response.stream = APIStream(
            next: {
                let (last, isBegun) = position.withLock { state in
                    defer { state.isBegun = true }
                    return state
                }
                if !isBegun { return ByteBuffer(string: ": events of the ledger after \(last)\nretry: 2000\n\n") }
                switch try await place.feed.next(place.id, after: last) {
                case .end: return nil
                case .heartbeat: return ByteBuffer(string: ": alive\n\n")
                case .piece(let piece):
                    position.withLock { $0.last = piece.last }
                    return piece.bytes
                }
            },
            end: { await place.feed.close(place.id) })
        return response
    }

    private static func lastEventID(_ request: APIRequest) throws(Problem) -> Int64? {
        guard let values = request.headers["last-event-id"] else { return nil }
        guard values.count == 1, let position = Parameters.wholeNumber(values[0]), position >= 0 else {
            throw Problem(.badParameter, "Last-Event-ID: expected a whole number, 0 or more")
        }
        return position
    }
}

/// A stream's place in the feed, held as long as the stream can be read.
private final class StreamPlace: Sendable {
    let feed: EventFeed
    let id: UInt64

    init(_ feed: EventFeed, _ id: UInt64) {
        self.feed = feed
        self.id = id
    }

    deinit {
        Task { [feed, id] in await feed.close(id) }
    }
}
