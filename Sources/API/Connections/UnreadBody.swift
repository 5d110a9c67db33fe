import HTTPTypes
import HummingbirdCore
import NIOCore

/// The unread body of a request. The client is asked to send it when it is wanted.
struct UnreadBody: Sendable {
    /// The length in the request's head. Nil for a chunked body.
    let length: Int?
    private let body: HummingbirdCore.RequestBody
    private let channel: any Channel
    private let expectsContinue: Bool
    private let maximumBytes: Int

    /// Nil if the request has no body.
    init?(_ request: Request, _ channel: any Channel, _ maximumBytes: Int) {
        length = request.headers[.contentLength].flatMap { Int($0) }
        if length ?? 0 == 0 && request.headers[.transferEncoding] == nil { return nil }
        body = request.body
        self.channel = channel
        expectsContinue = request.headers[.expect] != nil
        self.maximumBytes = maximumBytes
    }

    /// The request with its whole body. Throws a `Problem` if the body exceeds the limit or is shorter than declared.
    func read(_ request: APIRequest) async throws -> APIRequest {
        if expectsContinue { try? await channel.triggerUserOutboundEvent(ConnectionRules.BodyIsWanted()).get() }
        guard let bytes = try? await body.collect(upTo: maximumBytes), length == nil || length == bytes.readableBytes else {
            throw Problem.bodyTooLarge(maximumBytes)
        }
        var request = request
        request.body = Array(bytes.readableBytesView)
        return request
    }
}
