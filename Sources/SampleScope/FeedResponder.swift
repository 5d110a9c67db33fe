import HTTPTypes
import Hummingbird
import HummingbirdCore
import LedgerJSON
import LedgerValues
import NIOCore

/// Answers the requests of a ``SampleFeedServer``.
struct FeedResponder: Sendable {
    let state: FeedState
    let apiKey: String

    /// Closes the connection in the middle of a body.
    private struct ConnectionDropped: Error {}

    func respond(to request: Request) async throws -> Response {
        let query = request.uri.query ?? ""
        let failure = state.arrive(query: query)
        guard request.uri.path == SampleFeedServer.path else { return error(404, "not_found", "no such path") }
        guard request.method == .get else { return error(405, "method_not_allowed", "only GET is answered") }
        return try await answer(request, query: query, failure: failure)
    }

    private func answer(_ request: Request, query: String, failure: FailurePlan.Failure?) async throws -> Response {
        switch failure {
        case .delay(let seconds, let then):
            try await Task.sleep(for: .seconds(seconds))
            return try await answer(request, query: query, failure: then)
        case .status(let status, let headers, let body):
            return response(status, headers: headers, body: Array(body.utf8))
        case .body(let body, let headers):
            return response(200, headers: headers, body: body)
        default: break
        }
        guard let key = request.headers[.authorization], key.isBytewiseEqual(to: apiKey) else {
            return error(401, "unauthorized", "the Authorization header does not hold the key")
        }
        let parsed: FeedQuery
        do throws(FeedQuery.Malformed) {
            parsed = try FeedQuery(query)
        } catch {
            return self.error(400, "bad_parameter", "\(error.parameter): \(error.expected)")
        }
        let body = page(parsed, failure: failure)
        if case .connectionDropped(let afterBytes) = failure {
            return droppedResponse(body: body, afterBytes: afterBytes)
        }
        if case .truncated(let afterBytes) = failure {
            return response(
                200, headers: [("Content-Type", "application/json")], body: Array(firstBytes(of: body, afterBytes)))
        }
        return response(200, headers: [("Content-Type", "application/json")], body: body)
    }

    /// The first `count` bytes of a body, at least one byte short of the whole.
    private func firstBytes(of body: [UInt8], _ count: Int) -> ArraySlice<UInt8> {
        body.prefix(max(0, min(count, body.count - 1)))
    }

    /// The requested page, modified by the failure.
    private func page(_ query: FeedQuery, failure: FailurePlan.Failure?) -> [UInt8] {
        let rows = state.rows()
        var watermark = query.cursor.map(\.watermark) ?? rows.watermark(of: query.scope)
        let slice = rows.slice(
            of: query.scope, updatedSince: query.updatedSince, from: query.cursor?.offset ?? 0, limit: query.limit)
        var nextCursor = slice.nextOffset.map { FeedCursor(offset: $0, watermark: watermark).text }
        var hasMore = nextCursor != nil
        switch failure {
        case .watermark(let other): watermark = other
        case .hasMore(let other): hasMore = other
        case .repeatedCursor:
            if let cursor = query.cursor {
                nextCursor = cursor.text
                hasMore = true
            }
        default: break
        }
        var writer = JSONWriter(reservingCapacity: slice.rows.count + 256, keyOrder: .given)
        writer.beginObject()
        writer.key("rows")
        writer.beginArray()
        slice.rows.withUnsafeBufferPointer { writer.append($0) }
        writer.endArray()
        writer.key("nextCursor")
        writer.string(nextCursor)
        writer.key("hasMore")
        writer.bool(hasMore)
        writer.key("watermark")
        writer.instant(watermark)
        writer.endObject()
        return writer.bytes
    }

    /// The header and the first bytes of a page, at least one byte short of the whole.
    private func droppedResponse(body: [UInt8], afterBytes: Int) -> Response {
        let sent = ByteBuffer(bytes: firstBytes(of: body, afterBytes))
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: body.count) { writer in
                try await writer.write(sent)
                throw ConnectionDropped()
            })
    }

    private func response(_ status: Int, headers: [(String, String)], body: [UInt8]) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return Response(
            status: HTTPResponse.Status(code: status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// `{"error": {"code": …, "message": …}}`.
    private func error(_ status: Int, _ code: String, _ message: String) -> Response {
        let node = JSONNode.object([("error", .object([("code", .string(code)), ("message", .string(message))]))])
        return response(status, headers: [("Content-Type", "application/json")], body: node.httpBytes())
    }
}
