import NIOCore
import NIOHTTP1

/// The behaviour that HTTP/1.0 clients expect (RFC 9112, appendix C.2). The connection closes after its answer unless
/// they asked to keep it. There are no chunks, which they cannot read.
///
/// This handler is before the codec to HTTP types, which drops the version.
final class HTTP10Rules: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// For each request without an answer yet: whether it is HTTP/1.0. Requests can arrive ahead of answers.
    private var isOld: [Bool] = []
    /// Whether the end of the connection marks the end of the answer.
    private var endsWithConnection = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        isOld.append(head.version == .http1_0)
        if head.version == .http1_0, !head.isKeepAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where isOld.first == true:
            // HTTP/1.0 has no interim answers.
            if head.status.code < 200 {
                promise?.succeed()
                return
            }
            head.version = .http1_0
            if !head.headers.contains(name: "Content-Length") && head.status != .notModified && head.status != .noContent {
                endsWithConnection = true
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            } else if !head.headers.contains(name: "Connection") {
                head.headers.add(name: "Connection", value: "keep-alive")
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            if !isOld.isEmpty { isOld.removeFirst() }
            guard endsWithConnection else { return context.write(data, promise: promise) }
            let sent = promise ?? context.eventLoop.makePromise()
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            sent.futureResult.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
            context.writeAndFlush(data, promise: sent)
        case .head, .body: context.write(data, promise: promise)
        }
    }
}
