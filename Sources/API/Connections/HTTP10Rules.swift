import NIOCore
import NIOHTTP1

/// What clients of HTTP/1.0 expect (RFC 9112, appendix C.2): a connection that closes after its answer unless they asked to
/// keep it, and no chunks, which they can't read.
///
/// Stands before the codec to HTTP types, which forgets the version.
final class HTTP10Rules: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Whether each request that has no answer yet is one of HTTP/1.0; requests can come ahead of answers.
    private var isOld: [Bool] = []
    /// The answer's end is the connection's.
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
            // An interim answer is nothing to HTTP/1.0.
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
