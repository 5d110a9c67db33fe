import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// What HTTP/1.1 says of a connection and Hummingbird leaves open (RFC 9112, section 9.6; RFC 9110, section 10.1.1).
///
/// `Connection` is a list without case, of which `close` may be a part; a client that waits for `100 Continue` before it
/// sends its body is told to go on: bodies are small, and refusals come with the answer. A client that closes its side
/// still gets its answer, but for a stream, which would have no end.
final class ConnectionRules: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var isStreaming = false
    private var isInputClosed = false

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(HTTP10Rules(), position: .before(codec))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if let connection = head.headerFields[.connection], Self.holds(connection, "close") {
            head.headerFields[.connection] = "close"
        }
        if let expectation = head.headerFields[.expect], Self.holds(expectation, "100-continue") {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status == .badRequest && head.headerFields[.contentType] == nil:
            return refuse(context, promise)
        case .head(let head): isStreaming = head.headerFields[.contentType] == "text/event-stream"
        case .body: break
        case .end: isStreaming = false
        }
        context.write(data, promise: promise)
        if isStreaming && isInputClosed { context.close(promise: nil) }
    }

    /// Hummingbird's own refusal of what is no HTTP has no body: it gets one like every other refusal.
    private func refuse(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let answer = Problem(.badRequest, "the request is not HTTP/1.1, or its head is too large").response()
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        fields[.connection] = "close"
        fields[.contentLength] = "\(answer.body.count)"
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .badRequest, headerFields: fields))), promise: promise)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: answer.body))), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            if isStreaming { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private static func holds(_ list: String, _ token: String) -> Bool {
        list.split(separator: ",").contains { $0.filter { $0 != " " && $0 != "\t" }.lowercased() == token }
    }
}
