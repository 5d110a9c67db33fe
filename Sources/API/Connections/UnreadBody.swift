import HTTPTypes
import HummingbirdCore
import NIOCore

/// The body of a request, not read yet. The client is told to send it once it is wanted.
struct UnreadBody: Sendable {
    /// What the request's head says; nil if its parts say it one by one.
    let length: Int?
    private let body: HummingbirdCore.RequestBody
    private let channel: any Channel
    private let expectsContinue: Bool
    private let maximumBytes: Int

    /// nil if there is no body.
    init?(_ request: Request, _ channel: any Channel, _ maximumBytes: Int) {
        length = request.headers[.contentLength].flatMap { Int($0) }
        if length ?? 0 == 0 && request.headers[.transferEncoding] == nil { return nil }
        body = request.body
        self.channel = channel
        expectsContinue = request.headers[.expect] != nil
        self.maximumBytes = maximumBytes
    }

    /// The request with all of its body; throws a `Problem` if there is more than the service takes, or less than was said.
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
